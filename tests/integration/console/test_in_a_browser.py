"""The console in a real browser: come in by a link, find a call, hear it, go to a moment of it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from ivr.core.audit.roles import Role
from tests.unit.web.world import CALL, PASSWORD, SECONDS, World


@pytest.fixture
def page(world: World, chromium: Browser) -> Iterator[Page]:
    """A page of a browser that complains of nothing: no policy was broken, no script failed."""
    context = chromium.new_context(base_url=world.url, locale="en-GB")
    opened, complaints = context.new_page(), list[str]()

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    opened.on("console", heard)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def test_a_supervisor_comes_in_finds_a_call_and_hears_it_from_a_moment_on(world: World, page: Page) -> None:
    world.grant("user:anna", Role.SUPERVISOR)
    page.goto("/invitation?" + urlencode({"secret": world.invite("user:anna")}))
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Recordings")).to_be_visible()
    page.keyboard.type("fund told:money")  # the search box has the focus
    page.keyboard.press("Enter")
    expect(page.locator("#found tbody a.whole")).to_have_count(2)
    page.locator("#found tbody a.whole").first.click()

    now = page.locator("#now")
    expect(page.locator("#wave canvas").first).to_be_attached()
    page.locator("#transcript .at").last.click()
    expect(now).to_have_text("0:03")
    played = len(world.house.entries("recording.played"))
    page.keyboard.press("k")
    page.wait_for_function("() => document.getElementById('sound').currentTime > 4")
    expect(page.locator("#transcript li.now")).to_have_count(1)
    page.keyboard.press("k")
    page.keyboard.press("l")
    page.wait_for_function("() => document.getElementById('sound').currentTime > 11")
    assert page.evaluate("document.getElementById('sound').duration") == pytest.approx(SECONDS, abs=0.01)
    assert len(world.house.entries("recording.played")) == played + 1
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next or previous marker")


def test_a_shared_moment_opens_where_it_was_shared(world: World, page: Page) -> None:
    page.context.add_cookies(
        [{"name": "ivr", "value": str(world.browser("user:supervisor").cookies["ivr"]), "url": world.url}]
    )
    page.goto(f"/recordings/{CALL}?t=7.5")
    expect(page.locator("#now")).to_have_text("0:07")
