"""What callers say in words of their own: the nearest intent is taken, asked back or refused by how near it is."""

from __future__ import annotations

import pytest

from ivr.core.dialplan.proof.prove import prove
from ivr.core.orders.listening import TranscriptReady
from ivr.core.speech.meaning import SAME
from tests.unit.dialplan.desk import HEAD, INTENTS, Desk, codes, keys, plan, say


@pytest.mark.parametrize(
    ("words", "confidence", "came"),
    [
        ("what is my balance", 0.95, "Balance."),
        ("what is my balance", 0.6, "I heard: how much money do I have."),
        ("the weather is nice", 0.95, "did not understand"),
        ("what is my balance", 0.2, "did not understand"),
    ],
)
def test_free_speech_goes_to_the_nearest_intent_through_the_bands(words: str, confidence: float, came: str) -> None:
    desk = Desk(plan(INTENTS))
    assert desk.listening.grammar.free
    say(desk, words, confidence)
    assert came in desk.text()


NEAR, FAR = {"balance": 0.9, "card": -0.2}, {"balance": 0.1, "card": 0.05}


@pytest.mark.parametrize(
    ("words", "alike", "came"),
    [
        ("have I anything left", NEAR, "Balance."),  # not one word of an example
        ("", NEAR, "Balance."),  # a replay, where the caller's words were not kept
        ("what is my balance like in this weather", FAR, "did not understand"),  # all of its words
        ("what is my balance", {}, "Balance."),  # nobody compared: the words decide
    ],
)
def test_where_meanings_were_compared_they_decide_and_else_the_words(
    words: str, alike: dict[str, float], came: str
) -> None:
    desk = Desk(plan(INTENTS))
    assert desk.listening.grammar.like.keys() == {"balance", "card"}
    desk.send(TranscriptReady(desk.listening.listen_id, words, None, 0.97, alike))
    assert came in desk.text()


ORDERS = """\
disclosures:
  risk:
    say: {en: You may lose all of it.}
    acknowledge: {ask: {en: Press 1.}, press: 1, attempts: 3, otherwise: bye}
protect:
  paid: {after: [risk]}
states:
  first: {disclose: risk, go: order}
  order:
    ask: {en: Shall it be paid?}
    choices:
      pay: {press: 1, like: {en: [please pay the bill now, pay this bill for me, pay my bill]}, go: paid}
      leave: {press: 2, like: {en: [leave it as it is, do nothing at all, not today thank you]}, go: bye}
  paid: {say: {en: It is paid.}, go: bye}
"""


@pytest.mark.parametrize(
    ("words", "came"),
    [
        ("Pay my bill.", "It is paid."),  # an example itself
        ("please pay this bill for me now", "I heard: please pay the bill now."),
        ("the weather is nice", "did not understand"),
    ],
)
def test_an_order_that_is_only_like_an_example_is_asked_back_whatever_the_score(words: str, came: str) -> None:
    desk = Desk(plan(ORDERS))
    desk.heard()
    keys(desk, "1")
    assert desk.listening.grammar.exact
    say(desk, words, 1.0)
    assert came in desk.text()
    compared = Desk(plan(ORDERS))
    compared.heard()
    keys(compared, "1")
    alike = {"I": 0.99, "It": SAME}.get(came[:2].strip(), 0.1)
    compared.send(TranscriptReady(compared.listening.listen_id, words, None, 1.0, {"pay": alike, "leave": 0.0}))
    assert came in compared.text()
    if came.startswith("I heard"):
        assert "It is paid." not in desk.text()
        say(desk, "yes", 0.99, choice="yes")
        assert "It is paid." in desk.text()


def test_intents_are_proved_and_need_examples() -> None:
    assert prove(plan(INTENTS)).certificate is not None
    assert codes(HEAD + INTENTS.replace(", tell me my balance", "")) == {"D183"}
    assert codes(HEAD + INTENTS.replace("tell me my balance", "I lost my card")) == {"D154"}
