"""What is asked for meets what was said, in both scripts."""

from __future__ import annotations

import pytest

from ivr.core.vault.search import CallQuery, caller_key, query_words, word_terms


@pytest.mark.parametrize(
    ("said", "asked", "found"),
    [
        ("I want to buy a fund.", "BUY fund", True),
        ("I want to buy a fund.", "sell", False),
        ("我想购买基金", "购买基金", True),
        ("我想购买基金", "基金购买", False),
        ("我想购买基金", "基", True),
        ("买ETF基金", "etf 基金", True),
        ("ＡＢＣ１２３", "abc123", True),
        ("Ärger über Gebühren", "gebühren", True),
        ("the balance is five", "bal", False),
    ],
)
def test_queries_meet_texts(said: str, asked: str, found: bool) -> None:
    wanted = {f"word:{word}" for word in query_words(asked)}
    assert wanted
    assert (wanted <= word_terms([said])) is found


@pytest.mark.parametrize(
    "address",
    [
        "sip:+8613912345678@192.0.2.7",
        "+86 139-1234-5678",
        '"Li" <sip:+8613912345678@x;user=phone>',
        "tel:+8613912345678",
    ],
)
def test_one_caller_written_in_many_ways_is_one(address: str) -> None:
    assert caller_key(address) == "8613912345678"


def test_a_caller_without_a_number_is_known_by_name() -> None:
    assert caller_key("sip:alice@192.0.2.7") == "alice"


def test_a_query_asks_for_all_it_names() -> None:
    query = CallQuery(words="fund", agent="Alice", outcome="failed", caller="sip:+44 20 7123 4567@x")
    assert query.terms() == {"word:fund", "agent:alice", "outcome:failed", "caller:442071234567"}
    assert CallQuery(since=1.0).terms() == frozenset()
