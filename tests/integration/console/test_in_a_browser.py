"""The console in a real browser: come in by a link, find a call, hear it, go to a moment of it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from ivr.core.audit.roles import Role
from tests.unit.web.world import CALL, DIALPLAN, PASSWORD, SECONDS, World

DECODES = """
window.decoded = 0;
for (const kind of [BaseAudioContext, OfflineAudioContext]) {
  const decode = kind.prototype.decodeAudioData;
  kind.prototype.decodeAudioData = function (...given) { window.decoded++; return decode.apply(this, given); };
}
"""
"""Counts the sounds that a page decodes whole."""


@pytest.fixture
def page(world: World, chromium: Browser) -> Iterator[Page]:
    """A page of a browser that complains of nothing: no policy was broken, no script failed."""
    context = chromium.new_context(base_url=world.url, locale="en-GB")
    opened, complaints = context.new_page(), list[str]()
    opened.add_init_script(DECODES)

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
    sounds: list[Request] = []
    page.on("request", lambda request: sounds.append(request) if "/sound/" in request.url else None)
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
    assert sounds == [], "thumbnails and waveforms are drawn from peaks"
    played = len(world.house.entries("recording.played"))
    page.keyboard.press("k")
    page.wait_for_function("() => document.getElementById('sound').currentTime > 4")
    expect(page.locator("#transcript li.now")).to_have_count(1)
    page.keyboard.press("k")
    page.keyboard.press("l")
    page.wait_for_function("() => document.getElementById('sound').currentTime > 11")
    assert page.evaluate("document.getElementById('sound').duration") == pytest.approx(SECONDS, abs=0.01)
    assert len(world.house.entries("recording.played")) == played + 1
    assert all("range" in one.all_headers() for one in sounds)
    assert page.evaluate("() => window.decoded") == 0
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next or previous marker")


def test_a_shared_moment_opens_where_it_was_shared(world: World, page: Page) -> None:
    page.context.add_cookies(
        [{"name": "ivr", "value": str(world.browser("user:supervisor").cookies["ivr"]), "url": world.url}]
    )
    page.goto(f"/recordings/{CALL}?t=7.5")
    expect(page.locator("#now")).to_have_text("0:07")


def test_a_draft_is_written_with_the_checkers_errors_and_the_schemas_keys_and_saved(world: World, page: Page) -> None:
    page.context.add_cookies(
        [{"name": "ivr", "value": str(world.browser("user:operator").cookies["ivr"]), "url": world.url}]
    )
    page.goto(f"/dialplans/drafts/{world.draft()}")
    editor = page.locator("#editor .cm-content")
    expect(editor).to_contain_text("hang_up")
    editor.press("Control+End")
    page.keyboard.type("  again: {say: {en: Once more.}, go: nowhere}")
    expect(page.locator(".cm-lintRange-error").first).to_be_visible(timeout=30_000)
    expect(page.locator("#unsaved")).to_be_visible()
    page.locator("#tries button", has_text="Check and prove").click()
    found = page.locator("#panel .found .at").first
    expect(found).to_contain_text("small.yaml:8:", timeout=30_000)
    found.click()
    expect(editor).to_be_focused()

    editor.press("Control+Home")
    page.keyboard.type("juris")
    page.keyboard.press("Control+Space")
    expect(page.locator(".cm-tooltip-autocomplete")).to_contain_text("jurisdiction", timeout=30_000)
    page.keyboard.press("Escape")

    editor.press("Control+a")
    page.keyboard.press("Delete")
    text = DIALPLAN.replace('"1"', '"2"').replace("Hello.", "Good morning.")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("Control+v")
    page.locator("#tries button", has_text="Picture").click()
    page.locator("#panel .state[data-state=bye]").click(timeout=30_000)
    expect(page.locator("#editor .cm-activeLine")).to_contain_text("bye:")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved as revision 2.")).to_be_visible(timeout=30_000)
    page.locator("#tries button", has_text="Talk to it").click()
    expect(page.locator("#panel .talk")).to_contain_text("Good morning.", timeout=30_000)
