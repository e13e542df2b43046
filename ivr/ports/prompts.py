"""Rendered audio of prompts, by its hash."""

from __future__ import annotations

from collections.abc import Set
from typing import Protocol

from ivr.core.dialplan.publication import Rendering


class PromptStore(Protocol):
    """PCM (8 kHz, 16 bit, mono) that is durable before anybody names it, and never written again."""

    def read(self, rendering: Rendering) -> bytes:
        """The audio. Raises EnvironmentFault when it is missing or is not what was published."""
        ...

    def holds(self, rendering: Rendering) -> bool:
        """Whether the audio is there and sound."""
        ...

    def keep(self, pcm: bytes, recipe: str) -> Rendering:
        """Keep audio, durable with its name, and what it was made of (`publication.recipe`). Raises
        EnvironmentFault."""
        ...

    def made(self, recipe: str) -> Rendering | None:
        """What was last kept of a recipe, whether it was ever published or not: a stopped run goes on from there."""
        ...

    def sweep(self, needed: Set[str]) -> int:
        """Remove audio whose hash is not among these, and what a broken write left; returns how much went.

        Only while nobody renders. Raises EnvironmentFault.
        """
        ...
