"""Chromium as people have it: told what to do by DevTools' pipe, which keeps nothing of what a page fetches.

Under Playwright each answer that a page gets stays in that page's own process, for whoever asks for it later: there a
player's page grows by all of its sound.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ivr.testing.engine import descendants, private_memory_bytes

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless=new", "--no-sandbox", "--no-first-run", "--disable-extensions", "--disable-component-update",
    "--autoplay-policy=no-user-gesture-required", "--mute-audio", "--window-size=1360,900", "--remote-debugging-pipe",
)  # fmt: skip
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.05


class Tab:
    """A page of a browser of its own."""

    def __init__(self, browser: int, orders: int, answers: int) -> None:
        """The browser's process id, and the two ends of its pipe."""
        self._browser, self._orders, self._answers = browser, orders, answers
        self._rest, self._number, self._session = b"", 0, ""
        self.fetched = 0
        """Bytes that the page has got since its beginning."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.ask("Page.enable")
        self.ask("Performance.enable")
        self.ask("Network.enable", maxTotalBufferSize=0, maxResourceBufferSize=0)

    def ask(self, method: str, **params: object) -> dict[str, Any]:
        """An order of the protocol, and what it answers."""
        self._number += 1
        order = {"id": self._number, "method": method, "params": params}
        if self._session:
            order["sessionId"] = self._session
        os.write(self._orders, json.dumps(order).encode() + b"\0")
        while True:
            while b"\0" not in self._rest:
                self._rest += os.read(self._answers, 65536)
            told, _, self._rest = self._rest.partition(b"\0")
            answer = json.loads(told)
            if answer.get("method") == "Network.dataReceived":
                self.fetched += answer["params"]["dataLength"]
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise SystemExit(f"Chromium refuses {method}: {answer['error']['message']}")
                found: dict[str, Any] = answer["result"]
                return found

    def script(self, text: str) -> Any:
        """What an expression is in the page."""
        found = self.ask("Runtime.evaluate", expression=text, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise SystemExit(f"the page fails at {text}: {found['exceptionDetails']['text']}")
        return found["result"].get("value")

    def wait(self, text: str) -> None:
        """Until an expression is true in the page."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not self.script(text):
            if time.monotonic() > end:
                raise SystemExit(f"the page was not ready in {PATIENCE_SECONDS:g} s: {text}")
            time.sleep(LOOK_SECONDS)

    def go(self, url: str) -> None:
        """Load a page."""
        self.ask("Page.navigate", url=url)
        self.wait(f"location.href === {json.dumps(url)} && document.readyState === 'complete'")

    def memory(self) -> tuple[float, float, float]:
        """Bytes after garbage is collected: the page's process with its share of what several use (PSS), what that
        process alone has, and of it JavaScript's."""
        self.ask("HeapProfiler.collectGarbage")
        heap = {one["name"]: one["value"] for one in self.ask("Performance.getMetrics")["metrics"]}
        pid = self._renderer()
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        shared = 1024.0 * sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return shared, float(private_memory_bytes(pid)), float(heap["JSHeapUsedSize"])

    def _renderer(self) -> int:
        """The one process that shows pages: the flags leave no other but a spare one, which is small."""
        found = {}
        for pid in descendants(self._browser):
            if b"--type=renderer" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found[private_memory_bytes(pid)] = pid
        return found[max(found)]


@contextmanager
def chromium() -> Iterator[Tab]:
    """A browser with one empty page, ended afterwards."""
    orders, told = os.pipe()
    heard, answers = os.pipe()
    with tempfile.TemporaryDirectory(prefix="ivr-chromium-") as profile:
        shell = f'exec "$0" "$@" 3<&{orders} 4>&{answers} 2>/dev/null'
        browser = subprocess.Popen(
            ["/bin/bash", "-c", shell, CHROMIUM, *FLAGS, f"--user-data-dir={profile}"], pass_fds=(orders, answers)
        )
        os.close(orders)
        os.close(answers)
        try:
            yield Tab(browser.pid, told, heard)
        finally:
            os.close(told)
            os.close(heard)
            browser.terminate()
            browser.wait()
