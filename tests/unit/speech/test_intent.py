from __future__ import annotations

import pytest

from bench.intents import data, left_out
from ivr.core.speech.intent import Examples, Nearness, ranked, sure

BANK = {
    "balance": ["how much money do I have", "what is my balance", "tell me what is on my account"],
    "card": ["I lost my card", "my card was stolen", "please block my card"],
    "loan": ["I want to borrow money", "how do I get a loan", "when is my loan due"],
}


def test_an_example_itself_is_sure() -> None:
    assert Examples.of(BANK, "en").intent("My card was stolen!") == ("card", 1.0)


def test_what_is_near_an_example_is_taken_for_its_intent() -> None:
    name, sure = Examples.of(BANK, "en").intent("somebody has stolen my card")
    assert name == "card"
    assert sure > 0.5


@pytest.mark.parametrize("text", ["the weather is nice", "", "...", "is it"])
def test_what_is_near_none_is_not_understood(text: str) -> None:
    assert Examples.of(BANK, "en").intent(text)[1] < 0.5


@pytest.mark.parametrize(("language", "least"), [("en", 0.75), ("zh", 0.70)])
def test_sentences_that_were_left_out_are_mostly_understood(language: str, least: float) -> None:
    inside = [trial for trial in left_out(language) if trial.meant is not None]
    assert sum(trial.right for trial in inside) / len(inside) >= least


@pytest.mark.parametrize("language", ["en", "zh"])
def test_few_sentences_are_taken_for_an_intent_that_they_do_not_have(language: str) -> None:
    intents, outside = data(language)
    everything = Examples.of(intents, language)
    taken = [text for text in outside if everything.intent(text)[1] >= 0.8]
    assert len(taken) <= 1


def test_what_was_compared_by_meaning_is_ranked_like_words_and_has_a_fit_of_its_own() -> None:
    found = ranked({"loan": 0.2, "card": 0.45, "balance": 0.4}, meant=True)
    assert (found.name, found.nearness) == ("card", 0.45)
    assert found.margin == pytest.approx(0.05)
    assert sure(found, "en") > 0.95
    assert sure(Nearness("card", 0.45, 0.05), "en") < sure(found, "en")
    assert Examples.of(BANK, "en").intent("no word of theirs", {"loan": -0.2, "card": -0.1}) == (None, 0.0)
