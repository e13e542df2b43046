"""One press is one key, by however many ways it comes."""

from __future__ import annotations

import pytest

from ivr.core.call.key_way import KeyWay
from ivr.core.orders.keypad import Via


@pytest.mark.parametrize(
    ("first", "second"), [(Via.RFC4733, Via.INFO), (Via.INFO, Via.RFC4733), (Via.INFO, Via.INBAND)]
)
def test_the_way_used_first_counts_for_the_call(first: Via, second: Via) -> None:
    way, counted = KeyWay(), ""
    for place, digit in enumerate("1123"):
        for via in (first, second):
            if way.counts(digit, via, now=place * 0.3):
                counted += digit
    assert counted == "1123"
    assert way.concerns(first)
    assert not way.concerns(second)


def test_a_tone_and_the_info_of_the_same_press_are_one_key() -> None:
    way = KeyWay()
    assert way.counts("5", Via.INBAND, now=1.0)
    assert not way.counts("5", Via.INFO, now=1.1)


def test_speech_that_sounds_like_a_tone_takes_no_keys_away() -> None:
    way = KeyWay()
    assert way.counts("B", Via.INBAND, now=1.0)
    assert way.counts("5", Via.INFO, now=9.0)
    assert not way.counts("6", Via.INBAND, now=9.5)


def test_after_other_media_were_agreed_another_way_may_count() -> None:
    way = KeyWay()
    assert way.counts("5", Via.RFC4733, now=1.0)
    way.forget()
    assert way.counts("5", Via.INBAND, now=2.0)


def test_before_the_first_key_whatever_is_lost_may_be_one() -> None:
    assert KeyWay().concerns(Via.INFO)
