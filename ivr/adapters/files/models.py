"""Models that the operator supplies, below one directory: brought in whole, remembered by hash, checked on demand."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from http.client import HTTPException, IncompleteRead
from pathlib import Path

from ivr.errors import EnvironmentFault, ModelError, OperatorError, PeerError

MANIFEST = "ivr-model.json"
"""In a model's directory: SHA-256 of its files as they came."""
MAX_UNPACKED_BYTES = 8 * 1024**3
"""The largest Vosk model unpacks to 4 GB; more is no model."""
CHUNK = 1 << 20
Progress = Callable[[int, int], None]
"""(bytes done, bytes in all; 0: unknown)"""


class ModelFiles:
    """The models directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def installed(self) -> list[str]:
        """Names of the models that are there, sorted."""
        return sorted(path.parent.name for path in self._directory.glob(f"*/{MANIFEST}"))

    def add(self, name: str, source: Path) -> Path:
        """Bring in a directory or a zip file. Raises OperatorError, EnvironmentFault."""
        target = self._directory / name
        if target.exists():
            raise OperatorError(f"{target} exists already; remove it first to replace the model.")
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._directory, prefix=".new-") as working:
                content = Path(working) / "model"
                if source.is_dir():
                    shutil.copytree(source, content)
                else:
                    _unzip(source, content)
                (content / MANIFEST).write_text(json.dumps(_hashes(content), indent=1, sort_keys=True))
                content.replace(target)
        except OSError as error:
            raise EnvironmentFault(f"The model cannot be written below {self._directory}: {error}.") from error
        return target

    def fetch(self, name: str, url: str, sha256: str | None, progress: Progress) -> Path:
        """Download a zip file and bring it in. Raises PeerError, ModelError (another hash), EnvironmentFault."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._directory, prefix=".download-", suffix=".zip") as file:
                digest, done = hashlib.sha256(), 0
                for chunk, size in _fetched(url):
                    digest.update(chunk)
                    file.write(chunk)
                    done += len(chunk)
                    progress(done, size)
                if sha256 and digest.hexdigest() != sha256.lower():
                    raise ModelError(f"{url} is not what was expected: its SHA-256 is {digest.hexdigest()}.")
                file.flush()
                return self.add(name, Path(file.name))
        except OSError as error:
            raise EnvironmentFault(f"The model cannot be written below {self._directory}: {error}.") from error

    def check(self, name: str) -> int:
        """Compare a model with what came; returns its number of files. Raises ModelError."""
        directory = self._directory / name
        try:
            expected = json.loads((directory / MANIFEST).read_text())
        except (OSError, ValueError) as error:
            raise ModelError(f"There is no model {name} below {self._directory}: ivr models get {name}") from error
        found = _hashes(directory)
        found.pop(MANIFEST, None)
        wrong = sorted({path for path in expected.keys() | found.keys() if expected.get(path) != found.get(path)})
        if wrong:
            raise ModelError(f"Model {name} is not as it came: {', '.join(wrong[:5])}. Remove it and get it again.")
        return len(found)


def _fetched(url: str) -> Iterator[tuple[bytes, int]]:
    """(piece, bytes in all or 0) of what is at an address. Raises PeerError."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - the catalogue's https addresses
            size, done = int(answer.headers.get("Content-Length") or 0), 0
            while chunk := answer.read(CHUNK):
                done += len(chunk)
                yield chunk, size
            if done < size:
                raise IncompleteRead(b"", size - done)
    except (OSError, HTTPException) as error:
        raise PeerError(f"{url} cannot be fetched: {error}. Fetch it elsewhere and use --from FILE.") from error


def _unzip(archive: Path, target: Path) -> None:
    """A zip file's one top directory, or its whole content. Raises OperatorError."""
    try:
        with zipfile.ZipFile(archive) as file:
            if sum(entry.file_size for entry in file.infolist()) > MAX_UNPACKED_BYTES:
                raise OperatorError(f"{archive} unpacks to more than 8 GB: that is no model.")
            unpacked = target.with_name("unpacked")
            file.extractall(unpacked)  # zipfile itself drops absolute paths and ..
    except (zipfile.BadZipFile, OSError) as error:
        raise OperatorError(f"{archive} is neither a directory nor a zip file that can be read: {error}.") from error
    entries = list(unpacked.iterdir())
    (entries[0] if len(entries) == 1 and entries[0].is_dir() else unpacked).replace(target)


def _hashes(directory: Path) -> dict[str, str]:
    """SHA-256 of every file below."""
    hashes: dict[str, str] = {}
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                hashes[str(path.relative_to(directory))] = hashlib.file_digest(file, "sha256").hexdigest()
    return hashes
