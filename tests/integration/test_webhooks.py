"""Notices reach a real receiver that fails, stalls, and then answers: each at least once, in order, and signed."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ivr.adapters.files.notice_targets import MOST, AlarmFile, TargetFile
from ivr.adapters.notice_post import HttpPoster
from ivr.core.audit.entry import AuditEntry
from ivr.core.call.notices import PAUSES, TOO_OLD_SECONDS, Target, checked
from ivr.core.call.record import CallRecord
from ivr.engine.notices.courier import SETTLE_SECONDS, Courier
from ivr.errors import OperatorError, PeerError, SealError
from ivr.testing.fake_audit import MemoryAuditLog
from ivr.testing.fake_stores import MemoryCallStore, MemoryKeyStore
from ivr.testing.hearing import hears
from tests.integration.conftest import Dialled, Line

SECRET = bytes(range(32))
TYPED = base64.b64encode(SECRET).decode()
SECONDS = 0.5
"""The poster's patience here."""


class Receiver:
    """A system outside."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.behaves: list[str] = []
        """What it does with the next ones: 500, stall, drip, redirect; then it answers."""
        self.enough, self.came = threading.Event(), threading.Condition()
        mine = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with mine.came:
                    mine.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                    mine.came.notify_all()
                how = mine.behaves.pop(0) if mine.behaves else "200"
                if how == "stall":
                    mine.enough.wait(30)
                    return
                if how == "drip":
                    while not mine.enough.wait(0.05):
                        try:
                            self.wfile.write(b"H")
                        except OSError:
                            return
                    return
                self.send_response(302 if how == "redirect" else int(how))
                self.send_header("Location", f"{mine.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def close(self) -> None:
        self.enough.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def told_of(self, call: str) -> tuple[dict[str, str], bytes]:
        """The notice of a call, once it has come."""
        with self.came:
            assert self.came.wait_for(lambda: any(call.encode() in body for _, body in self.got), 60), "nothing came"
            return next(one for one in self.got if call.encode() in one[1])

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


class SmallLine:
    """A log, its calls, alarms and a clock that the test turns."""

    def __init__(self, path: Path) -> None:
        self.now = 1_800_000_000.0
        self.log, self.calls, self.keys = MemoryAuditLog(), MemoryCallStore(), MemoryKeyStore()
        self.targets, self.alarms = TargetFile(path / "webhooks", self.keys), path / "alarms.jsonl"
        self.courier = Courier(
            self.targets, HttpPoster(seconds=SECONDS), self.log, self.calls, AlarmFile(self.alarms),
            wall=lambda: self.now,
        )  # fmt: skip

    def add(self, name: str, url: str, *events: str) -> None:
        target = checked(name, url, events, TYPED, inside=False)
        self.log.publish()
        self.targets.add(
            Target(target.name, target.url, target.events, target.secret, alarm_at=self.now, entry=self.log.published)
        )

    def call_ends(self, call: str, action: str = "call.ended") -> None:
        self.calls.save(CallRecord(call, self.now - 60, self.now - 59, self.now, caller="sip:+85212345678@x"))
        self.log.append([AuditEntry(self.now, "cell 1", action, call, details={"step": 1})])

    def alarm(self, kind: str) -> None:
        with self.alarms.open("a") as file:
            file.write(json.dumps({"at": self.now, "kind": kind, "text": "of +85212345678", "call_id": None}) + "\n")

    def later(self, seconds: float = SETTLE_SECONDS + 1) -> int:
        self.now += seconds
        return self.courier.round()

    @property
    def target(self) -> Target:
        return self.targets.all()[0]


@pytest.fixture
def small(tmp_path: Path) -> SmallLine:
    return SmallLine(tmp_path)


def test_a_receiver_that_fails_stalls_and_then_answers_gets_each_in_order(small: SmallLine, receiver: Receiver) -> None:
    small.call_ends("before-its-time")
    small.add("crm", receiver.url, "call.ended", "alarm.raised")
    small.call_ends("first")
    small.call_ends("second")
    small.call_ends("not-asked-for", "disclosure.unacknowledged")
    receiver.behaves = ["500", "stall", "drip", "redirect"]
    for failures, pause in enumerate(PAUSES[:4], 1):
        began = time.monotonic()
        assert small.later(SETTLE_SECONDS + 1 + (PAUSES[failures - 2] if failures > 1 else 0)) == 0
        assert time.monotonic() - began < SECONDS * 20, "one that stalls is not waited for"
        assert (small.target.failures, small.target.next_at) == (failures, small.now + pause)
        assert small.courier.round() == 0, "it is not tried before its time"
    small.alarm("cell_died")
    assert small.later(PAUSES[3] + 1) == 3
    first, second, alarm = receiver.ids[-3:]
    assert set(receiver.ids[:-3]) == {first}, "the same id however often it is sent"
    calls = [json.loads(body)["data"].get("call") for _, body in receiver.got[-3:]]
    assert calls == ["first", "second", None]
    assert len({first, second, alarm}) == 3
    assert (small.target.failures, small.target.told) == (0, 3)
    assert small.later() == 0, "nothing is told twice once it was taken"
    for headers, body in receiver.got:
        assert b"85212345678" not in body
        assert headers["webhook-signature"] == signature(headers, body)


async def test_a_running_engine_tells_of_a_real_call_and_the_receiver_verifies_it(
    line: Line, dial: Dialled, receiver: Receiver, tmp_path: Path
) -> None:
    secret = tmp_path / "crm.secret"
    secret.write_text(TYPED)
    secret.chmod(0o600)
    added = ["add", "crm", receiver.url, "--event", "call.ended", "--secret-file", str(secret), "--reason", "a test"]
    await asyncio.to_thread(webhooks, line, *added)
    began = time.time()
    try:
        async with dial() as call:
            await hears(call, line.prompt("Welcome"))
        record = await asyncio.to_thread(line.record, began, wait_seconds=60.0)
        headers, body = await asyncio.to_thread(receiver.told_of, record["call_id"])
    finally:
        await asyncio.to_thread(webhooks, line, "remove", "crm", "--reason", "it was a test")
    assert headers["webhook-signature"] == signature(headers, body)
    assert began - 1 < int(headers["webhook-timestamp"]) <= time.time() + 1
    told = json.loads(body)
    assert told["type"] == "call.ended"
    assert told["data"]["outcome"] == record["outcome"]
    assert record["caller"] not in body.decode()


def webhooks(line: Line, *words: str) -> None:
    """As an officer does it."""
    done = line.engine.command("webhooks", *words)
    assert done.returncode == 0, done.stderr


def signature(headers: Mapping[str, str], body: bytes) -> str:
    """As a receiver computes it (Standard Webhooks)."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()


