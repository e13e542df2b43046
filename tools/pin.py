#!/usr/bin/env python3
"""Write pins/*.txt: every package that tools/install installs, by version and by the hash of the one file it installs.

    tools/pin.py                    take in what setup.cfg newly asks for; leave every other version as it is
    tools/pin.py --upgrade NAME …   bring these packages up to date
    tools/pin.py --upgrade          all of them

pip resolves (its installation report names files and hashes); this only writes down what it chose, for CPython 3.11 and
3.12. It takes some minutes.
Run it in a checkout where `make lint` has run. Look at the diff, then run `make lint test`.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "pins"
OTHER_PYTHON = "3.12"
"""The one that this tool does not run on; it runs on 3.11."""
PURPOSES = {
    "run": ("", [".", "setuptools>=70.1"]),
    "extras": ("run", [".[postgres,hsm,timestamp,vosk,objects]"]),
    "test": ("extras", [".[test]"]),
    "bench": ("test", [".[bench]"]),
    "lint": ("bench", [".[lint]"]),
    # HyperPyYAML, which speechbrain needs, breaks with ruamel.yaml 0.19 (its Loader has no max_depth).
    "speechbrain": (
        "",
        [
            "speechbrain==1.1.2",
            "torch==2.13.0",
            "ruamel.yaml<0.19",
            "pytest",
            "pytest-asyncio",
            "pytest-timeout",
            "setuptools>=70.1",
        ],
    ),
    # A real S3 server for the tests, in a folder of its own: its uvloop would change how the console's server runs.
    "object-server": ("", ["nanio==0.1.7"]),
    # What fetches a Python where the system's is too new.
    "uv": ("", ["uv>=0.9"]),
}
"""Purpose: the purpose whose pins it adds to, what it asks for."""
ALONE = {"speechbrain", "object-server", "uv"}
"""Those that have an environment of their own."""
MAIN = [purpose for purpose in PURPOSES if purpose not in ALONE]
"""Those that share one."""

Pins = dict[str, tuple[str, set[str]]]
"""Name: version, SHA-256 of each file."""


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--upgrade", nargs="*", metavar="NAME", help="these packages, or all")
    upgraded = parser.parse_args().upgrade
    if sys.version_info[:2] != (3, 11):
        parser.error("run this with Python 3.11: .venv/bin/python tools/pin.py")
    made: dict[str, Pins] = {}
    for purpose, (base, asked) in PURPOSES.items():
        kept = {} if upgraded == [] else pinned([purpose] if purpose in ALONE else MAIN)
        for name in upgraded or []:
            kept.pop(_key(name), None)
        below = made.get(base, {})
        whole = resolve([*_asked_below(base), *asked], {**kept, **{n: v for n, (v, _) in below.items()}})
        made[purpose] = whole
        added = {name: pin for name, pin in whole.items() if name not in below}
        write(purpose, base, added)
        print(f"pins/{purpose}.txt: {len(added)} packages" + (f" beyond pins/{base}.txt" if base else ""))
    return 0


def _asked_below(base: str) -> list[str]:
    return [*_asked_below(PURPOSES[base][0]), *PURPOSES[base][1]] if base else []


def pinned(purposes: list[str]) -> dict[str, str]:
    """The versions that their files pin now."""
    files = [path for name in purposes if (path := PINS / f"{name}.txt").exists()]
    lines = (line for path in files for line in path.read_text(encoding="utf-8").splitlines())
    found = (re.match(r"([\w.-]+)==([^\s\\]+)", line) for line in lines)
    return {_key(one[1]): one[2] for one in found if one}


def resolve(asked: list[str], versions: dict[str, str]) -> Pins:
    """What pip would install, with the hashes of both Pythons' files."""
    pins: Pins = {}
    for name, version, digest, _ in report(asked, versions):
        pins[name] = (version, {digest})
    compiled = [
        f"{name}=={version}"
        for name, version, _, url in report([f"{n}=={v}" for n, (v, _) in pins.items()], {}, "--no-deps")
        if url.endswith(".whl") and not re.search(r"-(py3|py2\.py3)-none-|-abi3-", url)
    ]
    if compiled:
        other = ("--no-deps", "--only-binary", ":all:", "--python-version", OTHER_PYTHON, "--target", str(PINS))
        for name, _, digest, _ in report(compiled, {}, *other):
            pins[name][1].add(digest)
    return pins


def report(asked: list[str], versions: dict[str, str], *options: str) -> list[tuple[str, str, str, str]]:
    """Name, version, SHA-256 and address of each file that pip chooses. `versions`: what it must keep to."""
    with tempfile.TemporaryDirectory() as folder:
        constraints, result = Path(folder, "constraints.txt"), Path(folder, "report.json")
        constraints.write_text("".join(f"{n}=={v}\n" for n, v in versions.items()), encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--dry-run",
            "--ignore-installed",
            "--report",
            str(result),
        ]
        subprocess.run([*command, "-c", str(constraints), *options, *asked], cwd=ROOT, check=True)  # noqa: S603 - pip
        chosen = json.loads(result.read_text(encoding="utf-8"))["install"]
    found = []
    for one in chosen:
        name, source = _key(one["metadata"]["name"]), one["download_info"]
        if name == "ivr":
            continue
        # A build for one kind of machine ("2.13.0+cpu") satisfies its plain version; the hash says which one it is.
        version = one["metadata"]["version"].partition("+")[0]
        found.append((name, version, source["archive_info"]["hashes"]["sha256"], source["url"]))
    return found


def write(purpose: str, base: str, pins: Pins) -> None:
    """One file of pins."""
    lines = [f"# What `{purpose}` needs. Written by tools/pin.py; do not edit."]
    if base:
        lines.append(f"-r {base}.txt")
    for name, (version, digests) in sorted(pins.items()):
        hashes = " \\\n".join(f"    --hash=sha256:{digest}" for digest in sorted(digests))
        lines.append(f"{name}=={version} \\\n{hashes}")
    (PINS / f"{purpose}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
