"""Keys by INFO, as phones and gateways write them, and as a stranger may."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.media.key_info import InfoOrder, KeyInfo, key_of, read_info, read_request
from ivr.core.media.telephone_event import KEYS

RELAY = "application/dtmf-relay"


@pytest.mark.parametrize("word", [*KEYS, "a", "d"])
def test_a_sign_is_the_key_of_its_name(word: str) -> None:
    assert key_of(word) == word.upper()


def test_event_codes_of_two_figures_are_keys_and_no_other_word_is() -> None:
    assert [key_of(str(code)) for code in range(10, 16)] == ["*", "#", "A", "B", "C", "D"]
    words = [
        "",
        "16",
        "17",
        "00",
        "01",
        "010",
        "1 0",
        "100",
        "1a",
        "flash",
        "star",
        "pound",
        "**",
        "１",
        "٣",
        "²",
        "-1",
    ]
    assert [key_of(word) for word in words] == [""] * len(words)


@pytest.mark.parametrize(
    "body",
    [
        b"Signal=5\r\nDuration=160\r\n",
        b"Signal=5\nDuration=160\n",
        b"Signal= 5 \r\n Duration = 160",
        b"signal=5\r\nduration=100\r\n",
        b"SIGNAL=5",
        b"\r\nSignal=5\r\n\r\n",
        b"Duration=250\r\nSignal=5\r\nVolume=10\r\n",
    ],
)
def test_a_relayed_key_is_read_as_phones_write_it(body: bytes) -> None:
    assert read_info(RELAY, body) == KeyInfo(200, "5")
    assert read_info("Application/DTMF-Relay; charset=utf-8", body) == KeyInfo(200, "5")


@pytest.mark.parametrize("body", [b"5", b"5\r\n", b" 5 \n", b"Signal=5\r\n", b"signal=5\r\nDuration=1"])
def test_application_dtmf_is_served(body: bytes) -> None:
    assert read_info("application/dtmf", body) == KeyInfo(200, "5")


@pytest.mark.parametrize(("word", "key"), [(b"10", "*"), (b"11", "#"), (b"12", "A"), (b"16", ""), (b"1x", "")])
def test_gateways_write_codes(word: bytes, key: str) -> None:
    assert read_info(RELAY, b"Signal=" + word + b"\r\nDuration=100\r\n") == KeyInfo(200, key)
    assert read_info("application/dtmf", word) == KeyInfo(200, key)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"Signal=", b"Signal", b"Duration=100", b"5", b"Signal=5\r\nSignal=6", b"Signal=5\r\nsignal=5",
        b"Signal=5\r\nDuration=long", b"Signal=5\r\nDuration=", b"=5", b"Signal=5\x00", b"Signal=\xff", b"Signal==",
        b"Signal=5" + b" " * 300,
    ],
)  # fmt: skip
def test_what_is_not_in_its_form_is_refused_or_no_key(body: bytes) -> None:
    found = read_info(RELAY, body)
    assert found.key == ""
    assert found.status == 400 or body == b"Signal=="


def test_other_types_and_packages_are_named_as_not_served() -> None:
    assert read_info("text/plain", b"5").status == 415
    assert read_info("", b"5").status == 415
    assert read_info("", b"").status == 200
    assert read_info(RELAY, b"Signal=5", package="dtmf").status == 469


@given(st.text(max_size=40), st.binary(max_size=400))
def test_no_body_raises_and_only_served_types_give_keys(kind: str, body: bytes) -> None:
    found = read_info(kind, body)
    assert found.key in (*KEYS, "")
    assert found.status in (200, 400, 415)


@given(st.binary(max_size=600))
def test_no_message_raises(message: bytes) -> None:
    read_request(message)
    read_request(b"INFO sip:a SIP/2.0\r\n" + message)


def test_a_request_is_read_in_its_compact_and_folded_forms() -> None:
    found = read_request(
        b"INFO sip:ivr@127.0.0.1 SIP/2.0\r\ni: abc\r\nf: \"a;tag=x\" <sip:a@b;tag=no>\r\n ;x=1;tag=one\r\n"
        b"t:<sip:c@d>;TAG=two\r\nCSeq:  17  INFO\r\nc: application/dtmf\r\nl: 1\r\n\r\n5 and more"
    )  # fmt: skip
    assert found is not None
    assert (found.method, found.call_id, found.from_tag, found.to_tag) == ("INFO", "abc", "one", "two")
    assert (found.sequence, found.content_type, found.body) == (17, "application/dtmf", b"5")


def test_a_request_that_comes_again_gives_its_answer_and_no_key() -> None:
    order = InfoOrder()
    assert order.repeated(5) is None
    assert not order.follows(5, KeyInfo(200, "1"))
    assert order.repeated(5) == KeyInfo(200)
    assert order.repeated(4) == KeyInfo(500)
    assert order.repeated(6) is None


def test_one_that_overtook_another_shows_that_a_key_is_missing() -> None:
    order = InfoOrder()
    order.follows(5, KeyInfo(200, "1"))
    assert not order.follows(6, KeyInfo(200, "2"))
    assert order.follows(8, KeyInfo(200, "4"))
    assert order.repeated(7) == KeyInfo(500)


def test_the_first_one_of_a_call_may_be_missing_too() -> None:
    order = InfoOrder()
    order.began(1)
    assert order.follows(3, KeyInfo(200, "2"))
    assert order.repeated(2) == KeyInfo(500)
    later = InfoOrder()
    later.began(1)
    assert not later.follows(2, KeyInfo(200, "1"))


def test_an_answer_that_was_lost_is_given_again_after_later_ones() -> None:
    order = InfoOrder()
    for number in range(2, 9):
        order.follows(number, KeyInfo(200, "1"))
    assert order.repeated(3) == KeyInfo(200)


def test_a_peer_that_counts_by_twos_is_understood_after_some() -> None:
    order = InfoOrder()
    assert [order.follows(number) for number in range(2, 20, 2)] == [False, True, True, *[False] * 6]


def test_ten_thousand_entries_by_info_over_a_lossy_line_are_right_or_said_to_be_unsure() -> None:
    """Each key is sent when it is pressed and again after 0.5, 1.5, 3.5 s until it comes; 5 % are lost on the way."""
    chance = random.Random(3)
    order, number, unsure = InfoOrder(), 1, 0
    for _ in range(10_000):
        digits = "".join(chance.choices("0123456789", k=chance.choice((4, 8)))) + "#"
        arrivals = []
        for place, key in enumerate(digits):
            tries = next(wait for wait in (0.0, 0.5, 1.5, 3.5, 7.5, 99.0) if chance.random() >= 0.05)
            arrivals.append((place * 0.15 + tries, number + place, key))
        number += len(digits)
        taken, missing = "", False
        for _, sequence, key in sorted(arrivals):
            if order.repeated(sequence) is None:
                missing |= order.follows(sequence, KeyInfo(200, key))
                taken += key
            if key == "#":
                break
        for _, sequence, key in sorted(arrivals):  # what is still on its way comes after the entry
            if order.repeated(sequence) is None:
                order.follows(sequence, KeyInfo(200, key))
        unsure += missing
        assert missing or taken == digits
    assert unsure < 5_000
