"""A machine that stands by, until it leads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Set
from contextlib import AbstractContextManager, ExitStack

from ivr.core.leading import BEAT_SECONDS, HANDOVER_SECONDS, Move, Pulse, Seen, StandBy, Term, strangers
from ivr.engine.leading.keeper import Keeper
from ivr.errors import IvrError, SettingsError
from ivr.ports.clock import Clock
from ivr.ports.leading import Terms, Witness

HANDOVER_LOOK_SECONDS = 0.1

Keep = Callable[[Term], Keeper]


def refuse_strangers(seen: Seen, machines: Set[str], where: str) -> None:
    """Raises SettingsError when a machine leads on the same database whose term is not in this directory."""
    if found := sorted(strangers(seen, machines)):
        raise SettingsError(
            f"data_dir: {' and '.join(found)} leads on the same database, and {where} says nothing of it: it is not "
            "the directory of both machines. See that it is mounted here"
        )


class Waiting:
    """Looks until this machine may lead; then begins its term."""

    def __init__(
        self,
        machine: str,
        *,
        terms: Terms,
        witness: Witness,
        keep: Keep,
        alone: Callable[[], AbstractContextManager[None]],
        where: str,
        clock: Clock,
        say: Callable[[str], None],
    ) -> None:
        """`alone`: nothing else works on the data, or OperatorError; `keep`: shows that it leads, once begun; `where`:
        the directory of both machines, for people."""
        self._machine, self._terms, self._witness, self._keep = machine, terms, witness, keep
        self._alone, self._where, self._clock, self._say = alone, where, clock, say
        self._standing = StandBy(machine)
        self._said = ""
        self._looks = 0
        self._locked_out: Seen | None = None
        """What stood there when a term could not begin though nothing had changed: somebody writes into the log."""

    def until_led(self, stop: threading.Event, held: ExitStack) -> Keeper | None:
        """Lead; None: told to stop before. What must be held meanwhile is entered into `held`."""
        while not stop.is_set():
            try:
                keeper = self._look(held)
            except IvrError as error:
                held.close()
                self._tell(str(error))
                keeper = None
            if keeper is not None:
                return keeper
            stop.wait(BEAT_SECONDS)
        return None

    def _look(self, held: ExitStack) -> Keeper | None:
        reached = self._witness.reached()
        asked = self._clock()
        self._looks += 1
        self._terms.wait(self._machine, Pulse(self._looks, reached))
        seen = self._terms.seen()
        move = self._standing.look(seen, reached=reached, asked=asked, now=self._clock())
        if move is Move.WAIT:
            self._tell(self._standing.reason)
            return None
        held.enter_context(self._alone())
        if move is Move.RESUME:
            assert seen.term is not None
            return self._begun(seen.term)
        refuse_strangers(seen, self._witness.machines(), self._where)
        term = Term(1 if seen.term is None else seen.term.number + 1, self._machine)
        if not self._terms.take(term, seen):
            held.close()
            self._tell_of_writer(seen)
            return None
        self._say(f"{self._standing.reason}: this machine, {self._machine}, takes over (term {term.number})")
        keeper = self._begun(term)
        try:
            if move is Move.TAKE_FROM_ONE_WHO_LIVES and seen.term is not None:
                self._handed_over(seen.term)
            self._witness.end_older(term)
        except IvrError:
            keeper.close()
            raise
        return keeper

    def _begun(self, term: Term) -> Keeper:
        keeper = self._keep(term)
        keeper.start()
        return keeper

    def _handed_over(self, before: Term) -> None:
        """Wait until the machine that led has ended, if it lives."""
        until = self._clock() + HANDOVER_SECONDS
        while self._clock() < until:
            told = self._terms.beat_of(before.machine)
            if told is not None and told.ended and told.number == before.number:
                return
            threading.Event().wait(HANDOVER_LOOK_SECONDS)

    def _tell_of_writer(self, seen: Seen) -> None:
        """One who was stopped in the middle of writing has the log for as long as it lives: only people can end it."""
        if self._terms.seen() != seen:
            return  # the machine that leads lives, or somebody was first
        if seen == self._locked_out:  # twice: an ordinary writer has let go of it by now
            self._tell(
                f"{self._standing.reason}, but somebody who writes into the audit log has not let go of it: a process "
                "on either machine that was stopped. This machine goes on when that one has ended"
            )
        self._locked_out = seen

    def _tell(self, reason: str) -> None:
        if reason != self._said:
            self._said = reason
            self._say(f"this machine, {self._machine}, stands by: {reason}")
