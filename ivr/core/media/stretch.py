"""A stretch: frames in a row that need no decision between them, and how they went.

The telephone moves them at the pace of its clock, so that who decides wakes once for all of them. A frame that may need
a decision is moved alone. What ends a stretch early is told at the frame where it happens, not after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Way:
    """One leg in a stretch."""

    leg: int
    pcm: bytes = field(default=b"", repr=False)
    """Whole frames that it hears; silence when they are over."""
    of: int | None = None
    """The leg whose far end it hears instead."""
    sends: bool = True
    """Whether anything is sent to it."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What may be moved."""

    ways: tuple[Way, ...]
    """Of every leg that has audio; the first one is the caller's."""
    frames: int
    """At most."""
    due: float
    """Monotonic seconds of the first frame."""
    loud: int | None = None
    """A sample of the caller's above this ends it, after that frame; None: however loud they are."""
    wakes: Sequence[int] = ()
    """Descriptors; something to read there ends it."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved."""

    frames: int
    heard: Mapping[int, bytes] = field(repr=False)
    """Leg -> what its far end said in them."""
    woken: bool = False
    """Whether it ended since there is something to read."""
    loud: bool = False
    """Whether it ended with a loud frame."""
