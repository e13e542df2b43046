"""A query as one line of text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.vault.query_text import parse_query
from ivr.core.vault.search import CallQuery
from ivr.errors import OperatorError


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", CallQuery()),
        ("fund 基金", CallQuery(words="fund 基金")),
        ('--told "may lose money" --agent=alice', CallQuery(told="may lose money", agent="alice")),
        ("told:'may lose money' agent:alice x:y", CallQuery(told="may lose money", agent="alice", words="x:y")),
        ("--looked-up reference=4711", CallQuery(looked_up="reference=4711")),
        ("looked_up:4711", CallQuery(looked_up="4711")),
        ("since:2026-01-01 --until 2026-01-01T12:00", CallQuery(since=1767225600.0, until=1767268800.0)),
    ],
)
def test_words_and_options_in_both_spellings(text: str, query: CallQuery) -> None:
    assert parse_query(text) == query


@pytest.mark.parametrize("text", ["--agent", "agent:", '"open', "--words x", "--nothing x", "since:x", "x" * 1001])
def test_what_makes_no_sense_is_told(text: str) -> None:
    with pytest.raises(OperatorError):
        parse_query(text)


@given(st.text(max_size=80))
def test_any_text_is_a_query_or_is_refused_as_ours(text: str) -> None:
    try:
        parse_query(text)
    except OperatorError:
        return
