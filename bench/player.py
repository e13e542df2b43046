"""The player on a call of an hour: python -m bench.player [--keep DIRECTORY] [--no-browser].

At the server: the first byte of sound anywhere in the call, as a browser asks for it. In Debian's Chromium: memory of
the page while somebody listens and goes to and fro, whole and above an empty page's, and what it fetched. Printed,
never asserted.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
from pathlib import Path

from bench.chromium import Tab, chromium
from bench.console_house import HOUR, HOUR_SECONDS, house
from bench.pages import row, timed
from ivr.apps.web.sound import HEAD_BYTES
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.vault.playback import PAIR_BYTES
from ivr.testing.console_visitor import ConsoleVisitor
from ivr.testing.engine import cpu_seconds

SEEKS = 400
CSRF = re.compile(r'name="csrf-token" content="([^"]+)"')
MEGABYTE = 1e6
HEARD = "document.getElementById('sound').currentTime > {second}"
DRAWN = "[...document.querySelectorAll('#wave *')].some(one => one.shadowRoot?.querySelector('canvas'))"
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
    at = f"http://127.0.0.1:{visitor.port}"
    name, _, value = visitor.cookie.partition("=")
    with chromium() as tab:
        empty: list[float] = []

        def tell(when: str) -> None:
            whole, own, heap = tab.memory()
            empty.extend([whole, own] if not empty else [])
            told_of = (whole, own, whole - empty[0], own - empty[1], heap, tab.fetched)
            print(f"{when:40}" + "".join(f"{size / MEGABYTE:9.1f}" for size in told_of), flush=True)

        print(f"{'MB':40}{'PSS':>9}{'its own':>9}{'+ PSS':>9}{'+ own':>9}{'JS':>9}{'fetched':>9}")
        tell("an empty page")
        tab.ask("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        tab.ask("Network.setCookie", name=name, value=value, url=at)
        tab.go(f"{at}/recordings/{HOUR}")
        tab.wait(DRAWN)
        tell("the hour's page")
        tab.script("document.getElementById('play').click()")
        tab.wait(HEARD.format(second=15))
        tell("heard for 15 s")
        for _ in range(2):
            for _ in range(50):
                go(tab, random.randrange(HOUR_SECONDS - 10))
            tell("after 50 seeks")
        print(f"sounds that the page decoded by itself: {tab.script('window.decoded')}")


def go(tab: Tab, second: int) -> None:
    """To a moment, until something is heard there."""
    tab.script(f"document.getElementById('sound').currentTime = {second}")
    tab.wait(HEARD.format(second=second + 0.3))


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
