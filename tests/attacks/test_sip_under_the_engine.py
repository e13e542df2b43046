"""Odd, hostile and simply wrong SIP to a running engine: each gets its answer, and the next caller is served at once.

docs/sip.md holds the table of request, state and answer; it is read here and tried whole.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ivr.testing import sdp
from ivr.testing.dialog import Dialog
from ivr.testing.hostile_sip import BROKEN, ODD, SDP_BODY, Draft
from ivr.testing.robot import CallRefused, RobotCaller
from ivr.testing.robot_call import SDP_TYPE, RobotCall
from ivr.testing.sip import Headers, SipRequest, SipResponse, parse
from ivr.testing.sip_wire import token
from ivr.testing.srtp import SUITE, made_key
from tests.integration.conftest import DIALPLANS, Line, start_line

TABLE = Path(__file__).parents[2] / "docs" / "sip.md"
Extra = tuple[tuple[str, str], ...]
UNKNOWN: Extra = (("Require", "timer, foo"),)
UNKNOWN_TO_PROXIES: Extra = (("Proxy-Require", "foo"),)
NAME = b'"M\xfcller" '
FAX = b"m=image 4100 udptl t38\r\nc=IN IP4 fax.invalid\r\na=T38FaxVersion:0\r\n"
SRTP = b"m=audio 4104 RTP/SAVP 0\r\na=sendrecv\r\n"
ENDS_BY_ITSELF_SECONDS = 60.0
"""A call that is never acknowledged ends after 32 s (RFC 3261 13.3.1.4)."""
TEXT: Extra = (("Content-Type", "text/plain"),)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of the table."""

    method: str
    extra: Extra = ()
    body: Callable[[bytes], bytes] = lambda offer: b""
    """From a good offer."""
    sips: bool = False
    tail: bytes = b""
    """Octets behind the message."""


def _invite(extra: Extra = (), words: dict[str, str] | None = None, **more: str) -> Asked:
    """An INVITE whose offer has other words: the old ones, with `_` for a space or a sign, and the new."""

    def change(body: bytes) -> bytes:
        for old, new in {**(words or {}), **more}.items():
            assert re.search(old.replace("_", "[ /]").encode(), body)
            body = re.sub(old.replace("_", "[ /]").encode(), new.encode(), body)
        return body

    return Asked("INVITE", (SDP_TYPE, *extra), change)


def _keyed(offer: bytes, suite: str, more: bytes = b"") -> bytes:
    """The same in SRTP, with a key that all can read that is well-formed."""
    return offer.replace(b"RTP/AVP", b"RTP/SAVP") + f"a=crypto:1 {suite} inline:{made_key()}".encode() + more + b"\r\n"


ASKED = {
    "INVITE": _invite(),
    "INVITE without SDP": Asked("INVITE"),
    "INVITE with octets behind its body": replace(_invite(), tail=b"and more\r\n"),
    "INVITE without a codec of ours": _invite(
        words={"RTP_AVP_0_8": "RTP/AVP 96 97", ":0 PCMU": ":96 AMBE", ":8 PCMA": ":97 EVRC"}
    ),
    "INVITE with an unknown media profile": _invite(RTP_AVP="RTP/FOO"),
    "INVITE with SRTP and no keys": _invite(RTP_AVP="RTP/SAVP"),
    "INVITE with SRTP that seals nothing": Asked(
        "INVITE", (SDP_TYPE,), lambda offer: _keyed(offer, "NULL_HMAC_SHA1_80")
    ),
    "INVITE with SRTP that need not seal": Asked(
        "INVITE", (SDP_TYPE,), lambda offer: _keyed(offer, SUITE, b" UNENCRYPTED_SRTP")
    ),
    "INVITE with fax beside its audio": Asked("INVITE", (SDP_TYPE,), lambda offer: offer + FAX),
    "INVITE with SRTP beside its audio": Asked("INVITE", (SDP_TYPE,), lambda offer: offer + SRTP),
    "INVITE with fax alone": Asked("INVITE", (SDP_TYPE,), lambda offer: offer.partition(b"m=")[0] + FAX),
    "INVITE with a host name for its media": _invite(IP4_127="IP4 phone.invalid.127"),
    "INVITE that can read no SDP": _invite((("Accept", "text/plain"),)),
    "INVITE with a body of another type": Asked("INVITE", TEXT, lambda offer: b"hello"),
    "INVITE with Require of the unknown": _invite(UNKNOWN),
    "INVITE with Proxy-Require of the unknown": _invite(UNKNOWN_TO_PROXIES),
    "INVITE with Replaces": _invite((("Replaces", "a@b;to-tag=1;from-tag=2"),)),
    "INVITE to a sips: address": replace(_invite(), sips=True),
    "INVITE too large for a cell": Asked("INVITE", (SDP_TYPE,), lambda offer: offer + b"a=x:" + b"y" * 4000 + b"\r\n"),
    "INVITE with an address too long for a cell": _invite((("Contact", f"<sip:{'x' * 300}@127.0.0.1>"),)),
    "OPTIONS": Asked("OPTIONS"),
    "OPTIONS with Require of the unknown": Asked("OPTIONS", UNKNOWN),
    "OPTIONS with Proxy-Require of the unknown": Asked("OPTIONS", UNKNOWN_TO_PROXIES),
    "UPDATE": Asked("UPDATE"),
    "PRACK for nothing": Asked("PRACK", (("RAck", "1 1 INVITE"),)),
    "INFO without a body": Asked("INFO"),
    "INFO with a key": Asked(
        "INFO", (("Content-Type", "application/dtmf-relay"),), lambda offer: b"Signal=9\r\nDuration=160\r\n"
    ),
    "INFO of another type": Asked("INFO", TEXT, lambda offer: b"hello"),
    "NOTIFY": Asked("NOTIFY", (("Event", "foo"), ("Subscription-State", "active"))),
    "SUBSCRIBE": Asked("SUBSCRIBE", (("Event", "foo"), ("Expires", "60"))),
    "REFER": Asked("REFER", (("Refer-To", "<sip:x@127.0.0.1:9>"),)),
    "MESSAGE": Asked("MESSAGE", TEXT, lambda offer: b"hello"),
    "PUBLISH": Asked("PUBLISH", (("Event", "foo"),)),
    "an unknown method": Asked("FROBNICATE"),
    "REGISTER": Asked("REGISTER"),
    "CANCEL of nothing": Asked("CANCEL"),
    "BYE": Asked("BYE"),
}


