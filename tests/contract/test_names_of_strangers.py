"""No name that a stranger writes is looked up by a cell that callers reach without an edge, wherever they write it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from ivr.errors import PeerError
from ivr.ports.telephony import LegDown, LegIncoming, LegUp
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.robot import CallRefused, NoAnswer
from ivr.testing.robot_call import SDP_TYPE
from ivr.testing.sip import Headers
from ivr.testing.sip_wire import Arrived
from tests.contract.telephone_lines import PjsipLine
from tests.contract.test_odd_media import HUM, hums

NAME = b"asked.invalid"
Change = Callable[[bytes], bytes]


def put(old: bytes, new: bytes) -> Change:
    """Other words in a message."""

    def change(message: bytes) -> bytes:
        assert old in message, message
        return message.replace(old, new, 1)

    return change


def line_more(text: bytes) -> Change:
    """A header more."""
    return put(b"\r\nMax-Forwards", b"\r\n" + text + b"\r\nMax-Forwards")


def contact(uri: bytes) -> Change:
    """Another Contact."""

    def change(message: bytes) -> bytes:
        before, _, rest = message.partition(b"\r\nContact: ")
        return before + b"\r\nContact: " + uri + b"\r\n" + rest.partition(b"\r\n")[2]

    return change


def body(change: Change) -> Change:
    """Another body, and its length."""

    def changed(message: bytes) -> bytes:
        head, _, words = message.partition(b"\r\n\r\n")
        words = change(words)
        head = head.partition(b"\r\nContent-Length:")[0]
        return head + f"\r\nContent-Length: {len(words)}\r\n\r\n".encode() + words

    return changed


def both(*changes: Change) -> Change:
    """One change after the other."""

    def change(message: bytes) -> bytes:
        for one in changes:
            message = one(message)
        return message

    return change


def in_a_second_part(words: bytes) -> bytes:
    """SDP with a name behind a text that looks like a stream that is refused."""
    session = words.replace(b"\r\nc=IN IP4 127.0.0.1", b"\r\nc=IN IP4 " + NAME)
    parts = b"text/plain\r\n\r\nm=image 0 udptl t38", b"application/sdp\r\n\r\n" + session
    return b"".join(b"--part\r\nContent-Type: " + part + b"\r\n" for part in parts) + b"--part--\r\n"


IN_SESSION = body(put(b"\r\nc=IN IP4 127.0.0.1", b"\r\nc=IN IP4 " + NAME))
INVITES: dict[str, tuple[Change, int]] = {
    "the session's address": (IN_SESSION, 488),
    "behind half an empty line": (both(IN_SESSION, put(b"\r\n\r\n", b"\r\n\n")), 0),
    "behind a length that another one contradicts": (both(IN_SESSION, line_more(b"l: 0")), 488),
    "a body of several parts": (
        both(put(b"application/sdp", b"multipart/mixed;boundary=part"), body(in_a_second_part)),
        400,
    ),
    "the stream's address": (body(put(b"\r\na=ptime", b"\r\nc=IN IP4 " + NAME + b"\r\na=ptime")), 488),
    "where reports go": (body(put(b"\r\na=ptime", b"\r\na=rtcp:9 IN IP4 " + NAME + b"\r\na=ptime")), 488),
    "behind half a line's end": (body(put(b"\r\na=ptime", b"\rc=IN IP4 " + NAME + b"\r\na=ptime")), 488),
    "whose session it is": (body(put(b" IN IP4 127.0.0.1", b" IN IP4 " + NAME)), 200),
    "Contact": (contact(b"<sip:robot@" + NAME + b":5060>"), 400),
    "a bare Contact": (contact(b"sip:robot@" + NAME), 400),
    "a folded Contact": (contact(b"\r\n <sip:robot@" + NAME + b">"), 400),
    "a short Contact": (put(b"\r\nContact: <sip:robot@127.0.0.1", b"\r\nm:<sip:robot@" + NAME), 400),
    "another place in Contact": (contact(b"<sip:robot@127.0.0.1;maddr=" + NAME + b">"), 400),
    "a quotation in Contact": (contact(b'"<sip:a@127.0.0.1>" <sip:robot@' + NAME + b">"), 400),
    "no Contact": (put(b"\r\nContact: ", b"\r\nX-Contact: "), 400),
    "Record-Route": (line_more(b"Record-Route: <sip:127.0.0.1;lr>, <sip:" + NAME + b";lr>"), 400),
    "Route": (line_more(b"Route: <sip:" + NAME + b";lr>"), 200),
    "the place of answers": (put(b";rport", b";maddr=" + NAME + b";rport"), 0),
    "received": (put(b";rport", b";received=" + NAME + b";rport"), 200),
    "a Via below": (line_more(b"Via: SIP/2.0/UDP " + NAME + b";branch=z9hG4bKx"), 200),
    "From": (put(b"<sip:robot@127.0.0.1", b"<sip:robot@" + NAME), 200),
    "Reply-To and others": (line_more(b"Reply-To: <sip:" + NAME + b">\r\nAlert-Info: <http://" + NAME + b">"), 200),
}
"""Where a name stands in an INVITE, and what is answered: 0, nothing."""


@pytest.fixture
async def line() -> AsyncIterator[PjsipLine]:
    made = PjsipLine(watched=True)
    await made.open()
    yield made
    await made.close()


async def code_of(line: PjsipLine, change: Change) -> int:
    """The answer to an INVITE; one that is served is ended by us, so that we must know where to."""
    send = line.caller.wire.send
    line.caller.wire.send = lambda data, to: send(  # type: ignore[method-assign, assignment]
        change(data) if data.startswith(b"INVITE ") else data, to
    )
    dialling = asyncio.ensure_future(line.caller.dial(timeout_seconds=2))
    try:
        while not dialling.done():
            await line.passes(0.1)
            for fact in [fact for fact in line.facts if isinstance(fact, LegIncoming)]:
                line.facts.remove(fact)
                line.telephony.answer(fact.leg)
        call = dialling.result()
    except CallRefused as refusal:
        return refusal.code
    except NoAnswer:
        return 0
    finally:
        line.caller.wire.send = send  # type: ignore[method-assign]
    line.telephony.hang_up((await line.until(LegUp)).leg)
    await line.until(LegDown)
    await call.close()
    return 200


async def test_no_name_in_an_invite_is_looked_up(line: PjsipLine) -> None:
    got = {where: await code_of(line, change) for where, (change, _) in INVITES.items()}
    assert got == {where: code for where, (_, code) in INVITES.items()}
    assert set(line.looked_up()) <= {socket.gethostname()}, "its own name alone, when it starts"
    with contextlib.suppress(PeerError):
        line.telephony.dial(f"sip:agent@{NAME.decode()}")
    await line.passes(0.5)
    assert NAME.decode() in line.looked_up(), "or this test sees nothing"


async def test_no_name_in_a_call_is_looked_up_and_the_call_goes_on(line: PjsipLine) -> None:
    await line.rings_in()
    leg = (await line.until(LegIncoming)).leg
    line.telephony.answer(leg)
    await line.until(LegUp)
    call = line.robot
    named = ("Contact", f"<sip:robot@{NAME.decode()}>")
    answers = []
    for method in ("INVITE", "UPDATE", "INFO", "OPTIONS", "REFER", "SUBSCRIBE", "NOTIFY", "MESSAGE"):
        offer = call._sdp("sendrecv") if method in ("INVITE", "UPDATE") else b""
        request = call.dialog.request(method, body=offer)
        kept = tuple(item for item in request.headers if item[0] != "Contact")
        more = (named, *((SDP_TYPE,) if offer else ()), ("Event", "refer"), ("Refer-To", f"<sip:x@{NAME.decode()}>"))
        request = type(request)(request.method, request.uri, Headers((*kept, *more)), offer)
        asked = asyncio.ensure_future(call.wire.request(request, call.dialog.next_hop(), timeout_seconds=5))
        while not asked.done():
            await line.passes(0.1, to={leg: HUM})
        answers.append(asked.result().code)
    assert answers == [400] * 8
    await line.passes(0.6, to={leg: HUM})
    assert hums(line)
    for asking in (call.request("OPTIONS"), call.reinvite()):
        again = asyncio.ensure_future(asking)
        while not again.done():
            await line.passes(0.1, to={leg: HUM})
        assert again.result().code == 200
    line.telephony.hang_up(leg)
    await line.until(LegDown)
    assert call.ended_by_peer, "by a BYE to where they were"
    assert set(line.looked_up()) <= {socket.gethostname()}, "its own name alone, when it starts"


class NamedPhone(RobotAgent):
    """Its answers name hosts where our next requests would go. It takes two codecs: we ask again for one of them."""

    def _on_request(self, arrived: Arrived) -> None:
        begins = "tag=" not in arrived.message.headers.get("to")

        def reply(data: bytes) -> None:
            if b"\r\nContact: " in data:
                data = contact(b"<sip:agent@" + NAME + b">")(data)
                data = put(b"\r\nFrom", b"\r\nRecord-Route: <sip:" + NAME + b";lr>\r\nFrom")(data)
            if begins and b"\r\nm=" in data:
                data = put(b", UPDATE", b"")(body(put(b"RTP/AVP 0 ", b"RTP/AVP 0 8 "))(data))  # so by re-INVITE
            arrived.reply(data)

        super()._on_request(replace(arrived, reply=reply))


async def test_a_phone_whose_answers_name_hosts_is_acknowledged_changed_and_ended_where_it_is() -> None:
    line = PjsipLine(watched=True, phone=NamedPhone(rings=0.1))
    await line.open()
    try:
        leg = line.telephony.dial(line.phone_uri())
        await line.phone_answers()
        dialog = (await line.until(LegUp)).dialog
        assert dialog is not None
        assert dialog.target == line.phone_uri(), "whom we dialled, and nobody else"
        while len(line.phone.requests) < 3:
            await line.passes(0.1, to={leg: HUM})
        line.telephony.hang_up(leg)
        await line.until(LegDown)
        assert [request.method for request in line.phone.requests] == ["ACK", "INVITE", "ACK", "BYE"]
        assert set(line.looked_up()) <= {socket.gethostname()}
    finally:
        await line.close()
