"""A newcomer calls the line with Chromium and no phone: real DTLS-SRTP and ICE, with a microphone that plays a tone."""

from __future__ import annotations

import asyncio
import re
import time
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.async_api import Page, async_playwright, expect

from ivr.testing.ports import free_port
from tests.integration.conftest import DIALPLANS, Line, start_line
from tests.integration.console.conftest import CHROMIUM, FLAGS
from tests.integration.console.test_pictures import AXE

pytestmark = pytest.mark.browser
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
TONE_HZ = 440
RATE = 48_000
CONNECTIONS = """
window.connections = [];
const Made = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Made { constructor(...how) { super(...how); window.connections.push(this); } };
"""
OPUS_ALONE = (
    CONNECTIONS
    + """
window.RTCPeerConnection = class extends window.RTCPeerConnection {
  createOffer(...how) {
    const opus = RTCRtpSender.getCapabilities('audio').codecs.filter((one) => one.mimeType === 'audio/opus');
    for (const one of this.getTransceivers()) one.setCodecPreferences(opus);
    return super.createOffer(...how);
  }
};
"""
)
"""No page of ours does so; others' phones do."""
RECEIVED = """async () => {
  const found = [...(await window.connections.at(-1).getStats()).values()];
  const sound = found.find((one) => one.type === 'inbound-rtp');
  const codec = found.find((one) => one.id === sound?.codecId);
  return { energy: sound?.totalAudioEnergy ?? 0, codec: codec?.mimeType ?? '' };
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Line, str]]:
    port = free_port()
    settings: dict[str, Any] = {
        "dialplans": [{"file": str(DIALPLANS / "line.yaml")}],
        "media": {"relay": "auto"},
        "console": {
            "enabled": True,
            "listen": f"127.0.0.1:{port}",
            "sign_in": {"second_factor_for": []},
        },
        "browser_calls": True,
    }
    line = start_line(tmp_path_factory.mktemp("browser"), cells=2, settings=settings)
    yield line, f"http://localhost:{port}"
    line.engine.stop()
    assert not line.engine.left_behind


def tone(folder: Path) -> Path:
    """A file for the microphone: Chromium plays it again and again."""
    file = folder / "tone.wav"
    pcm = (8000 * np.sin(2 * np.pi * TONE_HZ * np.arange(RATE * 2) / RATE)).astype("<i2")
    with wave.open(str(file), "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(RATE)
        made.writeframes(pcm.tobytes())
    return file


@asynccontextmanager
async def browser(
    folder: Path, url: str, *more: str, allowed: bool = True, script: str = CONNECTIONS, **how: Any
) -> AsyncIterator[Page]:
    """`more`: words of its command line."""
    flags = [*FLAGS, *more, "--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={tone(folder)}"]
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        permissions = ["microphone"] if allowed else []
        context = await chromium.new_context(base_url=url, permissions=permissions, **{"locale": "en-GB", **how})
        context.set_default_timeout(PATIENCE_MS)
        await context.add_init_script(script)
        page = await context.new_page()
        yield page
        await chromium.close()


async def said(page: Page, words: str) -> None:
    """It stands on the page, whoever said it."""
    await expect(page.locator("section:has(#said)")).to_contain_text(words, timeout=PATIENCE_MS)


def loudness_at(pcm: bytes, hertz: int) -> float:
    """Share of a recording's energy within 10 Hz of a tone."""
    spectrum = np.abs(np.fft.rfft(np.frombuffer(pcm, "<i2").astype(float))) ** 2
    at = np.fft.rfftfreq(len(pcm) // 2, 1 / 8000)
    return float(spectrum[np.abs(at - hertz) < 10].sum() / max(spectrum.sum(), 1.0))


async def test_a_newcomer_hears_the_line_is_heard_and_recorded(served: tuple[Line, str], tmp_path: Path) -> None:
    line, url = served
    began = time.time()
    async with browser(tmp_path, url) as page:
        await page.goto("/call")
        await page.get_by_role("button", name="Call now").click()
        await expect(page.locator("#state")).to_have_text("Connected", timeout=PATIENCE_MS)
        await said(page, "Welcome to the test line")
        await page.keyboard.press("4")
        await said(page, "The value of a fund can fall")
        await said(page, "To say that you have understood")
        await page.get_by_role("button", name="1", exact=True).click()
        await said(page, "Your deal is done")
        received = await page.evaluate(RECEIVED)
        assert received["codec"] in ("audio/G722", "audio/PCMU", "audio/PCMA")
        assert received["energy"] > 0.01, "the line is heard"
        await page.get_by_role("button", name="Hang up").click()
        await expect(page.locator("#state")).to_have_text("The call is over")
    record = await asyncio.to_thread(line.record, began)
    assert record["caller"].startswith("***"), "no hash of a token is told"
    (pcm,) = await asyncio.to_thread(line.recorded, str(record["call_id"]), "caller.in")
    assert loudness_at(pcm, TONE_HZ) > 0.2, "the microphone is heard and recorded"
    (evidence,) = record["disclosures"]
    assert evidence["acknowledged_by"] == "key"
    assert evidence["loss"] is not None, "the browser's own reports say what it heard"


async def test_a_browser_that_offers_opus_alone_hears_the_line_and_is_heard(
    served: tuple[Line, str], tmp_path: Path
) -> None:
    line, url = served
    began = time.time()
    async with browser(tmp_path, url, script=OPUS_ALONE) as page:
        await page.goto("/call")
        await page.get_by_role("button", name="Call now").click()
        await expect(page.locator("#state")).to_have_text("Connected", timeout=PATIENCE_MS)
        await said(page, "Welcome to the test line")
        received: dict[str, Any] = {}
        for _ in range(100):
            received = await page.evaluate(RECEIVED)
            if received["energy"] > 0.01:
                break
            await asyncio.sleep(0.2)
        assert received["energy"] > 0.01, "the line is heard"
        assert received["codec"] == "audio/opus"
        await page.get_by_role("button", name="Hang up").click()
        await expect(page.locator("#state")).to_have_text("The call is over")
    record = await asyncio.to_thread(line.record, began)
    (pcm,) = await asyncio.to_thread(line.recorded, str(record["call_id"]), "caller.in")
    assert loudness_at(pcm, TONE_HZ) > 0.2, "the microphone is heard and recorded"


async def test_what_goes_wrong_is_told_with_its_remedy(served: tuple[Line, str], tmp_path: Path) -> None:
    _, url = served
    async with browser(tmp_path, url, allowed=False) as page:
        await page.goto("/call")
        await page.get_by_role("button", name="Call now").click()
        await expect(page.locator("#trouble")).to_contain_text("The microphone is not allowed")
        await page.evaluate(
            "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError')); void 0"
        )
        await page.get_by_role("button", name="Call now").click()
        await expect(page.locator("#trouble")).to_contain_text("No microphone was found")
    async with browser(tmp_path, url, locale="zh-CN") as page:
        await page.goto("/call")
        await page.locator("#phone").evaluate("one => { one.dataset.url = 'ws://localhost:9'; }")
        await page.get_by_role("button", name="拨打").click()
        await expect(page.locator("#trouble")).to_contain_text("热线没有应答")


async def test_all_lines_are_busy_and_by_keyboard_alone_one_calls_again(
    served: tuple[Line, str], tmp_path: Path
) -> None:
    line, url = served
    async with line.caller() as robot, browser(tmp_path, url) as page:
        held = [await robot.dial() for _ in range(2)]
        await page.goto("/call")
        await page.get_by_role("button", name="Call now").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("#trouble")).to_contain_text("All lines are busy")
        for one in held:
            await one.hang_up()
        await expect(page.get_by_role("button", name="Call now")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("#state")).to_have_text("Connected", timeout=PATIENCE_MS)
        await expect(page.get_by_role("button", name="Hang up")).to_be_focused()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Space")
        await expect(page.get_by_role("button", name="Mute")).to_have_attribute("aria-pressed", "true")
        await page.keyboard.press("1")
        await said(page, "Forwarding is what you chose")
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("#state")).to_have_text("The call is over")


