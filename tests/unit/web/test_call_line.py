"""Calling by browser: nobody signs in, and whoever has no token of a call is told nothing of it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from ivr.apps.web.app import guarded
from ivr.apps.web.console import Browsers
from ivr.apps.web.pages.call import EACH
from tests.unit.web.played_hub import LIVE
from tests.unit.web.world import BROWSERS, World

TOKEN = "5f" * 32


@pytest.fixture
def theirs(world: World) -> World:
    """The call of TOKEN goes on, and nobody has asked lately."""
    world.console.state.pop("call", None)
    world.hub.by_browser["browser-" + hashlib.sha256(TOKEN.encode()).hexdigest()[:32]] = LIVE
    return world


def ask(world: World, token: str, known: int = 0) -> tuple[int, dict[str, object]]:
    sent = world.stranger().post("/api/call/words", json={"token": token, "known": known})
    return sent.status_code, sent.json()


def test_who_has_the_token_of_a_call_is_told_what_is_said_in_it(theirs: World) -> None:
    status, told = ask(theirs, TOKEN)
    assert (status, told["running"], told["withheld"]) == (200, True, "")
    lines = told["lines"]
    assert isinstance(lines, list)
    assert len(lines) == len(theirs.hub.words)
    assert ask(theirs, TOKEN, known=1)[1]["lines"] == lines[1:]


@pytest.mark.parametrize("token", ["5e" * 32, "00" * 32])
def test_any_other_token_opens_nothing(theirs: World, token: str) -> None:
    status, told = ask(theirs, token)
    assert (status, told["running"], told["lines"], told["hearing"]) == (200, False, [], "")


@pytest.mark.parametrize("token", ["", LIVE, "browser-" + "0" * 56, "5F" * 32, "x" * 64, "../" + "5" * 61])
def test_what_is_no_token_is_refused_before_anybody_is_asked(theirs: World, token: str) -> None:
    theirs.hub.asked.clear()
    assert ask(theirs, token)[0] == 422
    assert theirs.hub.asked == []


def test_the_hash_that_stands_in_the_address_opens_nothing(theirs: World) -> None:
    (caller,) = theirs.hub.by_browser
    assert ask(theirs, caller.removeprefix("browser-").ljust(64, "0"))[1]["lines"] == []


def test_who_asks_too_often_waits(theirs: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.apps.web.pages.call.time", SimpleNamespace(monotonic=lambda: 1.0))
    answers = [ask(theirs, TOKEN)[0] for _ in range(EACH.burst + 1)]
    assert answers[: EACH.burst - 1] == [200] * (EACH.burst - 1)
    assert answers[-1] == 403
    theirs.console.state.pop("call", None)


def test_the_page_is_a_phone_and_no_other_page_is(world: World) -> None:
    browser = world.stranger()
    page = browser.get("/call")
    assert "microphone=(self)" in page.headers["permissions-policy"]
    assert f"connect-src 'self' {BROWSERS.url};" in page.headers["content-security-policy"]
    assert "<option>bank</option><option>2000</option>" in page.text
    other = browser.get("/check")
    assert "microphone=()" in other.headers["permissions-policy"]
    assert BROWSERS.url not in other.headers["content-security-policy"]


@pytest.mark.parametrize("browsers", [None, Browsers(BROWSERS.url, "ivr")])
def test_where_the_settings_do_not_say_so_nobody_calls_by_browser(theirs: World, browsers: Browsers | None) -> None:
    console = replace(theirs.console, browsers=browsers)
    theirs_not = TestClient(guarded(console), base_url=theirs.url, headers={"Sec-Fetch-Site": "same-origin"})
    page = theirs_not.get("/call")
    assert page.status_code == 404
    assert "jssip" not in page.text
    assert theirs_not.post("/api/call/words", json={"token": TOKEN}).status_code == 503