def table() -> dict[str, tuple[int, int]]:
    """Request -> status outside a call and in one, as the documentation says."""
    found = re.findall(r"^\| (.+?) \| (\d{3}) \| (\d{3}) \|", TABLE.read_text(), re.MULTILINE)
    return {name: (int(outside), int(inside)) for name, outside, inside in found}


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    lines: list[dict[str, Any]] = [{"file": str(DIALPLANS / "line.yaml")}]
    lines += [{"file": str(DIALPLANS / "values.yaml"), "called": ["2000", "+852 2123 0000"]}]
    running = start_line(tmp_path_factory.mktemp("sip"), cells=4, settings={"dialplans": lines})
    yield running
    running.engine.stop()


def pids(line: Line) -> dict[int, int]:
    """Each cell's process."""
    cells = line.engine.status()["cells"]
    return {cell["cell"]: cell["pid"] for cell in cells}


def lives(pid: int) -> bool:
    """Whether a process is there."""
    return Path(f"/proc/{pid}").exists()


async def served(line: Line) -> float:
    """An honest call, answered and ended; how long its answer took."""
    async with line.caller() as robot:
        call = await robot.dial(timeout_seconds=8)
        assert call.answered_at is not None
        await call.hang_up()
        return call.answered_at - call.invited_at


async def outside(line: Line, asked: Asked) -> SipResponse:
    """The answer to a request without a call; a call that comes of it is ended."""
    async with line.caller() as robot:
        ours = sdp.offer("127.0.0.1", 40000, ("PCMU", "PCMA"))
        body = asked.body(sdp.build(ours, version=1))
        contact = ("Contact", robot.wire.contact("robot"))
        mine = () if any(name == "Contact" for name, _ in asked.extra) else (contact,)
        uri = robot.uri.replace("sip:", "sips:", 1) if asked.sips else robot.uri
        headers = (*robot._headers(asked.method, robot.uri, token(), 1), *mine, *asked.extra)
        request = SipRequest(asked.method, uri, Headers(headers), body)
        response = await ask(robot, request, asked.tail)
        if asked.method == "INVITE" and response.code == 200:
            dialog = Dialog.of_answer(request, response, contact[1])
            answer = b"" if body else sdp.build(sdp.agree(ours, sdp.parse_sdp(response.body)), version=1)
            ack = dialog.request("ACK", extra=Headers((SDP_TYPE,) if answer else ()), body=answer, sequence=1)
            await robot.wire.begin(ack, robot.target)
            await robot.wire.request(dialog.request("BYE"), robot.target)
        return response


async def ask(robot: RobotCaller, request: SipRequest, tail: bytes) -> SipResponse:
    """Send it, once and with what is behind it, and wait for the answer."""
    if not tail:
        return await robot.wire.request(request, robot.target, timeout_seconds=5)
    send = robot.wire.send
    robot.wire.send = lambda data, to: send(data + (tail if data.startswith(b"INVITE") else b""), to)  # type: ignore[method-assign, assignment]
    try:
        return await robot.wire.request(request, robot.target, timeout_seconds=5)
    finally:
        robot.wire.send = send  # type: ignore[method-assign]


