"""Two machines in one process, with threads and times that are real: one does not reach the database any more."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, nullcontext

from ivr.core.leading import AWAY_SECONDS, BEAT_SECONDS, CUT_OFF_SECONDS, HANDOVER_SECONDS, Beat, Seen, Term
from ivr.engine.leading.keeper import Keeper
from ivr.engine.leading.waiting import Waiting
from ivr.testing.fake_terms import MemoryTerms, ToldWitness


class Machine:
    """It runs something from when it leads until it is told that it does no more."""

    def __init__(self, name: str, terms: MemoryTerms) -> None:
        self.name, self.terms, self.witness = name, terms, ToldWitness()
        self.runs = False
        self.why = ""
        self.gone = threading.Event()
        self.said: list[str] = []

    def lead(self, stop: threading.Event) -> Keeper | None:
        waiting = Waiting(
            self.name, terms=self.terms, witness=self.witness, keep=self.keep, alone=nullcontext, where="here",
            clock=time.monotonic, say=self.said.append,
        )  # fmt: skip
        with ExitStack() as held:
            keeper = waiting.until_led(stop, held)
        self.runs = keeper is not None
        return keeper

    def keep(self, term: Term) -> Keeper:
        return Keeper(
            term, terms=self.terms, witness=self.witness, clock=time.monotonic, lost=self.lost, gone=self.gone.set
        )

    def lost(self, why: str) -> None:
        self.runs, self.why = False, why


def test_one_that_is_cut_off_from_the_database_ends_before_the_other_begins() -> None:
    terms, stop = MemoryTerms(), threading.Event()
    a, b = Machine("a", terms), Machine("b", terms)
    assert a.lead(stop) is not None
    a.witness.answers = False
    cut = time.monotonic()
    keeper = b.lead(stop)
    took = time.monotonic() - cut
    assert keeper is not None
    assert not a.runs, "both run"
    assert a.gone.wait(HANDOVER_SECONDS)
    assert a.why == "b leads now"
    assert took > AWAY_SECONDS + CUT_OFF_SECONDS - 1.0
    assert terms.beat_of("a") == Beat(1, 0, ended=True)
    assert b.witness.ended == [Term(2, "b")]
    keeper.close()
    assert terms.seen() == Seen(Term(2, "b"), Beat(2, 0, ended=True))


def test_one_that_stops_in_order_is_followed_at_once() -> None:
    terms, stop = MemoryTerms(), threading.Event()
    a, b = Machine("a", terms), Machine("b", terms)
    keeper = a.lead(stop)
    assert keeper is not None
    follower = threading.Thread(target=b.lead, args=(stop,))
    follower.start()
    time.sleep(0.7)
    assert b.said == ["this machine, b, stands by: a leads"]
    assert not b.runs
    keeper.close()
    follower.join(5.0)
    assert [a.runs, b.runs] == [True, True], "nothing told a that it leads no more: its supervisor had ended"
    assert not a.why
    assert b.said[-1] == "no machine leads: this machine, b, takes over (term 2)"


def test_one_that_is_told_to_stop_while_it_waits_does() -> None:
    terms, stop = MemoryTerms(), threading.Event()
    terms.take(Term(1, "a"), terms.seen())
    threading.Timer(0.3, stop.set).start()
    assert Machine("b", terms).lead(stop) is None
    assert terms.seen() == Seen(Term(1, "a"), None)


def test_what_keeps_it_from_leading_is_said_once_and_when_that_is_over_it_leads() -> None:
    """A machine that died or was stopped in the middle of writing may hold the log's lock for long."""
    terms, stop = MemoryTerms(), threading.Event()
    terms.take(Term(1, "a"), terms.seen())
    terms.tell("a", Beat(1, 0, ended=True))
    terms.log_is_written = True
    b = Machine("b", terms)
    follower = threading.Thread(target=b.lead, args=(stop,), daemon=True)
    follower.start()
    time.sleep(4 * BEAT_SECONDS)
    assert len(b.said) == 1
    assert "no machine leads, but somebody who writes into the audit log" in b.said[0]
    terms.log_is_written = False
    follower.join(5.0)
    assert b.runs
    assert b.said[1:] == ["no machine leads: this machine, b, takes over (term 2)"]


def test_one_who_writes_for_a_moment_is_not_told_of() -> None:
    terms, stop = MemoryTerms(), threading.Event()
    terms.take(Term(1, "a"), terms.seen())
    terms.tell("a", Beat(1, 0, ended=True))
    terms.log_is_written = True
    threading.Timer(0.5 * BEAT_SECONDS, lambda: setattr(terms, "log_is_written", False)).start()
    b = Machine("b", terms)
    assert b.lead(stop) is not None
    assert b.said == ["no machine leads: this machine, b, takes over (term 2)"]
