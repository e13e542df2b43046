"""The live pages over a whole engine: a robot's real call moves on them, its words are read along and entered, the
console is killed under it, a permission is taken away while somebody looks, and what is published on a page serves the
next call."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright, expect

from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.vault import audit_log, open_key_store
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import GRANTED, REVOKED, Role
from ivr.ports.audit import AuditLog
from ivr.testing.console_visitor import Answer, ConsoleVisitor, EventStream
from ivr.testing.engine import alive, descendants
from ivr.testing.hearing import hears
from ivr.testing.ports import free_port
from tests.integration.conftest import DIALPLANS, Line, start_line, until
from tests.integration.console.conftest import CHROMIUM, FLAGS

PICTURES = Path(__file__).parents[3] / "build" / "browser"
PASSWORD = "four plain words here"
LINK = re.compile(r"http://\S+/invitation\?\S+")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Line, ConsoleVisitor]]:
    """An engine with a console, and its first administrator."""
    port = free_port()
    settings = {"console": {"enabled": True, "listen": f"127.0.0.1:{port}", "sign_in": {"second_factor_for": []}}}
    line = start_line(tmp_path_factory.mktemp("live"), cells=2, settings=settings)
    visitor = ConsoleVisitor(port)
    link = LINK.search(line.engine.log_text())
    assert link is not None
    visitor.come_in(link[0], PASSWORD)
    yield line, visitor
    line.engine.stop()
    assert not line.engine.left_behind


def console_pid(line: Line) -> int:
    for pid in descendants(line.engine.pid):
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"console" in command:
            return pid
    return 0


async def shown(stream: EventStream, fits: Callable[[Any], bool]) -> Any:
    """What the stream shows once it fits."""
    async with asyncio.timeout(30):
        while True:
            event = await stream.next("shown")
            assert event is not None, "the stream ended"
            if fits(event.data):
                return event.data


@contextmanager
def log_of(line: Line) -> Iterator[AuditLog]:
    settings = load_settings(line.engine.settings_file, {})
    with closing(audit_log(settings, open_key_store(settings))) as log:
        yield log


def entries(line: Line, action: str) -> int:
    with log_of(line) as log:
        log.publish()
        return len(list(log.entries(actions=(action,))))


def enter(line: Line, action: str, person: str, role: Role) -> None:
    """As an officer does it: without a login nobody at this machine holds a role."""
    officer = "user:officer"
    details: dict[str, object] = {"role": str(role)}
    with log_of(line) as log:
        log.append([AuditEntry(time.time(), officer, action, person, "done", "a test", details)])


async def test_a_real_call_moves_and_its_words_are_read_along(house: tuple[Line, ConsoleVisitor]) -> None:
    line, visitor = house
    async with visitor.stream("/api/live/stream") as stream:
        assert (await shown(stream, lambda told: True))["calls"] == []
        async with line.caller(caller="+85212345678") as robot:
            call = await robot.dial()
            greeted = await shown(stream, lambda told: told["calls"] and told["calls"][0]["state"] == "menu")
            one = greeted["calls"][0]
            assert (one["caller"], one["dialplan"], one["identity"]) == ("***678", "line@1", "none")
            page = await asyncio.to_thread(visitor.ask, "GET", "/live")
            assert page.status == 200
            assert "***678" in page.text
            assert "12345678" not in page.text
            before = await asyncio.to_thread(entries, line, "call.followed")
            async with visitor.stream(f"/api/live/{one['call']}/words/stream") as words:
                await hears(call, line.prompt("Welcome to the test line"))
                await call.press("6")
                secret = await shown(words, lambda told: told["call"]["state"] == "collect_account")
                assert secret["call"]["states"] == ["menu", "collect_account"]
                said = await shown(words, lambda told: any("Welcome" in one["text"] for one in told["words"]["lines"]))
                assert {one["who"] for one in said["words"]["lines"]} == {"engine"}
                await call.press("10012345")
                await shown(words, lambda told: told["call"]["state"] == "collect_pin")
                hushed = await shown(words, lambda told: told["words"]["withheld"] == "secret")
                assert hushed["words"]["hearing"] == ""
                await call.hang_up()
                over = await shown(words, lambda told: told["call"] is None)
                assert over["words"] is not None
                assert await words.next() is None, "nothing follows"
            assert await asyncio.to_thread(entries, line, "call.followed") == before + 1
        assert (await shown(stream, lambda told: not told["calls"]))["calls"] == []


async def test_the_console_is_killed_under_a_call_which_goes_on_and_the_page_comes_back_by_itself(
    house: tuple[Line, ConsoleVisitor],
) -> None:
    line, visitor = house
    async with async_playwright() as playwright, line.caller() as robot:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context(locale="en-GB")
        name, _, value = visitor.cookie.partition("=")
        url = f"http://127.0.0.1:{visitor.port}"
        await context.add_cookies([{"name": name, "value": value, "url": url}])
        page = await context.new_page()
        await page.goto(f"{url}/live")
        await expect(page.locator("#pulse")).to_have_text("Live")
        call = await robot.dial()
        await expect(page.locator("#calls td").nth(2)).to_contain_text("menu", timeout=20_000)
        PICTURES.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=PICTURES / "live-menu.png")
        await page.evaluate("window.here = 'the same page'")
        pid = await asyncio.to_thread(console_pid, line)
        os.kill(pid, signal.SIGKILL)
        await call.press("1")
        chosen = await hears(call, line.prompt("Forwarding is what you chose"))
        await hears(call, line.prompt("Welcome to the test line"), since=chosen)
        await until(lambda: console_pid(line) not in (0, pid), "the console was not started again")
        await call.press("5")
        await expect(page.locator("#calls td").nth(2)).to_contain_text("collect", timeout=60_000)
        await expect(page.locator("#pulse")).to_have_text("Live")
        await page.screenshot(path=PICTURES / "live-collect.png")
        assert await page.evaluate("window.here") == "the same page", "nobody loaded it again"
        await call.hang_up()
        await browser.close()
    assert not alive(pid)


async def test_whoever_loses_their_role_is_sent_nothing_more(house: tuple[Line, ConsoleVisitor]) -> None:
    line, visitor = house
    await asyncio.to_thread(enter, line, GRANTED, "user:officer", Role.SECURITY_OFFICER)
    await asyncio.to_thread(enter, line, GRANTED, "user:admin", Role.SUPERVISOR)
    async with visitor.stream("/live/stream") as stream:
        assert await stream.next("parts") is not None
        await asyncio.to_thread(enter, line, REVOKED, "user:admin", Role.SUPERVISOR)
        while await stream.next() is not None:
            pass
        with pytest.raises(ConnectionError, match="403"):
            async with visitor.stream("/live/stream"):
                pass
    await asyncio.to_thread(enter, line, GRANTED, "user:admin", Role.SUPERVISOR)


async def test_what_is_published_on_a_page_serves_the_next_call_while_the_one_before_ends_with_what_it_began(
    house: tuple[Line, ConsoleVisitor],
) -> None:
    line, visitor = house
    for person, role in (("officer", Role.SECURITY_OFFICER), ("admin", Role.OPERATOR), ("admin", Role.SUPERVISOR)):
        await asyncio.to_thread(enter, line, GRANTED, f"user:{person}", role)
    early = DIALPLANS / "early.yaml"
    text = early.read_text(encoding="utf-8").replace('version: "1"', 'version: "2"').replace("was all", "was new")
    async with line.caller() as before, line.caller("early") as after, visitor.stream("/api/live/stream") as stream:
        old = await before.dial()
        await shown(stream, lambda told: [one["dialplan"] for one in told["calls"]] == ["line@1"])
        draft = (await sends(visitor, "/dialplans/drafts", file=str(early))).headers["location"]
        saved = await sends(visitor, f"{draft}/save", part=early.name, text=text, revision="1")
        assert saved.status == 303, saved.text
        published = await sends(visitor, f"{draft}/publish", reason="new words")
        assert published.status == 303, published.text
        new = await after.dial()
        await shown(stream, lambda told: {one["dialplan"] for one in told["calls"]} == {"line@1", "early@2"})
        page = (await asyncio.to_thread(visitor.ask, "GET", "/dialplans")).text
        assert "Running calls that began with an earlier version" in page
        await new.hang_up()
        await old.press("1")
        await hears(old, line.prompt("Forwarding is what you chose"))  # with the words that it began with
        await old.hang_up()
        await shown(stream, lambda told: not told["calls"])
    page = (await asyncio.to_thread(visitor.ask, "GET", "/dialplans")).text
    assert "that began with an earlier version" not in page


async def sends(visitor: ConsoleVisitor, path: str, **fields: str) -> Answer:
    """Send a form of a page."""
    page = await asyncio.to_thread(visitor.ask, "GET", "/dialplans")
    token = page.text.partition('name="csrf-token" content="')[2].partition('"')[0]
    return await asyncio.to_thread(lambda: visitor.ask("POST", path, csrf=token, **fields))
