"""Odd and broken SIP: a message of each kind that RFC 4475 describes, made here in our own words, and random damage.

`ODD` ones are legal, however strange, and a good peer answers them. `BROKEN` ones are not; a good peer refuses or
ignores them, and neither may cost it anything.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ivr.testing.sip_wire import token

CRLF = "\r\n"


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it is written down; every part may be spoilt."""

    user: str
    host: str
    port: int
    """Where it comes from: answers go there."""
    method: str = "OPTIONS"
    uri: str = ""
    version: str = "SIP/2.0"
    start: str = ""
    """The whole start line, in place of method, URI and version."""
    changes: tuple[tuple[str, str], ...] = ()
    """Headers to replace; an empty value takes one away."""
    added: tuple[str, ...] = ()
    """Header lines more."""
    body: str = ""
    length: str = ""
    """Content-Length in place of the true one."""
    branch: str = field(default_factory=lambda: "z9hG4bK" + token())
    call_id: str = field(default_factory=token)

    def __bytes__(self) -> bytes:
        uri = self.uri or f"sip:{self.user}@{self.host}"
        headers = {
            "Via": f"SIP/2.0/UDP {self.host}:{self.port};branch={self.branch};rport",
            "Max-Forwards": "70",
            "From": f"<sip:tester@{self.host}:{self.port}>;tag={self.call_id[:8]}",
            "To": f"<sip:{self.user}@{self.host}>",
            "Call-ID": self.call_id,
            "CSeq": f"7 {self.method}",
            "Contact": f"<sip:tester@{self.host}:{self.port}>",
        }
        headers |= dict(self.changes)
        lines = [f"{name}: {value}" for name, value in headers.items() if value]
        length = self.length or str(len(self.body.encode()))
        start = self.start or f"{self.method} {uri} {self.version}"
        return CRLF.join([start, *lines, *self.added, f"Content-Length: {length}", "", self.body]).encode()


Spoil = Callable[[Draft], Draft]
SDP_BODY = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"


def _set(**changes: str) -> Spoil:
    named = tuple((name.replace("_", "-"), value) for name, value in changes.items())
    return lambda draft: replace(draft, changes=named)


def _invite(draft: Draft, **more: str) -> Draft:
    fields: dict[str, str] = {"method": "INVITE", "body": SDP_BODY, **more}
    changed = replace(draft, **fields)  # type: ignore[arg-type]
    return replace(changed, added=(*changed.added, "Content-Type: application/sdp"))


def _folded(draft: Draft) -> Draft:
    via = f"SIP  / 2.0\r\n /UDP\r\n    {draft.host}:{draft.port};\r\n branch={draft.branch};rport"
    return replace(draft, changes=(("Via", via), ("CSeq", "0009\r\n  OPTIONS")), added=("s  :\r\n ",))


ODD: dict[str, Spoil] = {
    "white space and folding everywhere": _folded,
    "every character a token may hold": _set(
        To="\"'x~.!%66*_+`'\" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy@127.0.0.1>"
    ),
    "escaped and null characters in a user part": lambda d: replace(d, uri=f"sip:sips%3Auser%40{d.user}%00@{d.host}"),
    "percent signs that escape nothing in a display name": _set(From='"%Z%45" <sip:a@127.0.0.1>;tag=1'),
    "long values in every header": lambda d: replace(
        d,
        changes=(("To", f'"{"I have a user name of extreme proportion" * 10}" <sip:{"x" * 200}@127.0.0.1>'),),
        added=tuple(f"X-Unknown-{n}: {'value' * 40}" for n in range(20)),
    ),
    "octets after the message's end": lambda d: replace(d, body="trailing octets\r\n" * 3, length="0"),
    "semicolons in the user part": lambda d: replace(d, uri=f"sip:user;par=u%40example.net@{d.host}"),
    "a Via of an unknown transport below ours": lambda d: replace(
        d, added=("Via: SIP/2.0/UNKNOWN t5.example.org;branch=z9hG4bKold",)
    ),
    "a body in several parts": lambda d: replace(
        d,
        body=f"--b1{CRLF}Content-Type: text/plain{CRLF}{CRLF}hello{CRLF}--b1--{CRLF}",
        added=('Content-Type: multipart/mixed; boundary="b1"',),
    ),
    "a route that is ours": lambda d: replace(d, added=(f"Route: <sip:{d.host};lr>",)),
    "an unknown method": lambda d: replace(d, method="NEWMETHOD"),
    "no hops left": _set(Max_Forwards="0"),
    "an extension that no one has": lambda d: replace(d, added=("Require: nothingSupportsThis",)),
    "a strange kind of body": lambda d: replace(d, body="<audio/>", added=("Content-Type: application/unknown",)),
    "a strange kind of password": lambda d: replace(d, added=("Authorization: NoOneKnows opaque-data=here",)),
    "an old peer without branch and tag": lambda d: replace(
        d, changes=(("Via", f"SIP/2.0/UDP {d.host}:{d.port}"), ("From", "<sip:old@127.0.0.1>"))
    ),
}
"""Legal, and seldom seen."""

