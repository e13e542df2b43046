"""When a key counts: from the 200 on, even if it overtakes the ACK that tells us of it."""

from __future__ import annotations

from ivr.core.orders.keypad import DigitPressed, KeysMissed, Via
from ivr.engine.cell.caller_keys import OVERTAKING_MAX, CallerKeys


def keys() -> CallerKeys:
    found = CallerKeys("never", lambda: 0.0)
    found.agreed(telephone_event=True)
    return found


def test_keys_between_the_200_and_the_ack_wait_for_it_in_their_order() -> None:
    early = keys()
    early.answering()
    told = [*early.pressed("1", Via.RFC4733), *early.missed(Via.RFC4733), *early.pressed("2", Via.RFC4733)]
    assert not told
    one, two = DigitPressed("1", Via.RFC4733), DigitPressed("2", Via.RFC4733)
    assert early.answered() == [one, KeysMissed(Via.RFC4733), two]
    assert list(early.pressed("2", Via.RFC4733)) == [two]


def test_a_key_during_an_announcement_before_the_answer_chooses_nothing() -> None:
    early = keys()
    assert not list(early.pressed("1", Via.RFC4733))
    early.answering()
    assert early.answered() == []


def test_who_never_acknowledges_fills_no_memory() -> None:
    early = keys()
    early.answering()
    for _ in range(10 * OVERTAKING_MAX):
        assert not list(early.pressed("1", Via.RFC4733))
    assert len(early.answered()) == OVERTAKING_MAX
