"""When frames may pass in a row without a decision between them: the plan of a stretch, and what came of it.

Rule: nothing is decided later for it than frame by frame, apart from one thing: a caller's voice below `LOUD` may be
noticed at the end of a stretch, a second at most. Whatever is due at a frame (a prompt's begin and end, a timer,
speech, a key, a fact of the telephone, a word of the hub's) is looked at in that frame. What was heard and said goes to
the recorder block by block all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from ivr.core.media.frame import FRAME_BYTES, FRAME_SECONDS
from ivr.core.media.stretch import Keep, Moved, Stretch, Way
from ivr.engine.cell.caller_keys import CallerKeys
from ivr.engine.cell.ear import Ear
from ivr.engine.cell.player import Player

LOUD = 150
"""Samples above this may be speech or a key: 47 dB below full scale, below any tone that is taken for a key (Q.24)."""
ALERT_FRAMES = 15
"""Frames looked at one by one after a loud one: 300 ms, longer than a tone, or a window of the voice detector."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The legs as they stand."""

    caller: int
    sends: bool
    """Whether the caller is sent anything."""
    far: Sequence[tuple[int, int | None]]
    """(leg, the leg whose far end it hears; None: silence), of those whom we dialled and who are there."""
    heard: int | None
    """The leg whose far end the caller hears; None: what is played to them."""


class Stretches:
    """One call's."""

    def __init__(self, player: Player, ear: Ear, keys: CallerKeys) -> None:
        self._player, self._ear, self._keys = player, ear, keys
        self._alert = 0

    def looked_at(self) -> None:
        """A frame was moved alone."""
        self._alert = max(0, self._alert - 1)

    def plan(
        self,
        ends: Ends,
        *,
        due: float,
        deadline: float | None,
        most: int,
        block: int,
        wakes: Sequence[int],
        keep: Keep | None = None,
    ) -> Stretch | None:
        """The next stretch, of at most `most` frames, the first at `due`; None: the next frame is to be looked at.

        A timer's `deadline` comes in the stretch's last frame: the first one that is not before it.
        """
        listens = self._ear.is_waiting or self._keys.listens
        if not self._ear.is_at_rest or (listens and self._alert):
            return None
        frames = most
        if deadline is not None:
            frames = min(frames, ceil(max(0.0, deadline - due) / FRAME_SECONDS) + 1)
        caller = self._caller(ends, frames)
        if caller is None:
            return None
        if caller.pcm:
            frames = len(caller.pcm) // FRAME_BYTES
        if frames < 2:
            return None
        far = (Way(leg, of=heard) for leg, heard in ends.far)
        return Stretch((caller, *far), frames, due, LOUD if listens else None, wakes, block, keep)

    def _caller(self, ends: Ends, frames: int) -> Way | None:
        if not ends.sends:
            return Way(ends.caller, sends=False)
        if ends.heard is not None and not self._player.playing:
            return Way(ends.caller, of=ends.heard)
        pcm = self._player.ahead(frames)
        return None if pcm is None else Way(ends.caller, pcm=pcm)

    def passed(self, stretch: Stretch, before: int, frames: int, heard: Mapping[int, bytes]) -> bytes:
        """What the caller heard in the block after so many frames; the player is told. `heard`: leg -> its far end."""
        caller = stretch.ways[0]
        if caller.of is not None:
            return heard[caller.of]
        if caller.sends:
            self._player.passed(frames)
        begin, end = before * FRAME_BYTES, (before + frames) * FRAME_BYTES
        return caller.pcm[begin:end].ljust(end - begin, b"\0")

    def over(self, moved: Moved) -> None:
        """So it ended."""
        self._alert = ALERT_FRAMES if moved.loud else 0
