"""Sealed recordings on their way to an object store.

Rules: what waits is what lies here, so nothing is lost by a crash and no list has to be kept. Calls come first: a store
that is away, or slow, keeps nothing else of the keeper's waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ivr.engine.archive.faults import OnDamage
from ivr.errors import EnvironmentFault, IvrError
from ivr.ports.clock import Clock
from ivr.ports.recordings import ShippingArchive, StoredRecording

ROUND_SECONDS = 20.0
"""A round sends for so long; the rest waits for the next one."""
RETRY_SECONDS = 30.0
"""After a failure the store has so long to recover."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What waits."""

    waiting: int
    """Recordings."""
    seconds: float
    """Since the one that waits longest was sealed."""


class Shipping:
    """Sends them, oldest first."""

    def __init__(
        self, recordings: ShippingArchive, tell: Callable[[Behind], None], *, clock: Clock, wall: Clock
    ) -> None:
        """`clock` is monotonic. `tell` hears after each round what waits."""
        self._recordings, self._tell = recordings, tell
        self._clock, self._wall = clock, wall
        self._not_before = clock()

    def some(self, on_damage: OnDamage) -> Iterator[StoredRecording]:
        """Send what waits, for a while; yields what was sent. One that cannot be read here keeps no other waiting.

        Raises EnvironmentFault when the store takes none: all else stays here.
        """
        begun, waiting = self._clock(), list(self._recordings.unshipped())
        sent = 0
        try:
            if begun < self._not_before:
                return
            for stored in waiting:
                try:
                    self._recordings.ship(stored)
                except EnvironmentFault:
                    self._not_before = self._clock() + RETRY_SECONDS
                    raise
                except IvrError as error:
                    on_damage(stored.where, str(error))
                    continue
                sent += 1
                yield stored
                if self._clock() - begun > ROUND_SECONDS:
                    return
        finally:
            self._tell(self._behind(waiting[sent:]))

    def lost(self) -> list[str]:
        """Calls whose recording the store was given and does not have. Raises EnvironmentFault."""
        return [one.call_id for one in self._recordings.lost_afar()]

    def _behind(self, waiting: list[StoredRecording]) -> Behind:
        if not waiting:
            return Behind(0, 0.0)
        try:
            since = self._recordings.written_at(waiting[0])
        except EnvironmentFault:  # it was erased just now
            since = self._wall()
        return Behind(len(waiting), max(0.0, self._wall() - since))
