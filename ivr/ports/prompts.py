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

    def keep(self, pcm: bytes) -> Rendering:
        """Keep audio, durable with its name. Raises EnvironmentFault."""
        ...

    def sweep(self, needed: Set[str]) -> int:
        """Remove audio whose hash is not among these, and what a broken write left; returns how much went.

        Only while nobody renders. Raises EnvironmentFault.
        """
        ...
