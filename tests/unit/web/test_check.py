"""A receipt is checked by whoever has it: without a session, and nothing is learnt but what it says itself."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from ivr.apps import verify_receipt
from ivr.apps.web.pages.check import EACH
from ivr.engine.office.audit import Plain, key
from tests.unit.web.world import CALL, World


@pytest.fixture
def world() -> World:
    """One whose strangers have asked nothing yet."""
    return World()


def receipt_of(world: World) -> tuple[str, str]:
    """Text and code, as the bank gives them to the customer."""
    browser = world.browser("user:supervisor")
    made = browser.post(f"/api/recordings/{CALL}/receipt", json={}, headers={"X-CSRF-Token": world.token(browser)})
    assert made.status_code == 200, made.text
    return made.json()["text"], made.json()["code"]


def asked(browser: TestClient, **fields: str) -> str:
    sent = browser.post("/check", data=fields)
    assert sent.status_code == 200
    assert "set-cookie" not in sent.headers
    return sent.text


def test_a_genuine_receipt_is_told_from_a_changed_one_without_signing_in(world: World) -> None:
    text, _ = receipt_of(world)
    stranger, entries = world.stranger(), len(world.house.entries())
    page = asked(stranger, receipt=text)
    assert "Genuine" in page
    assert CALL in page
    assert "<script>alert" not in page
    assert "Genuine" in asked(
        stranger, receipt=text.replace("\n", "\r\n").strip()
    )  # as a browser sends what was pasted
    for wrong in (text.replace("index ", "index 1"), text[:-20], "", "\x00", "c2sp.org/tlog-proof@v1\n" * 300):
        page = asked(stranger, receipt=wrong)
        assert "Not genuine" in page
        assert CALL not in page
    assert len(world.house.entries()) == entries
    assert not stranger.cookies


def test_a_wrong_code_is_answered_alike_whichever_entries_there_are(world: World) -> None:
    _, code = receipt_of(world)
    number, _, letters = code.partition("-")
    assert "Genuine" in asked(world.stranger(), code=code)
    assert CALL not in asked(world.stranger(), code=code.lower())
    other = 0 if number != "0" else 1
    answers = {
        re.sub(r'nonce="[^"]*"', "", asked(world.stranger(), code=wrong))
        for wrong in (f"{number}-AAAA-AAAA", f"{other}-{letters}", "999999999-AAAA-AAAA", "9" * 60, "-1", "x", "²-A-A")
    }
    assert len(answers) == 1
    assert "Not genuine" in answers.pop()


def test_who_asks_too_often_waits_and_others_do_not(world: World) -> None:
    stranger = world.stranger()
    for _ in range(EACH.burst):
        assert stranger.post("/check", data={"code": "1-AAAA-AAAA"}).status_code == 200
    sent = stranger.post("/check", data={"code": "1-AAAA-AAAA"})
    assert sent.status_code == 429
    assert "try again in" in sent.text
    other = TestClient(
        world.app, base_url=world.url, client=("192.0.2.7", 1), headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert other.post("/check", data={"code": "1-AAAA-AAAA"}).status_code == 200


def test_another_site_cannot_have_its_visitors_ask(world: World) -> None:
    sent = world.stranger().post("/check", data={"code": "1-A-A"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert sent.status_code == 403


def test_the_page_finds_what_the_command_finds(world: World) -> None:
    text, _ = receipt_of(world)
    trusted = str(key(world.house.office("os:anybody"), Plain()))
    stated = verify_receipt.check(text, trusted)
    assert str(stated["sha256"]) in asked(world.stranger(), receipt=text)
