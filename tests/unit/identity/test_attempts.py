"""So many attempts at an account, over all calls, then none for a while."""

from __future__ import annotations

from ivr.core.identity.attempts import FORGET_SECONDS, LOCK_SECONDS, LONGEST_SECONDS, MOST, Tries, asked, given_back


def attempts(number: int, *, at: float, tries: Tries | None = None) -> tuple[Tries | None, list[bool]]:
    told = []
    for _ in range(number):
        tries, allowed = asked(tries, at)
        told.append(allowed)
    return tries, told


def test_the_account_is_locked_after_the_most_and_free_after_its_time() -> None:
    tries, told = attempts(MOST + 3, at=100.0)
    assert told == [True] * MOST + [False] * 3
    _, told = attempts(1, at=100.0 + LOCK_SECONDS - 1, tries=tries)
    assert told == [False]
    tries, told = attempts(MOST + 1, at=100.0 + LOCK_SECONDS, tries=tries)
    assert told == [True] * MOST + [False]


def test_each_lock_is_longer_and_none_longer_than_a_day() -> None:
    tries, now, lengths = None, 0.0, []
    for _ in range(8):
        tries, _told = attempts(MOST, at=now, tries=tries)
        assert tries is not None
        lengths.append(tries.locked_until - now)
        now = tries.locked_until
    assert lengths[:3] == [LOCK_SECONDS, 2 * LOCK_SECONDS, 4 * LOCK_SECONDS]
    assert max(lengths) == LONGEST_SECONDS


def test_one_attempt_an_hour_is_not_for_ever_held_and_many_a_day_are_few() -> None:
    """A guesser who waits out every lock gets some dozens of tries in a month, of ten thousand PINs."""
    tries, now, made = None, 0.0, 0
    while now < 30 * 86_400:
        tries, allowed = asked(tries, now)
        made += allowed
        now = max(now + 1, tries.locked_until)
    assert made < 40 * MOST
    assert Tries(1, 0, 0.0).stale(FORGET_SECONDS)


def test_a_clock_that_goes_back_unlocks_nothing_and_locks_nobody_for_longer() -> None:
    """It was a year ahead for a while: who was locked then is free an hour after it was put right."""
    year = 365 * 86_400.0
    tries, _ = attempts(MOST, at=year)
    tries, told = attempts(2, at=1000.0, tries=tries)
    tries, later = attempts(1, at=1000.0 + LOCK_SECONDS - 1, tries=tries)
    assert told + later == [False] * 3
    tries, told = attempts(1, at=1000.0 + LOCK_SECONDS, tries=tries)
    assert told == [True]
    assert tries is not None
    assert tries.stale(1000.0 + LOCK_SECONDS + FORGET_SECONDS)


def test_what_was_not_answered_does_not_count_not_even_the_one_that_locked() -> None:
    tries = None
    for _ in range(3 * MOST):
        tries, allowed = asked(tries, 10.0)
        assert allowed
        tries = given_back(tries)
    tries, _ = attempts(MOST, at=20.0, tries=tries)
    assert tries is not None
    assert asked(given_back(tries), 21.0)[1]
    assert given_back(Tries()) == Tries()
