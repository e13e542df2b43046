"""The caller and an agent, or a transfer's target, hear each other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bridge:
    """Let the caller and whoever answered (agent or target) hear each other."""


@dataclass(frozen=True, slots=True)
class Unbridge:
    """Part them again."""


@dataclass(frozen=True, slots=True)
class TalkNearsEnd:
    """The talk with an agent or a transfer's target has lasted nearly as long as one may."""


@dataclass(frozen=True, slots=True)
class TalkOver:
    """It has lasted as long as one may: it ends."""
