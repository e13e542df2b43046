"""Notices reach a real receiver that fails, stalls, and then answers: each at least once, in order, and signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
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
        self.enough = threading.Event()
        mine = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                mine.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
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

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


class Line:
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
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def test_a_receiver_that_fails_stalls_and_then_answers_gets_each_in_order(line: Line, receiver: Receiver) -> None:
    line.call_ends("before-its-time")
    line.add("crm", receiver.url, "call.ended", "alarm.raised")
    line.call_ends("first")
    line.call_ends("second")
    line.call_ends("not-asked-for", "disclosure.unacknowledged")
    receiver.behaves = ["500", "stall", "drip", "redirect"]
    for failures, pause in enumerate(PAUSES[:4], 1):
        began = time.monotonic()
        assert line.later(SETTLE_SECONDS + 1 + (PAUSES[failures - 2] if failures > 1 else 0)) == 0
        assert time.monotonic() - began < SECONDS * 20, "one that stalls is not waited for"
        assert (line.target.failures, line.target.next_at) == (failures, line.now + pause)
        assert line.courier.round() == 0, "it is not tried before its time"
    line.alarm("cell_died")
    assert line.later(PAUSES[3] + 1) == 3
    first, second, alarm = receiver.ids[-3:]
    assert set(receiver.ids[:-3]) == {first}, "the same id however often it is sent"
    calls = [json.loads(body)["data"].get("call") for _, body in receiver.got[-3:]]
    assert calls == ["first", "second", None]
    assert len({first, second, alarm}) == 3
    assert (line.target.failures, line.target.told) == (0, 3)
    assert line.later() == 0, "nothing is told twice once it was taken"
    for headers, body in receiver.got:
        assert b"85212345678" not in body
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        mac = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{mac}"


def test_one_that_never_answers_keeps_no_other_waiting_and_old_notices_are_dropped_and_counted(
    line: Line, receiver: Receiver
) -> None:
    gone = Receiver()
    gone.close()
    line.add("aaa", gone.url, "call.ended")
    line.add("crm", receiver.url, "call.ended")
    line.call_ends("first")
    assert line.later() == 1
    assert [one.told for one in line.targets.all()] == [0, 1]
    line.later(TOO_OLD_SECONDS)
    assert [one.dropped for one in line.targets.all()] == [1, 0]


def test_what_was_told_is_known_after_a_crash_and_what_was_not_is_told_then(line: Line, receiver: Receiver) -> None:
    line.add("crm", receiver.url, "call.ended")
    line.call_ends("first")
    line.later()
    line.call_ends("second")
    again = Courier(
        TargetFile(line.targets._path, line.keys), HttpPoster(), line.log, line.calls, AlarmFile(line.alarms),
        wall=lambda: line.now,
    )  # fmt: skip
    line.now += SETTLE_SECONDS + 1
    assert again.round() == 1
    assert [json.loads(body)["data"]["call"] for _, body in receiver.got] == ["first", "second"]


def test_the_file_of_targets_shows_no_secret_and_does_not_open_once_it_was_changed(
    line: Line, receiver: Receiver
) -> None:
    line.add("crm", receiver.url, "call.ended")
    path = line.targets._path
    sealed = path.read_bytes()
    for shown in (SECRET, SECRET.hex().encode(), TYPED.encode(), receiver.url.encode()):
        assert shown not in sealed
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(SealError):
        line.targets.all()
    path.write_bytes(sealed)
    for number in range(MOST - 1):
        line.add(f"t{number}", receiver.url, "call.ended")
    with pytest.raises(OperatorError, match="already"):
        line.add("one-more", receiver.url, "call.ended")
    line.targets.remove("crm")
    with pytest.raises(OperatorError):
        line.targets.remove("crm")


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
