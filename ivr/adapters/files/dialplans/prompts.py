"""Rendered audio of prompts on disk: `<directory>/<sha256>.pcm` (8 kHz, 16 bit, mono) is named by the hash of what it
holds, is durable before anybody names it, and is never written again. `<recipe>.made` beside it names what was made of
a recipe, so that a run that was stopped goes on where it was; what is served is named by publications alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Set
from pathlib import Path

from ivr.core.dialplan.publication import Rendering
from ivr.durable import write_durably
from ivr.errors import EnvironmentFault

UNFINISHED = ".*.*.*"
"""What `write_durably` has until a file is whole."""
_SHA256 = re.compile("[0-9a-f]{64}")


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

    def keep(self, pcm: bytes, recipe: str) -> Rendering:
        """Write audio, durable with its name, and what it was made of. Raises EnvironmentFault."""
        rendering = Rendering.of(pcm)
        if not self.holds(rendering):
            write_durably(self._path(rendering), pcm)
        try:  # a hint: one that is lost costs another rendering
            self._made(recipe).write_text(json.dumps([rendering.sha256, rendering.samples]))
        except OSError as error:
            raise EnvironmentFault(f"Cannot write below {self._directory}: {error.strerror}.") from error
        return rendering

    def made(self, recipe: str) -> Rendering | None:
        """What was last kept of a recipe; None also where that cannot be read: it is made again then."""
        try:
            sha256, samples = json.loads(self._made(recipe).read_bytes())
        except (OSError, ValueError, TypeError):
            return None
        if not (isinstance(sha256, str) and _SHA256.fullmatch(sha256) and isinstance(samples, int)):
            return None
        return Rendering(sha256, samples)

    def sweep(self, needed: Set[str]) -> int:
        """Remove audio whose hash is not among these, and what a broken write left; returns how many files went.

        Only while nobody renders. Raises EnvironmentFault.
        """
        try:
            gone = [path for path in self._directory.glob("*.pcm") if path.stem not in needed]
            gone += self._directory.glob(UNFINISHED)
            hints = [path for path in self._directory.glob("*.made") if not self._still(path, needed)]
            for path in (*hints, *gone):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise EnvironmentFault(f"Cannot tidy up {self._directory}: {error.strerror}.") from error
        return len(gone)

    def _path(self, rendering: Rendering) -> Path:
        return self._directory / f"{rendering.sha256}.pcm"

    def _made(self, recipe: str) -> Path:
        return self._directory / f"{recipe}.made"

    def _still(self, path: Path, needed: Set[str]) -> bool:
        rendering = self.made(path.stem)
        return rendering is not None and rendering.sha256 in needed
