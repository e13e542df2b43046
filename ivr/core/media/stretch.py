"""A stretch: frames in a row that need no decision between them, and how they went.

The telephone moves them at the pace of its clock, so that who decides wakes once for all of them. A frame that may need
a decision is moved alone. What ends a stretch early is told at the frame where it happens, not after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ivr.core.media.frame import BLOCK_FRAMES

LONGEST_FRAMES = 50
"""Of one stretch: a second, which is how often a line is measured."""

Passed = Callable[[int, Mapping[int, bytes]], bool]
"""Is told of each block as it passed: its frames, and leg -> what its far end said in them. False ends the stretch."""


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
    block: int = BLOCK_FRAMES
    """Frames of its first block at most; the others have BLOCK_FRAMES, and the last one what is left."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved."""

    frames: int
    woken: bool = False
    """Whether it ended since there is something to read."""
    loud: bool = False
    """Whether it ended with a loud frame."""
