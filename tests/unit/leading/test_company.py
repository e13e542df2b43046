"""A line on two machines of which one is gone: people hear of it while the other still serves."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack, nullcontext

import pytest

from ivr.core.alarms import AlarmKind
from ivr.core.leading import FIRST_SECONDS, UNHEARD_SECONDS, Beat, Company, News, Pulse, Term
from ivr.engine.leading.company import keep_company
from ivr.engine.leading.waiting import Waiting
from ivr.errors import EnvironmentFault
from ivr.testing.fake_terms import MemoryTerms, ToldWitness

A = "a"


class Leader:
    """What `a`, which leads from 0.0 on, is told each half second."""

    def __init__(self) -> None:
        self.company, self.at, self.told = Company(A, 0.0), 0.0, list[tuple[float, bool, str]]()

    def looks(
        self, seconds: float, pulse: Pulse | None, *, lives: bool, others: Mapping[str, Pulse] | None = None
    ) -> None:
        """For so long it finds this pulse of `b`'s, which goes on if `b` lives."""
        for count in range(round(seconds * 2)):
            self.at += 0.5
            found = dict(others or {})
            if pulse is not None:
                found["b"] = Pulse(count, pulse.reached) if lives else pulse
            self.hears(self.company.look(found, asked=self.at, now=self.at))

    def hears(self, news: News | None) -> None:
        if news is not None:
            self.told.append((self.at, news.alone, news.text))


def test_one_that_goes_away_is_told_once_and_that_it_is_back_once() -> None:
    leader = Leader()
    leader.looks(100.0, Pulse(0, True), lives=True)
    assert [told[1:] for told in leader.told] == [(False, "b stands by")]
    leader.looks(300.0, Pulse(7, True), lives=False)
    leader.looks(30.0, Pulse(0, True), lives=True)
    [_, (gone, alone, why), (_, back, text)] = leader.told
    assert (alone, back, text) == (True, False, "b stands by")
    assert gone == pytest.approx(100.0 + UNHEARD_SECONDS, abs=1.0)
    assert why == "b, which stood by, has been silent for 15 s: nobody goes on with the line if this machine, a, dies"


def test_a_line_that_never_had_a_second_machine_says_so_when_there_was_time_for_one() -> None:
    leader = Leader()
    leader.looks(FIRST_SECONDS - 1.0, None, lives=False)
    assert not leader.told
    leader.looks(60.0, None, lives=False)
    [(_, alone, why)] = leader.told
    assert alone
    assert why.startswith("no other machine stands by: ")


def test_what_a_machine_left_behind_that_led_or_waited_once_is_no_life() -> None:
    leader = Leader()
    leader.looks(FIRST_SECONDS + 1.0, Pulse(99, True), lives=False, others={A: Pulse(4, True)})
    assert [told[1] for told in leader.told] == [True]


def test_one_that_lives_and_does_not_reach_the_database_could_not_take_over() -> None:
    leader = Leader()
    leader.looks(10.0, Pulse(0, True), lives=True)
    leader.looks(UNHEARD_SECONDS + 1.0, Pulse(0, False), lives=True)
    assert leader.told[-1][1:] == (
        True, "b stands by, and the database does not answer it: nobody goes on with the line if this machine, a, dies",
    )  # fmt: skip


def test_a_look_that_took_long_makes_nobody_silent() -> None:
    company = Company(A, 0.0)
    company.look({"b": Pulse(1, True)}, asked=0.5, now=0.5)
    assert company.look({"b": Pulse(2, True)}, asked=1.0, now=1.0) == News("b stands by", False)
    assert company.look({"b": Pulse(3, True)}, asked=1.5, now=40.0) is None
    assert company.look({"b": Pulse(3, True)}, asked=40.5, now=40.5) is None


class Slow(MemoryTerms):
    """Of a directory that cannot be read now and then."""

    looks = 0

    def waiting(self) -> dict[str, Pulse]:
        self.looks += 1
        if self.looks % 2:
            raise EnvironmentFault("the directory hangs")
        return super().waiting()


async def test_a_machine_that_waits_shows_it_and_its_leader_raises_an_alarm_when_it_stops() -> None:
    terms, stop, told, passed = Slow(), threading.Event(), asyncio.Queue[tuple[str, str]](), [0.0]
    terms.take(Term(1, A), terms.seen())

    async def alarm(kind: AlarmKind, text: str) -> None:
        told.put_nowait((str(kind), text))

    def wait() -> None:
        def never(term: Term) -> None:
            raise AssertionError("it took over")

        Waiting(
            "b", terms=terms, witness=ToldWitness(), keep=never, alone=nullcontext, where="here",  # type: ignore[arg-type]
            clock=lambda: 0.0, say=lambda text: None,
        ).until_led(stop, ExitStack())  # fmt: skip

    terms.tell(A, Beat(1, 1))
    work = asyncio.create_task(
        keep_company(
            A, terms=terms, clock=lambda: time.monotonic() + passed[0],
            log=lambda event, data: told.put_nowait((event, str(data["told"]))), alarm=alarm,
        )
    )  # fmt: skip
    waiting = asyncio.create_task(asyncio.to_thread(wait))
    try:
        async with asyncio.timeout(30.0):
            assert await told.get() == ("standby", "b stands by")
            stop.set()
            await waiting
            passed[0] = UNHEARD_SECONDS
            kind, text = await told.get()
            assert (kind, text.split(":")[0]) == ("standby", "b, which stood by, has been silent for 15 s")
            assert told.empty()
    finally:
        stop.set()
        work.cancel()
