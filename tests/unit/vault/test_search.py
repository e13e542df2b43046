"""What is asked for meets what was said, in both scripts."""

from __future__ import annotations

import pytest

from ivr.core.vault.search import (
    ENGINE_SAID,
    CallQuery,
    caller_asked,
    caller_keys,
    lookup_terms,
    query_words,
    spoken_terms,
    word_terms,
)


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


def test_what_the_engine_said_is_found_apart_from_what_the_caller_said() -> None:
    call = spoken_terms(["buy a fund"], ["You may lose money.", "基金有风险"])
    assert CallQuery(told="lose money").terms() <= call
    assert CallQuery(told="风险", words="fund").terms() <= call
    assert not CallQuery(words="money").terms() <= call
    assert not CallQuery(told="buy").terms() <= call
    assert word_terms(["基金"], ENGINE_SAID).isdisjoint(word_terms(["基金"]))


@pytest.mark.parametrize(
    ("kept", "asked", "found"),
    [
        (("reference", "4711"), "4711", True),
        (("reference", "4711"), "reference=4711", True),
        (("reference", "4711"), " reference = 47 11 ", True),
        (("reference", "4711"), "account=4711", False),
        (("reference", "0047"), "47", False),
        (("sum", "1250.50"), "1250.5", True),
        (("sum", "1250.00"), "sum=1250", True),
        (("sum", "-1250.00"), "1250", False),
        (("iban", "DE89 3704 0044"), "de8937040044", True),
        (("city", "ＲＯＭＥ"), "Rome", True),
        (("formula", "a=b"), "formula=a=b", True),
        (("due", "2026-01-31"), "due=2026-01-31", True),
    ],
)
def test_a_value_that_was_looked_up_is_found_however_it_is_spaced(
    kept: tuple[str, str], asked: str, found: bool
) -> None:
    assert (CallQuery(looked_up=asked).terms() <= lookup_terms(*kept)) is found
