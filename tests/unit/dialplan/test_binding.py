"""Where an answer binds, only a choice's own words choose it: consent, acknowledgements, orders, and asking back."""

from __future__ import annotations

import pytest

from ivr.core.orders.listening import TranscriptReady
from tests.unit.dialplan.desk import WARNING, Desk, plan

PLAN = (
    "recording: consent\nprotect: {deal: {after: [risk]}, bank.buy: {after: [risk]}}\n"
    + WARNING
    + """\
states:
  first: {consent: recording, ask: {en: May we record?}, yes: menu, no: bye}
  menu: {ask: {en: What now?}, choices: {warn: {press: 1, hear: {en: [fund]}, go: warn}, end: {press: 2, go: bye}}}
  warn: {disclose: risk, go: sure}
  sure: {ask: {en: "Shall we?"}, yes: buy, no: really}
  really: {ask: {en: "Really not?"}, yes: bye, no: deal}
  buy: {lookup: bank.buy, given: {}, keep: {}, go: bye, failed: bye}
  deal: {say: {en: Done.}, go: bye}
"""
)


@pytest.fixture
def desk() -> Desk:
    return Desk(plan(PLAN))


def say(desk: Desk, words: str, choice: str, confidence: float = 0.95) -> None:
    desk.send(TranscriptReady(desk.listening.listen_id, words, choice, confidence))


def test_consent_acknowledgement_and_orders_bind_and_a_menu_does_not(desk: Desk) -> None:
    desk.heard()
    binds = {desk.state: desk.listening.grammar.exact}
    for words, choice in (("yes", "yes"), ("fund", "warn"), ("I understand", "acknowledge"), ("no", "no")):
        say(desk, words, choice)
        if desk.state == "warn":
            desk.heard()
        binds[desk.state] = desk.listening.grammar.exact
    assert binds == {"first": True, "menu": False, "warn": True, "sure": True, "really": True}


def test_an_order_that_is_asked_back_binds_too(desk: Desk) -> None:
    desk.heard()
    say(desk, "yes", "yes")
    say(desk, "fund", "warn")
    desk.heard()
    say(desk, "I understand", "acknowledge")
    say(desk, "yes", "yes", 0.6)
    assert "Is that right?" in desk.text()
    assert desk.listening.grammar.exact
