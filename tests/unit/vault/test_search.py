"""What is asked for meets what was said, in both scripts."""

from __future__ import annotations

import pytest

from ivr.core.vault.search import CallQuery, caller_asked, caller_keys, query_words, word_terms


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


STORED = caller_keys("sip:+442079460000@192.0.2.7")


@pytest.mark.parametrize(
    "written",
    [
        "+44 20 7946 0000",
        "0044 20 7946-0000",
        "(020) 7946 0000",
        "20 7946 0000",
        "7946 0000",
        '"Li" <tel:+442079460000>',
    ],
)
def test_one_caller_is_found_however_their_number_is_written(written: str) -> None:
    assert caller_asked(written) in STORED


def test_a_number_stored_as_a_local_one_is_found_by_the_international_form() -> None:
    assert caller_asked("+44 20 7946 0000") in caller_keys("sip:02079460000@trunk.example")


def test_another_number_is_not_found() -> None:
    for other in ("+44 20 7946 0001", "+44 121 946 0000", "9460001", "alice"):
        assert caller_asked(other) not in STORED


def test_a_caller_without_a_number_is_known_by_name_and_a_short_number_whole() -> None:
    assert caller_keys("sip:alice@192.0.2.7") == {"alice"}
    assert caller_keys("sip:2000@192.0.2.7") == {"2000"}
    assert caller_keys("") == frozenset()


def test_a_query_asks_for_all_it_names() -> None:
    query = CallQuery(words="fund", agent="Alice", outcome="failed", caller="sip:+44 20 7123 4567@x")
    assert query.terms() == {"word:fund", "agent:alice", "outcome:failed", "caller:~2071234567"}
    assert CallQuery(since=1.0).terms() == frozenset()
