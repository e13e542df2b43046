"""A one-time code that the bank's gateway sends and checks by HTTP, on a real line: once, in time, and not for ever."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import pytest

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.identity.attempts import MOST
from ivr.core.orders.playing import Clip
from ivr.testing.engine import Engine
from ivr.testing.hearing import hears
from ivr.testing.robot import RobotCaller
from ivr.testing.robot_call import RobotCall
from tests.integration.conftest import DIALPLANS, spoken
from tests.integration.vault.markers import files_below, sightings, text_forms

PINS = {"30000001": "48291377", "30000002": "27182845"}
WRONG = "58231769"
"""A code that is never sent; long enough to stand nowhere by chance."""


@dataclass(slots=True)
class Gateway:
    """The bank's: it knows the customer's telephone, makes a code, sends it, and takes it once while it lasts."""

    sent: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Account -> code, and until when it is good (monotonic)."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Query and account, in order."""
    lasts: float = 60.0
    _codes: Iterator[int] = field(default_factory=lambda: count(71_930_211, 1_234_577))

    def answer(self, query: str, given: dict[str, str]) -> dict[str, object]:
        account = given["account"]
        self.asked.append((query, account))
        if query == "pin":
            return {"right": PINS.get(account) == given["pin"]}
        if query == "send_code":
            self.sent[account] = str(next(self._codes)), time.monotonic() + self.lasts
            return {"sent": True}
        code, until = self.sent.get(account, ("", 0.0))
        right = bool(code) and given["code"] == code and time.monotonic() < until
        if right:
            del self.sent[account]
        return {"right": right}


@dataclass(slots=True)
class House:
    """An engine whose line asks the gateway."""

    engine: Engine
    gateway: Gateway
    prompts: dict[str, bytes]

    @asynccontextmanager
    async def caller(self, account: str, then: str = "We have sent you a code. Key it in.") -> AsyncIterator[Caller]:
        """Who has keyed in account and PIN, and hears this."""
        host, port = self.engine.target
        async with RobotCaller(target=(host, port), uri=f"sip:service@{host}:{port}") as robot:
            call = await robot.dial()
            caller = Caller(self, call, call.invited_at)
            await caller.hears("Which account is it?")
            await caller.keys(account, "Your own number.")
            await caller.keys(PINS[account], then)
            yield caller


@dataclass(slots=True)
class Caller:
    """One call."""

    house: House
    call: RobotCall
    since: float

    async def hears(self, prompt: str) -> None:
        await hears(self.call, self.house.prompts[prompt], since=self.since)

    async def keys(self, keys: str, then: str) -> None:
        self.since = (await self.call.press(keys)).began
        await self.hears(then)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    gateway = Gateway()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(gateway.answer(self.path.rpartition("/")[2], given)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    path = DIALPLANS / "message.yaml"
    source = {"url": f"http://127.0.0.1:{server.server_port}/codes"}
    engine = Engine(tmp_path_factory.mktemp("codes"), dialplan=path, cells=3, settings={"sources": {"gateway": source}})
    try:
        engine.start()
        pcm = spoken(engine)
        clips: list[Clip] = list(load_dialplan(path.read_text(encoding="utf-8"), source=path.name).static_clips())
        yield House(engine, gateway, {clip.text: pcm(clip) for clip in clips if clip.text})
    finally:
        engine.stop()
        server.shutdown()
        thread.join()
        server.server_close()


async def test_a_code_is_taken_once_and_in_time_and_who_has_the_pin_does_not_guess_codes_for_ever(house: House) -> None:
    began, gateway, mine, other = time.time(), house.gateway, "30000001", "30000002"
    async with house.caller(mine) as caller:
        code = gateway.sent[mine][0]
        await caller.keys(code, "The code was right.")
    async with house.caller(mine) as caller:  # what was taken is not taken again
        assert gateway.sent[mine][0] != code
        await caller.keys(code, "That was not the code.")
        await caller.hears("We have sent you a code. Key it in.")
        gateway.sent[mine] = gateway.sent[mine][0], time.monotonic()  # its minute is over
        await caller.keys(gateway.sent[mine][0], "That was not the code.")

    made = 0
    while made < MOST:  # each call proves the PIN anew, which forgives no wrong code
        async with house.caller(other) as thief:
            for _ in range(min(2, MOST - made)):
                await thief.keys(WRONG, "That was not the code.")
                await thief.hears("We have sent you a code. Key it in.")
                made += 1
    asked = len(gateway.asked)
    async with house.caller(
        other, then="That is all for today."
    ):  # locked: the gateway is not asked, and nobody told why
        assert len(gateway.asked) == asked
    log = (await asyncio.to_thread(house.engine.command, "audit", "log")).stdout
    assert "identity.locked" in log
    written = files_below(house.engine.directory, house.engine.run_dir, since=began)
    for secret in (WRONG, code, *PINS.values()):
        assert not await asyncio.to_thread(sightings, written, text_forms(secret))
        assert secret not in log
