"""Who takes over when, and that the machine that led has ended before, whatever the moments at which they look."""

from __future__ import annotations

from itertools import product

import pytest

from ivr.core.leading import (
    BEAT_SECONDS,
    CUT_OFF_SECONDS,
    END_SECONDS,
    LOST_SECONDS,
    SILENT_SECONDS,
    Beat,
    Leader,
    Move,
    Seen,
    StandBy,
    Term,
    may_write,
    strangers,
)

A, B = Term(5, "a"), Term(6, "b")


def looks(standing: StandBy, seen: Seen, at: float, *, reached: bool = True, took: float = 0.0) -> Move:
    return standing.look(seen, reached=reached, asked=at, now=at + took)


def test_where_nobody_ever_led_the_first_one_who_reaches_the_database_does() -> None:
    standing = StandBy("b")
    assert looks(standing, Seen(None, None), 0.0, reached=False) is Move.WAIT
    assert standing.reason == "the database does not answer here"
    assert looks(standing, Seen(None, None), 1.0) is Move.TAKE


def test_a_machine_whose_engine_died_goes_on_in_its_term_even_without_a_database() -> None:
    assert looks(StandBy("a"), Seen(A, Beat(5, 9)), 0.0, reached=False) is Move.RESUME
    assert looks(StandBy("a"), Seen(A, None), 0.0) is Move.RESUME


def test_a_machine_that_ended_is_followed_at_once_by_either() -> None:
    ended = Seen(A, Beat(5, 0, ended=True))
    assert looks(StandBy("b"), ended, 0.0) is Move.TAKE
    assert looks(StandBy("a"), ended, 0.0) is Move.TAKE


def test_beats_hold_another_machine_off_for_ever() -> None:
    standing = StandBy("b")
    for count in range(200):
        assert looks(standing, Seen(A, Beat(5, count)), count * (SILENT_SECONDS - 0.1)) is Move.WAIT
    assert standing.reason == "a leads"


def test_silence_is_followed_and_not_before_its_time() -> None:
    standing, seen = StandBy("b"), Seen(A, Beat(5, 7))
    assert looks(standing, seen, 10.0) is Move.WAIT
    assert looks(standing, seen, 10.0 + SILENT_SECONDS - 0.01) is Move.WAIT
    assert looks(standing, seen, 10.0 + SILENT_SECONDS) is Move.TAKE


def test_one_who_was_stopped_between_reading_and_judging_takes_nothing_over() -> None:
    standing, seen = StandBy("b"), Seen(A, Beat(5, 7))
    looks(standing, seen, 0.0)
    assert looks(standing, seen, 0.5, took=60.0) is Move.WAIT, "what it judges is a minute old"
    assert looks(standing, Seen(A, Beat(5, 130)), 61.0) is Move.WAIT


def test_a_leader_without_the_database_is_followed_only_by_one_who_reaches_it_all_the_while() -> None:
    standing = StandBy("b")

    def look(count: int, at: float, *, reached: bool = True, away: bool = True) -> Move:
        return looks(standing, Seen(A, Beat(5, count, away=away)), at, reached=reached)

    assert look(1, 0.0) is Move.WAIT
    assert look(2, CUT_OFF_SECONDS - 0.1) is Move.WAIT
    assert look(3, CUT_OFF_SECONDS, reached=False) is Move.WAIT, "the database is away for both"
    assert look(4, CUT_OFF_SECONDS + 1.0) is Move.WAIT
    assert look(5, CUT_OFF_SECONDS + 2.0, away=False) is Move.WAIT, "it is back"
    assert look(6, CUT_OFF_SECONDS + 3.0) is Move.WAIT
    assert look(7, CUT_OFF_SECONDS * 2 + 3.0) is Move.TAKE_FROM_ONE_WHO_LIVES


def test_a_database_that_is_away_for_all_moves_nobody() -> None:
    standing, leader = StandBy("b"), Leader(A, 0.0)
    for step in range(1000):
        at = step * BEAT_SECONDS
        assert looks(standing, Seen(A, leader.beat(away=True)), at, reached=False) is Move.WAIT
        leader.wrote(A, at)
        assert leader.why_ended(at) is None


def test_a_leader_that_finds_another_term_ends() -> None:
    leader = Leader(A, 0.0)
    leader.wrote(B, 0.5)
    assert leader.why_ended(0.5) == "b leads now"


def test_a_term_that_cannot_be_found_is_no_beat_that_was_written() -> None:
    leader = Leader(A, 0.0)
    leader.wrote(None, 2.0)
    assert leader.why_ended(LOST_SECONDS - 0.01) is None
    assert leader.why_ended(LOST_SECONDS) is not None


GRID = tuple(product((0.0, 0.2, 0.4), (0.01, 0.3, 1.0, 2.5), (0.0, 0.15, 0.45), (0.0, 0.4, 3.0), (True, False)))


@pytest.mark.parametrize(("phase", "slow", "offset", "paused", "last_arrives"), GRID)
def test_a_leader_whose_directory_is_gone_has_ended_before_another_machine_begins(
    phase: float, slow: float, offset: float, paused: float, last_arrives: bool
) -> None:
    """`slow`: seconds that each beat takes to be written; the last one may arrive though its writer never knows."""
    leader, beats, at, gone = Leader(A, 0.0), list[tuple[float, Beat]](), phase, 7.0
    while at < gone:
        beat, done = leader.beat(away=False), at + slow
        if done < gone:
            leader.wrote(A, at)
            beats.append((done, beat))
        elif last_arrives:
            beats.append((done, beat))
        at = done + BEAT_SECONDS
    ended = next(at for at in (step / 100 for step in range(3000)) if leader.why_ended(at)) + END_SECONDS
    standing, at = StandBy("b"), offset
    while True:
        arrived = [beat for when, beat in beats if when <= at]
        if looks(standing, Seen(A, arrived[-1] if arrived else None), at, took=paused) is Move.TAKE:
            break
        at += paused + BEAT_SECONDS
    assert ended < at


@pytest.mark.parametrize(
    ("seen", "machine", "number", "may"),
    [
        (Seen(None, None), "a", None, True),
        (Seen(A, None), "a", None, True),
        (Seen(A, None), "b", None, False),
        (Seen(A, Beat(5, 0, ended=True)), "b", None, True),
        (Seen(A, None), "a", 5, True),
        (Seen(A, None), "a", 4, False),
        (Seen(Term(7, "a"), None), "a", 5, False),
        (Seen(B, None), "a", 5, False),
        (Seen(B, None), "a", None, False),
        (Seen(B, None), "a", 6, False),
        (Seen(None, None), "a", 1, False),
    ],
)
def test_an_engine_writes_in_its_own_term_and_a_command_where_its_machine_leads(
    seen: Seen, machine: str, number: int | None, may: bool
) -> None:
    assert may_write(seen, machine, number) is may


def test_who_leads_on_the_same_database_and_not_in_this_directory_is_a_stranger() -> None:
    assert strangers(Seen(None, None), {"a"}) == {"a"}
    assert strangers(Seen(A, None), {"a", "c"}) == {"c"}
    assert strangers(Seen(A, None), set()) == set()