async def inside(call: RobotCall, robot: RobotCaller, asked: Asked) -> SipResponse:
    """The answer to a request in a call; an INVITE that is served is acknowledged."""
    assert call.dialog is not None
    body = asked.body(sdp.build(call.ours, version=2))
    names = {name.lower() for name, _ in asked.extra}
    request = call.dialog.request(asked.method, extra=Headers(asked.extra), body=body)
    kept = tuple(item for item in request.headers if item[0].lower() not in names or item in asked.extra)
    uri = request.uri.replace("sip:", "sips:", 1) if asked.sips else request.uri
    response = await ask(robot, SipRequest(request.method, uri, Headers(kept), request.body), asked.tail)
    if asked.method == "INVITE" and response.code == 200:
        answer = b"" if body else sdp.build(sdp.agree(call.ours, sdp.parse_sdp(response.body)), version=3)
        await call.acknowledge(request, answer)
    return response


def test_the_table_is_tried_whole() -> None:
    assert list(table()) == list(ASKED)


async def test_each_request_outside_a_call_gets_the_answer_of_the_table(line: Line) -> None:
    before = pids(line)
    wrong = {}
    for name, (code, _) in table().items():
        response = await outside(line, ASKED[name])
        if response.code != code:
            wrong[name] = (response.code, response.reason)
        if code == 420:
            assert response.headers.get("unsupported") == "foo"
        if code == 405:
            assert "REFER" not in response.headers.get("allow") + "".join(response.headers.all("allow"))
    assert not wrong
    assert await served(line) < 1.0
    assert pids(line) == before, "a cell died"


async def test_each_request_in_a_call_gets_the_answer_of_the_table_and_the_call_goes_on(line: Line) -> None:
    before = pids(line)
    wrong = {}
    async with line.caller() as robot:
        call = await robot.dial()
        for name, (_, code) in table().items():
            response = await inside(call, robot, ASKED[name])
            if response.code != code:
                wrong[name] = (response.code, response.reason)
            if name != "BYE":
                assert not call.ended.is_set(), name
                await call.hears_sound(since=time.monotonic())
    assert not wrong
    assert pids(line) == before, "a cell died"


async def test_nobody_makes_us_dial(line: Line) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind(("127.0.0.1", 0))
        elsewhere.setblocking(False)
        async with line.caller() as robot:
            call = await robot.dial()
            assert "REFER" not in str(call.invite and call.invite.responses[-1][0].headers.all("allow"))
            target = f"<sip:x@127.0.0.1:{elsewhere.getsockname()[1]}>"
            answer = await call.request("REFER", Headers((("Refer-To", target),)))
            assert answer.code == 405
            await asyncio.sleep(0.5)
            await call.hears_sound(since=time.monotonic())
            await call.hang_up()
        with pytest.raises(BlockingIOError):
            elsewhere.recv(1)


def hostile_invites(port: int) -> Iterator[tuple[str, bytes]]:
    """Each kind of oddity in an INVITE, as from `port`."""
    for name, spoil in (ODD | BROKEN).items():
        draft = spoil(Draft("service", "127.0.0.1", port))
        if draft.method == "OPTIONS" and not draft.start.startswith("SIP/"):
            body = draft.body or SDP_BODY
            kind = () if draft.body else ("Content-Type: application/sdp",)
            changes = tuple((key, value.replace("OPTIONS", "INVITE")) for key, value in draft.changes)
            start = draft.start.replace("OPTIONS", "INVITE", 1)
            draft = replace(
                draft, method="INVITE", start=start, body=body, changes=changes, added=(*draft.added, *kind)
            )
        yield name, bytes(draft)
    for size in (3000, 3300, 3600, 3900, 4100, 4500, 16000):
        token_header = f"X-Carrier-Token: {'t' * (size - 700)}"
        invite = Draft("service", "127.0.0.1", port, method="INVITE", body=SDP_BODY)
        yield f"{size} octets", bytes(replace(invite, added=(token_header, "Content-Type: application/sdp")))
        long = SDP_BODY + f"a=x:{'y' * (size - 700)}\r\n"
        yield f"{size} octets of SDP", bytes(replace(invite, body=long, added=("Content-Type: application/sdp",)))


