"""Dialplans as they lie on disk: read for checking and publishing. What is served is never read from here."""

from __future__ import annotations

from pathlib import Path

from ivr.adapters.files.text import read_plain_file, read_text
from ivr.errors import OperatorError, SettingsError

LONGEST_SOUND_BYTES = 64_000_000
"""Of a recorded prompt: over an hour of it."""


class DraftFiles:
    """Written dialplans, by their paths. No link leads out of a dialplan's directory: what is read is shown to people
    who may write here and read nothing else."""

    def text(self, file: str, name: str = "") -> str:
        """The text of a dialplan or of what it includes. Raises OperatorError, SettingsError: there is no such file."""
        path = Path(file)
        if not name and not path.is_file():
            raise SettingsError(
                f"there is no dialplan {path}: name it in `dialplans`, a path from the settings file's folder"
            )
        if not _beside(path, name or path.name).is_relative_to(path.parent.resolve()):
            what = f"the included file {name}" if name else "it is a link, and what it leads to"
            raise OperatorError(f"{path}: {what} lies outside of the dialplan's directory; move it there")
        return read_text(_beside(path, name) if name else path)

    def is_same(self, file: str, other: str) -> bool:
        """Whether both are one file."""
        return Path(file).resolve() == Path(other).resolve()

    def sound(self, file: str, name: str) -> bytes:
        """A recorded file beside a dialplan. Raises OperatorError."""
        path = _beside(Path(file), name)
        if not path.is_relative_to(Path(file).parent.resolve()):
            raise OperatorError(f"Recorded prompt {name} lies outside of the dialplan's directory; move it there.")
        if not path.is_file():
            raise OperatorError(f"Recorded prompt {name} does not exist below {Path(file).parent}.")
        try:
            return read_plain_file(path, LONGEST_SOUND_BYTES)
        except OSError as error:
            raise OperatorError(f"Recorded prompt {name} cannot be read: {error.strerror}.") from error


def _beside(file: Path, name: str) -> Path:
    return (file.parent / name).resolve()
