"""A line that takes digits, and a bank behind it that remembers what it was told: what the engine took can be seen."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ivr.engine.bus.client import HubClient
from ivr.engine.bus.staff import StatusReport, StatusWanted
from ivr.testing.engine import Engine
from ivr.testing.robot import RobotCaller

DIALPLAN = """\
name: keypad%d
version: "1"
languages: [en]
start: collect
values:
  entry: {type: digits, secret: true}
defaults: {wait: 30, otherwise: bye}
states:
  collect:
    ask: {en: Go.}
    digits: {into: entry, min: 1, max: 30, end: "#", between: %d}
    nomatch: {attempts: 10, otherwise: collect}
    silence: {attempts: 10, otherwise: bye}
    go: tell
  tell: {lookup: desk.take%d, given: {entry: entry}, go: collect, failed: bye}
  bye: {hang_up: completed}
"""


class Desk:
    """What the bank was told, by line, in order. Each line has a number of its own to dial."""

    def __init__(self, lines: int) -> None:
        self.told: list[list[str]] = [[] for _ in range(lines)]
        self.engine: Engine | None = None

    def caller(self, line: int) -> RobotCaller:
        """A robot that dials one of the lines."""
        assert self.engine is not None
        host, port = self.engine.target
        return RobotCaller(target=(host, port), uri=f"sip:keypad{line}@{host}:{port}")

    def is_idle(self) -> bool:
        """Whether no cell has a call: one that was hung up takes no other until all of it is kept."""
        assert self.engine is not None
        hub = HubClient(self.engine.run_dir / "hub.sock", "the engine")
        cells: Any = hub.ask(StatusWanted(), StatusReport).report["cells"]
        return not any(cell["call_id"] for cell in cells)

    async def next(self, line: int = 0, *, seconds: float = 5.0) -> str | None:
        """The next entry of a line, as the engine took it; None when none came: it is asked for again."""
        deadline = time.monotonic() + seconds
        while not self.told[line]:
            if time.monotonic() > deadline:
                return None
            await asyncio.sleep(0.02)
        return self.told[line].pop(0)


@contextmanager
def keypad(directory: Path, *, lines: int = 4, between: int = 3) -> Iterator[Desk]:
    """An engine that serves so many lines at once, with its bank. An entry ends `between` s after a key."""
    directory.mkdir(parents=True, exist_ok=True)
    for line in range(lines):
        (directory / f"keypad{line}.yaml").write_text(DIALPLAN % (line, between, line), encoding="utf-8")
    desk = Desk(lines)

    class Bank(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            desk.told[int(self.path.removeprefix("/take"))].append(asked["entry"])
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None: ...

    bank = ThreadingHTTPServer(("127.0.0.1", 0), Bank)
    threading.Thread(target=bank.serve_forever, daemon=True).start()
    engine = Engine(
        directory,
        dialplan=directory / "keypad0.yaml",
        cells=lines + 1,  # one may still be ending a call
        settings={
            "sources": {"desk": {"url": f"http://127.0.0.1:{bank.server_address[1]}"}},
            "dialplans": [
                {"file": str(directory / f"keypad{line}.yaml"), **({"called": [f"keypad{line}"]} if line else {})}
                for line in range(lines)
            ],
        },
    )
    desk.engine = engine
    try:
        engine.start()
        yield desk
    finally:
        engine.stop()
        bank.shutdown()
        bank.server_close()
