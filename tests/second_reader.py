"""A second reader for all that robots are told: what our reader and sipmessage's read otherwise fails the test.

Our robots and our engine were written by the same people: what both misread in the same way, no call of theirs shows.
The other reader is only asked for where a robot heard something: a venv without robots needs no sipmessage.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from urllib.parse import unquote

import pytest

from ivr.errors import PeerError
from ivr.testing.sip import SipMessage, SipRequest, host_and_port, parameter, uri_of, user_of
from ivr.testing.sip_wire import WITNESSES

MOST_TOLD = 5
"""Messages that a failure tells of."""
SIP_PORT = 5060

Place = tuple[str, str, int]
"""User, host and port of a URI."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message says, as far as a dialog hangs on it."""

    start: str
    """Method, or status code."""
    target: Place | None
    """Of a request."""
    from_tag: str
    to_tag: str
    branches: tuple[str, ...]
    """Of the Vias, topmost first."""
    cseq: tuple[int, str]
    call_id: str
    contacts: tuple[Place, ...]
    body: bytes


def as_we_read(message: SipMessage) -> Reading:
    """Our reader's."""
    headers = message.headers
    number, method = headers.get("cseq").split()
    return Reading(
        message.method if isinstance(message, SipRequest) else str(message.code),
        _place(message.uri) if isinstance(message, SipRequest) else None,
        parameter(headers.get("from"), "tag"),
        parameter(headers.get("to"), "tag"),
        tuple(parameter(via, "branch") for via in headers.all("via")),
        (int(number), method),
        headers.get("call-id"),
        tuple(_place(uri_of(contact)) for contact in headers.all("contact")),
        message.body,
    )


def as_sipmessage_reads(data: bytes) -> Reading:
    """The other one's. Raises ValueError when it cannot."""
    from sipmessage import URI, Address, Message, Request, Via

    def place(uri: URI) -> Place:
        return uri.user or "", uri.host, uri.port or SIP_PORT

    head, mark, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    # It reads no folded lines (RFC 3261 7.3.1) and keeps what follows the body.
    # A scheme may be in capitals (RFC 3261 19.1.4), which it does not take.
    plain = re.sub(rb"(?i)(?<=[ <])sips?:", lambda scheme: scheme[0].lower(), re.sub(rb"\r\n[ \t]+", b" ", head))
    message = Message.parse(plain + mark + body)
    length = message.content_length
    vias = [via for value in message.headers.getlist("Via") for via in Via.parse_many(value)]
    # A quoted string of a parameter reaches to the last quote of a line to it, so that a second Contact is not seen.
    told = [re.sub(r'"[^"]*"', "x", value) for value in message.headers.getlist("Contact")]
    contacts = [one for value in told for one in Address.parse_many(value)]
    return Reading(
        message.method if isinstance(message, Request) else str(message.code),
        place(message.uri) if isinstance(message, Request) else None,
        message.from_address.parameters.get("tag") or "",
        message.to_address.parameters.get("tag") or "",
        tuple(via.parameters.get("branch") or "" for via in vias),
        (message.cseq.sequence, message.cseq.method),
        message.call_id,
        tuple(place(contact.uri) for contact in contacts),
        message.body if length is None else message.body[:length],
    )


def differences(data: bytes, ours: SipMessage | None) -> list[str]:
    """What the two readers see otherwise in a message. `ours` is None where our reader took it for no SIP."""
    try:
        other = as_sipmessage_reads(data)
    except (ValueError, KeyError) as error:
        return [] if ours is None else [f"only our reader reads it: {error}"]
    if ours is None:
        return ["only sipmessage reads it"]
    try:
        mine = as_we_read(ours)
    except (PeerError, ValueError) as error:
        return [f"only sipmessage reads it: {error}"]
    return [
        f"{name}: we read {getattr(mine, name)!r}, sipmessage {getattr(other, name)!r}"
        for name in Reading.__slots__
        if getattr(mine, name) != getattr(other, name)
    ]


class SecondReader:
    """The plug-in: what `conftest.py` registers."""

    def __init__(self) -> None:
        self._found: list[str] = []
        WITNESSES.append(self._hear)

    def _hear(self, data: bytes, ours: SipMessage | None) -> None:
        first = data.lstrip(b"\r\n").partition(b"\r\n")[0].decode(errors="replace")
        self._found += [f"{first}: {difference}" for difference in differences(data, ours)]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self) -> Generator[None]:
        """Fail a test in which a robot was told what the two read otherwise."""
        yield
        found, self._found = self._found, []
        if found:
            pytest.fail("\n".join(["a robot and sipmessage disagree:", *found[:MOST_TOLD]]), pytrace=False)


def _place(uri: str) -> Place:
    return unquote(user_of(uri)), *host_and_port(uri)
