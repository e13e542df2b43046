"""What the relay answers: read as a whole, and nothing is made up of an answer that is cut or goes on."""

from __future__ import annotations

import pytest

from ivr.adapters.rtpengine.bencode import Value, decoded
from ivr.errors import PeerError

WHOLE = b"d5:callsl3:a:be1:ni-7e4:tagsd1:\xffd4:listl1:xeee6:result2:oke"


def test_an_answer_is_read_with_whatever_octets_its_words_have() -> None:
    value: Value = {
        b"calls": [b"a:b"], b"n": -7, b"tags": {b"\xff": {b"list": [b"x"]}}, b"result": b"ok",
    }  # fmt: skip
    assert decoded(WHOLE) == value


@pytest.mark.parametrize("size", range(len(WHOLE)))
def test_a_cut_answer_is_none(size: int) -> None:
    with pytest.raises(PeerError):
        decoded(WHOLE[:size])


@pytest.mark.parametrize("said", [b"", b"e", WHOLE + b"e", b"d1:ae", b"i7", b"-1:a", b"2:a", b"x", b"1:ab"])
def test_what_is_no_answer_is_none(said: bytes) -> None:
    with pytest.raises(PeerError):
        decoded(said)


def test_values_within_values_without_end_are_none() -> None:
    with pytest.raises(PeerError, match="without end"):
        decoded(b"l" * 5000 + b"e" * 5000)
