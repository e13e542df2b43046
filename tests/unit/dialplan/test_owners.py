"""The owners of a call's state, each alone: orders and their answers, keys ahead, disclosures, the recording."""

from __future__ import annotations

import pytest

from ivr.core.dialplan.runtime.ahead import TYPED_LIMIT, Ahead
from ivr.core.dialplan.runtime.heard import Heard
from ivr.core.dialplan.runtime.orders import ANSWERS, PROMPT_LIMIT_SECONDS, Orders
from ivr.core.dialplan.runtime.recorded import HIDDEN_KEYS, Recorded
from ivr.core.orders.evidence import Consent, ConsentAnswered
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.listening import Grammar, Listen, RecognizerFailed, StopListening, TranscriptReady
from ivr.core.orders.playing import PlayPrompt, PromptEnd, PromptEnded, StopPrompt
from ivr.core.orders.recording import PauseRecording, ResumeRecording


@pytest.fixture
def orders() -> Orders:
    found = Orders()
    found.began, found.now = 5.0, 7.0
    return found


# --- orders -----------------------------------------------------------------------------------------------------------


def test_an_answer_is_heard_once_and_only_that_of_the_order_which_stands(orders: Orders) -> None:
    orders.play(())
    first = orders.prompt_id
    orders.play(())
    second = orders.prompt_id
    assert first is not None
    assert second is not None
    assert not orders.answered(PromptEnded(first, PromptEnd.INTERRUPTED))
    assert orders.answered(PromptEnded(second, PromptEnd.COMPLETED))
    assert not orders.answered(PromptEnded(second, PromptEnd.COMPLETED))
    assert DigitPressed not in ANSWERS, "what answers nothing is always heard"


def test_words_or_their_failure_end_a_listening(orders: Orders) -> None:
    for answer in (TranscriptReady, RecognizerFailed):
        orders.listen(Grammar("en", free=True))
        number = orders.listen_id
        assert number is not None
        event = answer(number, "", None, 0.0) if answer is TranscriptReady else RecognizerFailed(number, "down")
        assert orders.answered(event)
        assert orders.listen_id is None


def test_what_is_no_longer_wanted_is_stopped_and_nothing_waits(orders: Orders) -> None:
    orders.play(())
    orders.listen(Grammar("en", free=True))
    assert orders.due == 7.0 + PROMPT_LIMIT_SECONDS
    orders.quiet()
    kinds = [type(order) for order in orders.out]
    assert kinds == [PlayPrompt, Listen, StopPrompt, StopListening]
    assert orders.due is None


def test_a_twin_orders_for_itself_and_knows_what_stands(orders: Orders) -> None:
    orders.play(())
    twin = orders.twin()
    assert twin.out == []
    twin.quiet()
    assert [type(order) for order in twin.out] == [StopPrompt]
    assert orders.prompt_id is not None


# --- what came ahead --------------------------------------------------------------------------------------------------


def test_a_flood_of_keys_is_kept_up_to_a_limit() -> None:
    ahead = Ahead()
    for _ in range(TYPED_LIMIT + 1):
        ahead.keep_key("1")
    assert len(ahead.typed) == TYPED_LIMIT


def test_what_came_before_a_secret_is_forgotten_and_nothing_is_kept_while_it_is_keyed_in() -> None:
    ahead = Ahead()
    for hidden in (False, True):
        ahead.keep_key("1")
        ahead.keep_words("sales", 0.9)
        assert (bool(ahead.typed), ahead.said is not None) == (not hidden, not hidden)
        ahead.hide()
    assert ahead.hiding


# --- disclosures ------------------------------------------------------------------------------------------------------


def test_a_disclosure_counts_in_the_language_it_was_heard_in_until_it_is_played_anew() -> None:
    heard = Heard().acknowledged("risk", "en").acknowledged("fees", "zh")
    assert heard.counts("risk", "en")
    assert not heard.counts("risk", "zh")
    assert not heard.counts("costs", "en")
    assert list(heard.in_language("zh")) == ["fees"]
    assert "risk" not in heard.without("risk")
    assert "risk" in heard, "nothing is changed in place"


# --- the recording ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_consent", [True, False])
def test_a_refusal_pauses_the_recording_only_where_it_is_left_to_the_caller(orders: Orders, by_consent: bool) -> None:
    recorded = Recorded(orders, by_consent=by_consent)
    recorded.answer(granted=False)
    assert recorded.refused is by_consent
    assert orders.out[-1] == ConsentAnswered(Consent.REFUSED, 2.0)
    recorded.answer(granted=True)
    assert not recorded.refused


def test_each_reason_pauses_and_resumes_once(orders: Orders) -> None:
    recorded = Recorded(orders, by_consent=True)
    for _ in range(2):
        recorded.pause(HIDDEN_KEYS)
    for _ in range(2):
        recorded.resume(HIDDEN_KEYS)
    assert orders.out == [PauseRecording(HIDDEN_KEYS), ResumeRecording(HIDDEN_KEYS)]