BROKEN: dict[str, Spoil] = {
    "stray separators": _set(
        Via="SIP/2.0/UDP 127.0.0.1:9;;,;,,branch=z9hG4bKbad", Contact='"Joe" <sip:joe@example.org>;;;;'
    ),
    "less body than promised": lambda d: _invite(d, length="9999"),
    "a negative length": lambda d: _invite(d, length="-999"),
    "numbers beyond every range": _set(CSeq="36893488147419103232 OPTIONS", Max_Forwards="300", Expires="1" + "0" * 30),
    "a status code beyond every range": lambda d: replace(d, start="SIP/2.0 4294967301 better not break the receiver"),
    "a status of no request": lambda d: replace(d, start="SIP/2.0 200 OK"),
    "a status line without reason": lambda d: replace(d, start="SIP/2.0 100"),
    "a quotation without its end": _set(To='"Mr. J. User <sip:j.user@127.0.0.1>'),
    "angle brackets round the request's URI": lambda d: replace(d, uri=f"<sip:{d.user}@{d.host}>"),
    "spaces in the request's URI": lambda d: replace(d, uri=f"sip:{d.user}@{d.host}; lr"),
    "several spaces in the request line": lambda d: replace(d, start=f"OPTIONS  sip:{d.user}@{d.host}  SIP/2.0"),
    "a space after the request line": lambda d: replace(d, version="SIP/2.0 "),
    "headers in the request's URI": lambda d: replace(d, uri=f"sip:{d.user}@{d.host}?Route=%3Csip:example.com%3E"),
    "a time zone that is none": _set(Date="Fri, 01 Jan 2010 16:00:00 EST"),
    "a bare URI with a query in From": _set(From="sip:caller@127.0.0.1?x=y;tag=7"),
    "spaces inside an address": _set(To='"Watson" < sip:t.watson@127.0.0.1 >'),
    "a display name that is no token": _set(To="Bell, Alexander <sip:a.g.bell@127.0.0.1>"),
    "a version from the future": lambda d: replace(d, version="SIP/7.0"),
    "another method in CSeq": lambda d: replace(d, method="OPTIONS", changes=(("CSeq", "8 INVITE"),)),
    "a branch that is only its cookie": lambda d: replace(d, branch="z9hG4bK"),
    "no headers that are needed": lambda d: _invite(
        replace(d, changes=(("Call-ID", ""), ("From", ""), ("To", ""), ("CSeq", "")))
    ),
    "a URI of no known kind": lambda d: replace(d, uri="nobodyKnowsThisScheme:totallyopaquecontent"),
    "a URI of a kind for other things": lambda d: replace(d, uri="soap.beep://192.0.2.103:3002"),
    "addresses of no known kind": _set(
        To="isbn:2983792873", From="<https://www.example.com>;tag=1", Contact="<name:x>"
    ),
    "two of what there may be one": lambda d: replace(
        d, added=("CSeq: 8 OPTIONS", "Call-ID: another", "Max-Forwards: 5", "From: <sip:b@127.0.0.1>;tag=9")
    ),
    "a line that ends by half": lambda d: replace(d, added=("Subject: x\nX-Other: y",)),
    "headers that end by half": lambda d: replace(_invite(d), added=("Subject: x\n",)),
    "headers that end by the other half": lambda d: replace(_invite(d), added=("Subject: x\r\r",)),
    "two lengths": lambda d: replace(d, added=("Content-Length: 0", "Content-Length: 15")),
    "a response that was sent to everyone": lambda d: replace(
        d, start="SIP/2.0 200 OK", changes=(("Via", "SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKx"),)
    ),
    "an INVITE whose SDP is empty": lambda d: replace(_invite(d), body="", added=("Content-Type: application/sdp",)),
    "an INVITE whose SDP is rubbish": lambda d: replace(_invite(d), body="m=\r\nc=IN\r\n\x00\x01\xff" * 20),
    "an INVITE whose port is beyond every range": lambda d: replace(
        _invite(d), body=SDP_BODY.replace(" 9 ", " 99999 ")
    ),
    "an INVITE to a port that is zero": lambda d: replace(_invite(d), body=SDP_BODY.replace(" 9 ", " 0 ")),
    "an INVITE with a thousand formats": lambda d: replace(
        _invite(d), body=SDP_BODY.strip() + " " + " ".join(str(n % 128) for n in range(1000)) + CRLF
    ),
    "an INVITE with many streams": lambda d: replace(_invite(d), body=SDP_BODY + "m=audio 9 RTP/AVP 0\r\n" * 40),
    "an ACK for no one": lambda d: replace(d, method="ACK"),
    "a BYE for no one": lambda d: replace(d, method="BYE"),
    "a CANCEL for no one": lambda d: replace(d, method="CANCEL"),
    "a registration with a header in its Contact": lambda d: replace(
        d, method="REGISTER", changes=(("Contact", "<sip:user@example.com?Route=%3Csip:sip.example.com%3E>"),)
    ),
    "deep nesting of parameters": lambda d: replace(d, changes=(("To", "<sip:a@127.0.0.1>" + ";p" * 2000),)),
}
"""Illegal in one way each."""


def hostile(user: str, host: str, port: int) -> Iterator[tuple[str, bytes]]:
    """Every kind by its name, sent as if from host:port."""
    for name, spoil in (ODD | BROKEN).items():
        yield name, bytes(spoil(Draft(user, host, port)))
    yield "nothing but line ends", b"\r\n\r\n"
    yield "no SIP at all", bytes(range(256)) * 4
    yield "a single octet", b"\x00"
    yield "the longest datagram", b"A" * 60000


def damaged(user: str, host: str, port: int, *, count: int, seed: int) -> Iterator[bytes]:
    """`count` good INVITEs and OPTIONS with octets changed, cut, doubled or swapped."""
    dice = random.Random(seed)
    for number in range(count):
        draft = Draft(user, host, port)
        data = bytearray(bytes(_invite(draft) if number % 2 else draft))
        for _ in range(dice.randint(1, 8)):
            place = dice.randrange(len(data))
            match dice.randrange(4):
                case 0:
                    data[place] = dice.randrange(256)
                case 1:
                    del data[place : place + dice.randint(1, 30)]
                case 2:
                    data[place:place] = data[place : place + dice.randint(1, 60)]
                case _:
                    data[place:place] = bytes(dice.choice((0, 13, 10, 34, 60, 62, 255)) for _ in range(3))
        yield bytes(data)