@pytest.mark.parametrize(("locale", "width"), [("en-GB", 1100), ("zh-CN", 390)])
async def test_the_page_shuts_nobody_out(served: tuple[Line, str], tmp_path: Path, locale: str, width: int) -> None:
    _, url = served
    size = {"width": width, "height": 900}
    async with browser(tmp_path, url, locale=locale, viewport=size, color_scheme="dark") as page:
        await page.goto("/call")
        await page.evaluate(AXE.read_text(encoding="utf-8"))
        faults = await page.evaluate("axe.run().then(found => found.violations.map(one => one.id))")
        assert faults == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_an_agent_answers_in_the_browser_both_are_heard_and_one_tab_has_the_phone(
    served: tuple[Line, str], tmp_path: Path
) -> None:
    line, url = served
    employed = employ_admin(line, tmp_path)
    began = time.time()
    async with browser(tmp_path, url) as page, line.caller() as robot:
        await page.goto(employed)
        for field in await page.locator("input[type=password]").all():
            await field.fill("correct horse battery staple")
        await page.locator("main form button").click()
        await page.goto("/desk")
        await page.get_by_role("button", name="Switch on").click()
        state = page.locator("#phone-state")
        await expect(state).to_have_text("Ready")
        await expect(page.locator("#own")).to_contain_text("available")

        other = await page.context.new_page()
        await other.goto("/desk")  # it was on when the page was left, so it goes on by itself
        await expect(other.locator("#phone-state")).to_have_text("In another tab")

        line.engine.kill_edge()  # and it registers again by itself, with another password
        await expect(state).not_to_have_text("Ready")
        await expect(state).to_have_text("Ready")
        await expect(page.locator("#own")).to_contain_text("available")

        call = await robot.dial()
        await call.hears_sound(since=call.invited_at)
        await call.press("3")
        await page.get_by_role("button", name="Answer").click()
        await expect(state).to_have_text("Connected")
        talk = asyncio.ensure_future(call.say(line.prompt("Forwarding is what you chose.") * 3))
        await page.wait_for_timeout(3000)
        received = await page.evaluate(RECEIVED)
        assert received["energy"] > 0.001, "the caller is heard"
        await talk
        await page.get_by_role("button", name="Put on hold").click()
        await expect(page.locator("#ways")).to_contain_text("The caller hears music")
        await page.get_by_role("button", name="Off hold").click()
        await expect(page.locator("#ways")).not_to_contain_text("The caller hears music")
        await page.wait_for_timeout(1500)
        await call.hang_up()
        await expect(state).to_have_text("Ready")

        await page.close()
        await expect(other.locator("#phone-state")).to_have_text("Ready")
        await other.get_by_role("button", name="Switch off").click()
        await expect(other.locator("#own")).to_contain_text("unreachable")
    record = await asyncio.to_thread(line.record, began)
    (pcm,) = await asyncio.to_thread(line.recorded, str(record["call_id"]), "agent.in")
    assert loudness_at(pcm, TONE_HZ) > 0.1, "the agent's microphone is heard and recorded"


def employ_admin(line: Line, folder: Path) -> str:
    """The first administrator is an agent whose phone registers, and nobody else is; their link."""
    secret = folder / "password"
    secret.write_text("of a phone that there is not\n")
    line.engine.command("agents", "remove", "desk")
    made = line.engine.command("agents", "add", "anna", "--password-file", str(secret), "--user", "user:admin")
    assert made.returncode == 0, made.stderr
    (link,) = re.findall(r"http\S+/(invitation\?secret=\S+)", line.engine.log_text())
    return f"/{link}"
