"""Rendered audio of prompts on disk: `<directory>/<sha256>.pcm` (8 kHz, 16 bit, mono) is named by the hash of what it
holds, is durable before anybody names it, and is never written again.
"""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

from ivr.core.dialplan.publication import Rendering
from ivr.durable import write_durably
from ivr.errors import EnvironmentFault

UNFINISHED = ".*.pcm.*"
"""What `write_durably` has until a file is whole."""


class PromptFiles:
    """Rendered audio below one directory, by its hash."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, rendering: Rendering) -> bytes:
        """The audio. Raises EnvironmentFault when it is missing or is not what was published."""
        path = self._path(rendering)
        try:
            pcm = path.read_bytes()
        except OSError as error:
            raise EnvironmentFault(f"the prompt {path} cannot be read: {error.strerror}") from error
        if not rendering.fits(pcm):
            raise EnvironmentFault(f"the prompt {path} is damaged: it is not what was published")
        return pcm

    def holds(self, rendering: Rendering) -> bool:
        """Whether the audio is there and sound."""
        try:
            self.read(rendering)
        except EnvironmentFault:
            return False
        return True

    def keep(self, pcm: bytes) -> Rendering:
        """Write audio, durable with its name. Raises EnvironmentFault."""
        rendering = Rendering.of(pcm)
        if not self.holds(rendering):
            write_durably(self._path(rendering), pcm)
        return rendering

    def sweep(self, needed: Set[str]) -> int:
        """Remove audio whose hash is not among these, and what a broken write left; returns how many files went.

        Only while nobody renders. Raises EnvironmentFault.
        """
        try:
            gone = [path for path in self._directory.glob("*.pcm") if path.stem not in needed]
            gone += self._directory.glob(UNFINISHED)
            for path in gone:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise EnvironmentFault(f"Cannot tidy up {self._directory}: {error.strerror}.") from error
        return len(gone)

    def _path(self, rendering: Rendering) -> Path:
        return self._directory / f"{rendering.sha256}.pcm"
