"""A machine that leads: its beats, its question to the database, and its end when it may lead no more.

Each is a thread of its own: a disk that hangs holds up the beats, and never the look at how old they are.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from ivr.core.leading import AWAY_SECONDS, BEAT_SECONDS, Beat, Leader, Term
from ivr.errors import IvrError
from ivr.ports.clock import Clock
from ivr.ports.leading import Terms, Witness

LOOK_SECONDS = 0.1
LAST_BEAT_SECONDS = 0.5


class Keeper:
    """Keeps a term."""

    def __init__(
        self,
        term: Term,
        *,
        terms: Terms,
        witness: Witness,
        clock: Clock,
        lost: Callable[[str], None],
        gone: Callable[[], None],
    ) -> None:
        """`lost` hears why, in a thread of its own, and ends within a second all that this machine runs but this very
        process; `gone` ends that, when the other machine was told.
        """
        self.term = term
        self._terms, self._witness, self._clock = terms, witness, clock
        self._lost, self._gone = lost, gone
        self._leader = Leader(term, clock())
        self._answered = clock()
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=work, name=f"ivr-{work.__name__.strip('_')}", daemon=True)
            for work in (self._beat, self._ask, self._watch)
        ]

    def start(self) -> None:
        """Begin to beat."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Say that it ended: all that it ran has."""
        self._over.set()
        last = threading.Thread(target=self._say_ended, daemon=True)
        last.start()
        last.join(LAST_BEAT_SECONDS)  # the directory may be out of reach

    def _say_ended(self) -> None:
        self._threads[0].join()  # else a beat that is on its way would be the last word
        try:
            self._terms.tell(self.term.machine, Beat(self.term.number, 0, ended=True))
        except IvrError:
            return  # another machine finds its beats to be over

    def _beat(self) -> None:
        while not self._over.is_set():
            began = self._clock()
            try:
                self._terms.tell(self.term.machine, self._leader.beat(away=began - self._answered >= AWAY_SECONDS))
                self._leader.wrote(self._terms.seen().term, began)
            except IvrError:
                pass  # how long it lasts is watched
            self._over.wait(BEAT_SECONDS)

    def _ask(self) -> None:
        while not self._over.is_set():
            asked = self._clock()
            if self._witness.reached():
                self._answered = asked
            self._over.wait(BEAT_SECONDS)

    def _watch(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            if why := self._leader.why_ended(self._clock()):
                self._lost(why)
                self.close()
                self._gone()
                return
