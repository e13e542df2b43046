"""A stretch: frames in a row that need no decision between them, and how they went.

The telephone moves them at the pace of its clock, so that who decides wakes once for all of them. A frame that may need
a decision is moved alone. What ends a stretch early is told at the frame where it happens, not after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ivr.core.media.frame import BLOCK_FRAMES

LONGEST_FRAMES = 6 * BLOCK_FRAMES
"""Of one stretch: a second, which is how often a line is measured, in whole blocks."""


class Passed(Protocol):
    """Is told of frames as they passed."""

    def __call__(self, frames: int, heard: Mapping[int, bytes], *, kept: bool) -> bool:
        """`heard`: leg -> what its far end said in them; `kept`: whether they went where `Stretch.keep` says. False
        ends the stretch.
        """
        ...


@dataclass(frozen=True, slots=True)
class Keep:
    """Where whole blocks of what the caller says and hears go by themselves, so that nobody need wake for them."""

    function: int
    """Address of a C function: of journal, first sample, what was said, what was heard, bytes of each. 0 ends the
    stretch."""
    journal: int
    sample: int
    """Of the stretch's first frame."""


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
    keep: Keep | None = None
    """Only where the caller is its one leg. A first block of less than BLOCK_FRAMES, and what is left, is not kept."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved."""

    frames: int
    woken: bool = False
    """Whether it ended since there is something to read."""
    loud: bool = False
    """Whether it ended with a loud frame."""
