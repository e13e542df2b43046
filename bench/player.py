"""The player on a call of an hour: python -m bench.player [--keep DIRECTORY] [--no-browser].

At the server: the first byte of sound anywhere in the call, as a browser asks for it. In Debian's Chromium: memory of
the page while somebody listens and goes to and fro, and what of the sound it fetched. Printed, never asserted.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING

from bench.console_house import HOUR, HOUR_SECONDS, house
from bench.pages import row, timed
from ivr.apps.web.sound import HEAD_BYTES
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.vault.playback import PAIR_BYTES
from ivr.testing.console_visitor import ConsoleVisitor
from ivr.testing.engine import cpu_seconds, descendants, private_memory_bytes

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
SEEKS = 400
CSRF = re.compile(r'name="csrf-token" content="([^"]+)"')
MEGABYTE = 1e6
HEARD = "second => document.getElementById('sound').currentTime > second"
WATCH = """
window.decoded = 0;
for (const kind of [BaseAudioContext, OfflineAudioContext]) {
  const decode = kind.prototype.decodeAudioData;
  kind.prototype.decodeAudioData = function (...given) { window.decoded++; return decode.apply(this, given); };
}
"""
"""Counts what the page itself decodes."""


def first_bytes(visitor: ConsoleVisitor, console: int) -> None:
    """Go anywhere, and wait for the first sound."""
    headers = {"Cookie": visitor.cookie, "Sec-Fetch-Site": "same-origin"}
    url = opened(visitor, headers)

    def seek(second: int) -> float:
        connection = http.client.HTTPConnection("127.0.0.1", visitor.port, timeout=30)
        try:
            first = HEAD_BYTES + second * SAMPLE_RATE * PAIR_BYTES
            return timed(lambda: _first(connection, url, headers | {"Range": f"bytes={first}-"}))
        finally:
            connection.close()

    seek(0)
    before = cpu_seconds(console)
    took = [seek(random.randrange(HOUR_SECONDS - 1)) for _ in range(SEEKS)]
    spent = (cpu_seconds(console) - before) / SEEKS
    print(f"{'ms':40}{'p50':>8}{'p95':>8}{'p99':>8}{'most':>8}{'CPU':>8}")
    print(f"{'seek to the first byte of sound':40}{row(took, 50, 95, 99, 100)}{spent * 1000:8.1f}")


def opened(visitor: ConsoleVisitor, headers: dict[str, str]) -> str:
    """Open the sound, as the page does."""
    token = CSRF.search(visitor.ask("GET", f"/recordings/{HOUR}").text)
    assert token is not None
    connection = http.client.HTTPConnection("127.0.0.1", visitor.port, timeout=30)
    told = headers | {"Content-Type": "application/json", "X-CSRF-Token": token[1]}
    connection.request("POST", f"/api/recordings/{HOUR}/listen", "{}", told)
    return str(json.load(connection.getresponse())["url"])


def _first(connection: http.client.HTTPConnection, url: str, headers: dict[str, str]) -> None:
    connection.request("GET", url, headers=headers)
    answer = connection.getresponse()
    if answer.status != 206 or not answer.read(1):
        raise SystemExit(f"the console answers {answer.status}")


def browser(visitor: ConsoleVisitor) -> None:
    """A supervisor listens, and goes to and fro."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = chromium.new_context(base_url=f"http://127.0.0.1:{visitor.port}")
        name, _, value = visitor.cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{visitor.port}"}])
        page = context.new_page()
        page.add_init_script(WATCH)
        told = context.new_cdp_session(page)
        told.send("Performance.enable")
        told.send("Network.enable")
        fetched: dict[str, float] = {}
        told.on("Network.dataReceived", lambda event: _add(fetched, event["requestId"], event["dataLength"]))

        def tell(when: str) -> None:
            told.send("HeapProfiler.collectGarbage")
            heap = {one["name"]: one["value"] for one in told.send("Performance.getMetrics")["metrics"]}
            shared, own = renderer()
            told_of = (shared, own, heap["JSHeapUsedSize"], sum(fetched.values()))
            print(f"{when:40}" + "".join(f"{size / MEGABYTE:9.1f}" for size in told_of), flush=True)

        print(f"{'MB':40}{'PSS':>9}{'its own':>9}{'of it JS':>9}{'fetched':>9}")
        page.goto("about:blank")
        tell("an empty page")
        page.goto(f"/recordings/{HOUR}")
        page.locator("#wave canvas").first.wait_for(state="attached")
        tell("the hour's page")
        listen(page)
        tell("heard for 15 s")
        for _ in range(2):
            for _ in range(50):
                go(page, random.randrange(HOUR_SECONDS - 10))
            tell("after 50 seeks")
        print(f"sounds that the page decoded by itself: {page.evaluate('() => window.decoded')}")
        chromium.close()


def listen(page: Page) -> None:
    """Play from the beginning for a while."""
    page.keyboard.press("k")
    page.wait_for_function(HEARD, arg=15, timeout=120_000)


def go(page: Page, second: int) -> None:
    """To a moment, until something is heard there."""
    page.evaluate("second => { document.getElementById('sound').currentTime = second; }", second)
    page.wait_for_function(HEARD, arg=second + 0.3, timeout=120_000)


def renderer() -> tuple[float, float]:
    """Bytes of the process that shows the page: its share of what several use (PSS), and what it alone has."""
    found = [(0.0, 0.0)]
    for pid in descendants(os.getpid()):
        try:
            if b"--type=renderer" in Path(f"/proc/{pid}/cmdline").read_bytes():
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                shared = 1024.0 * sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
                found.append((shared, float(private_memory_bytes(pid))))
        except OSError:  # it just ended
            continue
    return max(found)


def _add(sums: dict[str, float], name: str, value: float) -> None:
    sums[name] = sums.get(name, 0.0) + value


def main() -> None:
    """Make the house, listen, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.player", description=__doc__)
    parser.add_argument("--calls", type=int, default=1000, help="other calls beside it")
    parser.add_argument("--keep", type=Path, help="directory to keep all in, or that bench.pages kept")
    parser.add_argument("--no-browser", action="store_true")
    options = parser.parse_args()
    with house(options.calls, options.keep) as at, at.open() as (visitor, console):
        print(f"load {os.getloadavg()[0]:.1f}")
        first_bytes(visitor, console)
        if not options.no_browser:
            browser(visitor)


if __name__ == "__main__":
    main()
