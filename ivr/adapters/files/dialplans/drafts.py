"""Dialplans as they lie on disk: read for checking and publishing. What is served is never read from here."""

from __future__ import annotations

from pathlib import Path

from ivr.adapters.files.text import read_text
from ivr.errors import OperatorError, SettingsError


class DraftFiles:
    """Written dialplans, by their paths."""

    def text(self, file: str, name: str = "") -> str:
        """The text of a dialplan or of what it includes. Raises OperatorError, SettingsError: there is no such file."""
        path = Path(file)
        if not name and not path.is_file():
            raise SettingsError(
                f"there is no dialplan {path}: name it in `dialplans`, a path from the settings file's folder"
            )
        if name and not _beside(path, name).is_relative_to(path.parent.resolve()):
            raise OperatorError(
                f"{path}: the included file {name} lies outside of the dialplan's directory; move it there"
            )
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
            return path.read_bytes()
        except OSError as error:
            raise OperatorError(f"Recorded prompt {name} cannot be read: {error.strerror}.") from error


def _beside(file: Path, name: str) -> Path:
    return (file.parent / name).resolve()
