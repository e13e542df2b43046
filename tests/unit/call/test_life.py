"""Whether a phone is still there, told by its silence and by its answers."""

from __future__ import annotations

import pytest

from ivr.core.call.life import LEAST_GONE_SECONDS, Life, Seen, proves_life

LOOK = 0.2


def watched(life: Life, *, seconds: float, began: float = 0.0, sends: bool = False, answers_until: float = 0.0,
            answers: int = 0) -> list[tuple[float, Seen]]:  # fmt: skip
    """What is seen of a phone that sends or not, and answers what it is asked until then."""
    seen = []
    for look in range(round(seconds / LOOK)):
        now = began + look * LOOK
        found = life.look(signs=look if sends else 0, answers=answers, now=now)
        if found is not None:
            seen.append((now, found))
        if found is Seen.GONE:
            break
        answers += found is Seen.ASK and now < answers_until
    return seen


def test_each_phone_is_asked_once_at_the_beginning_and_not_again_while_it_sends() -> None:
    assert watched(Life(2.0), seconds=60, sends=True, answers_until=60) == [(0.0, Seen.ASK)]


def test_a_phone_that_is_silent_yet_answers_is_there_for_ever() -> None:
    seen = watched(Life(2.0), seconds=600, answers_until=600)
    assert {found for _, found in seen} == {Seen.ASK}
    assert len(seen) > 600, "it is asked at least once a second"


@pytest.mark.parametrize("patience", [2.0, 5.0])
@pytest.mark.parametrize("last", [1.0, 7.3, 31.9])
def test_a_phone_that_answered_and_is_gone_is_known_to_be_within_its_time(patience: float, last: float) -> None:
    (*_, (at, found)) = watched(Life(patience), seconds=60, answers_until=last)
    assert found is Seen.GONE
    assert patience - 1.3 <= at - last <= patience


def test_a_phone_that_stops_sending_is_gone_within_two_seconds() -> None:
    life = Life(LEAST_GONE_SECONDS)
    life.look(signs=0, answers=0, now=0.0)
    for look in range(1, 50):
        assert life.look(signs=look, answers=1, now=look * LOOK) is None
    stopped = 49 * LOOK
    seen = [life.look(signs=49, answers=1, now=stopped + look * LOOK) for look in range(1, 10)]
    assert seen.count(Seen.ASK) == 1
    assert Seen.GONE in seen


def test_a_phone_that_never_answers_is_not_held_to_it() -> None:
    assert watched(Life(2.0), seconds=300) == [(0.0, Seen.ASK)]


@pytest.mark.parametrize("status", [200, 401, 405, 486, 501])
def test_even_a_refusal_is_life(status: int) -> None:
    assert proves_life(status)


@pytest.mark.parametrize("status", [408, 477, 481, 503])
def test_what_a_proxy_says_in_its_place_is_not(status: int) -> None:
    assert not proves_life(status)
