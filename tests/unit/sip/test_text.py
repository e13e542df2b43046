"""Text from the wire is valid Unicode on one line, whatever came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.sip.text import LONGEST, wire_text


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
