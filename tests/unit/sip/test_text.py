"""Text from the wire is valid Unicode on one line, whatever came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.sip.text import LONGEST, reads_one_way, wire_text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"M\xfcller", "Müller"),
        ("Müller".encode(), "Müller"),
        ("陳大文".encode(), "陳大文"),
        (b"M\xfcller".decode("utf-8", "surrogateescape"), "Müller"),
        (b"a\r\nb\x00c", "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"),
        ("\ud800x", "?x"),
        ("陳\u3000大文", "陳 大文"),
        ("", ""),
    ],
)
def test_the_text_of_what_came(raw: str | bytes, text: str) -> None:
    assert wire_text(raw) == text


@given(st.binary(max_size=2000))
def test_any_octets_become_text_that_can_be_stored(raw: bytes) -> None:
    for text in (wire_text(raw), wire_text(raw.decode("utf-8", "surrogateescape"))):
        text.encode()
        assert "\n" not in text
        assert len(text) <= LONGEST
        assert wire_text(text) == text


@given(st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "S")), max_size=100))
def test_good_text_stays_as_it_is(text: str) -> None:
    assert wire_text(text.encode()) == text


@pytest.mark.parametrize(
    "ending", [b"\r\n\n", b"\n\r\n", b"\n\n", b"\r\r", b"\r\n\r", b"\nX: y\r\n\r\n", b"\rX: y\r\n\r\n"]
)
def test_headers_that_end_at_half_a_line_end_can_be_read_in_two_ways(ending: bytes) -> None:
    assert not reads_one_way(b"INVITE sip:a@b SIP/2.0\r\nTo: <sip:a@b>" + ending + b"v=0\r\n")


@pytest.mark.parametrize("rest", [b"\r\n\r\n", b"\r\n\r\nv=0\ns=-\r", b"\r\n folded\r\n\r\n", b"\r\n", b""])
def test_whole_line_ends_are_read_in_one_way_whatever_the_body(rest: bytes) -> None:
    assert reads_one_way(b"INVITE sip:a@b SIP/2.0\r\nTo: <sip:a@b>" + rest)