def test_one_that_never_answers_keeps_no_other_waiting_and_old_notices_are_dropped_and_counted(
    small: SmallLine, receiver: Receiver
) -> None:
    gone = Receiver()
    gone.close()
    small.add("aaa", gone.url, "call.ended")
    small.add("crm", receiver.url, "call.ended")
    small.call_ends("first")
    assert small.later() == 1
    assert [one.told for one in small.targets.all()] == [0, 1]
    small.later(TOO_OLD_SECONDS)
    assert [one.dropped for one in small.targets.all()] == [1, 0]


def test_what_was_told_is_known_after_a_crash_and_what_was_not_is_told_then(
    small: SmallLine, receiver: Receiver
) -> None:
    small.add("crm", receiver.url, "call.ended")
    small.call_ends("first")
    small.later()
    small.call_ends("second")
    again = Courier(
        TargetFile(small.targets._path, small.keys), HttpPoster(), small.log, small.calls, AlarmFile(small.alarms),
        wall=lambda: small.now,
    )  # fmt: skip
    small.now += SETTLE_SECONDS + 1
    assert again.round() == 1
    assert [json.loads(body)["data"]["call"] for _, body in receiver.got] == ["first", "second"]


def test_the_file_of_targets_shows_no_secret_and_does_not_open_once_it_was_changed(
    small: SmallLine, receiver: Receiver
) -> None:
    small.add("crm", receiver.url, "call.ended")
    path = small.targets._path
    sealed = path.read_bytes()
    for shown in (SECRET, SECRET.hex().encode(), TYPED.encode(), receiver.url.encode()):
        assert shown not in sealed
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(SealError):
        small.targets.all()
    path.write_bytes(sealed)
    for number in range(MOST - 1):
        small.add(f"t{number}", receiver.url, "call.ended")
    with pytest.raises(OperatorError, match="already"):
        small.add("one-more", receiver.url, "call.ended")
    small.targets.remove("crm")
    with pytest.raises(OperatorError):
        small.targets.remove("crm")


def test_a_name_that_leads_inside_is_not_spoken_to(receiver: Receiver) -> None:
    port = receiver.server.server_port
    for inside in (False, True):
        with pytest.raises(PeerError, match="stands for an address inside"):
            HttpPoster(seconds=SECONDS).post(f"https://localhost:{port}/", {}, b"", inside=inside)
    assert receiver.got == []


def test_a_receiver_without_a_certificate_that_we_trust_is_told_nothing(receiver: Receiver) -> None:
    with pytest.raises(PeerError):  # it speaks no TLS at all
        HttpPoster(seconds=SECONDS).post(
            f"https://127.0.0.1:{receiver.server.server_port}/", {}, b"secret", inside=False
        )
    assert receiver.got == []


def test_a_receiver_that_drips_its_handshake_is_left_in_time(receiver: Receiver) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drips() -> None:
            connected, _ = server.accept()
            with connected, suppress(OSError):
                connected.sendall(b"\x16\x03\x03\x3f\xff")  # the head of a record of 16 kB
                while not receiver.enough.wait(0.05):
                    connected.sendall(b"\x02")

        thread = threading.Thread(target=drips, daemon=True)
        thread.start()
        began = time.monotonic()
        with pytest.raises(PeerError):
            HttpPoster(seconds=SECONDS).post(f"https://127.0.0.1:{server.getsockname()[1]}/", {}, b"", inside=False)
        assert time.monotonic() - began < SECONDS * 20