async def end_what_was_answered(stranger: socket.socket, target: tuple[str, int]) -> None:
    """What is odd and legal was taken for a call: hang up, so that its cell is free for the next."""
    stranger.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            data = stranger.recv(65535)
            if not data.startswith(b"SIP/2.0 200 "):
                continue
            answer = parse(data.decode("latin-1").encode())
            assert isinstance(answer, SipResponse)
            invite = SipRequest("INVITE", "", answer.headers)
            dialog = Dialog.of_answer(invite, answer, "<sip:tester@127.0.0.1>")
            for request in (dialog.request("ACK", sequence=dialog.sequence), dialog.request("BYE")):
                via = ("Via", f"SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK{token()};rport")
                whole = SipRequest(request.method, request.uri, Headers((via, *request.headers)))
                stranger.sendto(bytes(whole).decode().encode("latin-1"), target)
                await asyncio.sleep(0.1)


async def every_cell_is_free(line: Line, stranger: socket.socket) -> None:
    """Until no call is left, also one that is answered late: on a busy machine they would add up to all the cells."""
    count = line.engine.settings["cells"]["count"]
    deadline = time.monotonic() + ENDS_BY_ITSELF_SECONDS
    while True:
        await end_what_was_answered(stranger, line.engine.target)
        if f'ivr_cells{{state="idle"}} {count:.1f}' in await asyncio.to_thread(line.engine.metrics):
            return
        assert time.monotonic() < deadline, "a cell is held by a call that nobody has"
        await asyncio.sleep(0.05)


async def test_after_each_hostile_invite_an_honest_caller_is_served_at_once(line: Line) -> None:
    before = pids(line)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        for name, message in hostile_invites(stranger.getsockname()[1]):
            stranger.sendto(message, line.engine.target)
            assert await served(line) < 1.0, name
            await every_cell_is_free(line, stranger)
    assert pids(line) == before, "a cell died"


async def test_an_acknowledgement_that_cannot_be_read_ends_no_cell(line: Line) -> None:
    """Straight to a cell's own port, past the edge."""
    before = pids(line)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        port = stranger.getsockname()[1]
        for cell in line.engine.status()["cells"]:
            host, _, number = cell["sip"].rpartition(":")
            ack = Draft("service", "127.0.0.1", port, method="ACK", version="SIP/2.0 ")
            stranger.sendto(bytes(ack), (host, int(number)))
    await asyncio.sleep(1.0)
    assert await served(line) < 1.0
    assert pids(line) == before


@pytest.mark.parametrize(
    ("uri", "number"),
    [
        ("sip:2000@{}", "2000"),
        ("SIP:2000@{}", "2000"),
        ("sip:%32000@{}", "2000"),
        ("sip:2000:secret@{}", "2000"),
        ("sip:2000;phone-context=+852@{};user=phone", "2000"),
        ("sip:+85221230000;rn=+85290000001;npdi@{}", "+85221230000"),
        ("sip:%2B852-2123-0000@{};user=phone", "+85221230000"),
        ("tel:+852-2123-0000", "+85221230000"),
    ],
)
async def test_a_number_in_any_form_reaches_its_own_line(line: Line, uri: str, number: str) -> None:
    since = time.time()
    async with line.caller() as robot:
        robot.uri = uri.format(f"127.0.0.1:{line.engine.target[1]}")
        call = await robot.dial()
        await call.hears_sound(since=call.invited_at)
        await call.hang_up()
    record = await asyncio.to_thread(line.record, since)
    assert (record["dialplan"].partition("@")[0], record["called"]) == ("values", number)


async def test_a_name_in_latin_1_is_served_and_its_record_is_kept(line: Line) -> None:
    since = time.time()
    async with line.caller() as robot:
        send, take = robot.wire.send, robot.wire._take
        named = b"From: " + NAME + b"<"
        robot.wire.send = lambda data, to: send(data.replace(b"From: <", named), to)  # type: ignore[method-assign, assignment]
        robot.wire._take = lambda data, at, reply: take(data.replace(NAME, b""), at, reply)  # type: ignore[method-assign]
        call = await robot.dial(timeout_seconds=5)
        await call.hears_sound(since=call.invited_at)
        await call.hang_up()
    record = await asyncio.to_thread(line.record, since)
    assert record["outcome"] == "abandoned", "they hung up; nothing of ours ended it"


async def test_a_frozen_cell_costs_one_caller_a_second_and_is_replaced_on_the_supervisors_word(line: Line) -> None:
    before = pids(line)
    for pid in before.values():
        os.kill(pid, signal.SIGSTOP)  # whichever is asked first
    async with line.caller() as robot:
        with pytest.raises(CallRefused) as refusal:
            await robot.dial(timeout_seconds=5)
    assert refusal.value.code == 503
    assert len(refusal.value.response.headers.get("retry-after")) > 0
    for _ in range(30):
        await asyncio.sleep(0.5)
        gone = [cell for cell, pid in before.items() if not lives(pid)]
        if gone:
            break
    for pid in before.values():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    assert len(gone) == 1, "the one that was silent was killed, the others were not asked"
    await asyncio.sleep(1.0)
    assert await served(line) < 1.0
