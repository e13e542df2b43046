"""SIP messages (RFC 3261) as values: parse, build, answer a challenge. No sockets here.

Written apart from the engine's own SIP stack on purpose: a robot that shared its parser would share its mistakes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ivr.errors import PeerError

COMPACT = {
    "c": "content-type",
    "f": "from",
    "i": "call-id",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "s": "subject",
    "t": "to",
    "v": "via",
    "x": "session-expires",
}
"""Compact header names (RFC 3261 7.3.3, RFC 4028 4)."""
LISTS = {"via", "route", "record-route", "contact", "supported", "require", "allow"}
"""Headers whose values may share one line, parted by commas."""
BRANCH_COOKIE = "z9hG4bK"
"""Every branch begins so (RFC 3261 8.1.1.7)."""


def canonical(name: str) -> str:
    """Lower-case long form of a header's name."""
    lowered = name.strip().lower()
    return COMPACT.get(lowered, lowered)


@dataclass(frozen=True, slots=True)
class Headers:
    """Header lines in their order."""

    items: tuple[tuple[str, str], ...] = ()

    def all(self, name: str) -> list[str]:
        """Every value of a header; lines with several values are split."""
        wanted = canonical(name)
        values = [value for key, value in self.items if canonical(key) == wanted]
        return [part for value in values for part in split_list(value)] if wanted in LISTS else values

    def get(self, name: str, default: str = "") -> str:
        """First value, or `default`."""
        return next(iter(self.all(name)), default)

    def __contains__(self, name: str) -> bool:
        return any(canonical(key) == canonical(name) for key, _ in self.items)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.items)


@dataclass(frozen=True, slots=True)
class SipRequest:
    """A request as it stands on the wire."""

    method: str
    uri: str
    headers: Headers = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    def __bytes__(self) -> bytes:
        return _format(f"{self.method} {self.uri} SIP/2.0", self.headers, self.body)


@dataclass(frozen=True, slots=True)
class SipResponse:
    """A response as it stands on the wire."""

    code: int
    reason: str
    headers: Headers = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    def __bytes__(self) -> bytes:
        return _format(f"SIP/2.0 {self.code} {self.reason}", self.headers, self.body)


SipMessage = SipRequest | SipResponse


def _format(start: str, headers: Headers, body: bytes) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in headers), f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def split_list(value: str) -> list[str]:
    """Split at commas that are outside quotes and angle brackets."""
    parts, start, quoted, depth = [], 0, False, 0
    for index, char in enumerate(value):
        if char == '"' and value[index - 1 : index] != "\\":
            quoted = not quoted
        elif not quoted and char in "<>":
            depth += 1 if char == "<" else -1
        elif char == "," and not quoted and depth == 0:
            parts.append(value[start:index].strip())
            start = index + 1
    parts.append(value[start:].strip())
    return [part for part in parts if part]


def parse(data: bytes) -> SipMessage:
    """One whole message. Raises PeerError when it is not SIP."""
    head, separator, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not separator:
        raise PeerError("a SIP message has no end of headers")
    try:
        lines = re.sub(rb"\r\n[ \t]+", b" ", head).decode().split("\r\n")
    except UnicodeDecodeError as error:
        raise PeerError("a SIP message is not UTF-8") from error
    headers = Headers(tuple(_header(line) for line in lines[1:]))
    length = headers.get("content-length")
    if length.isdigit():
        body = body[: int(length)]
    kept = Headers(tuple(item for item in headers if canonical(item[0]) != "content-length"))
    if lines[0].startswith("SIP/2.0 "):
        _, code, reason = (lines[0] + " ").split(" ", 2)
        return SipResponse(int(code), reason.strip(), kept, body)
    try:
        method, uri, version = lines[0].split(" ")
    except ValueError as error:
        raise PeerError("a SIP message has no request or status line") from error
    if version != "SIP/2.0":
        raise PeerError("a SIP message is not of version 2.0")
    return SipRequest(method, uri, kept, body)


def _header(line: str) -> tuple[str, str]:
    name, separator, value = line.partition(":")
    if not separator:
        raise PeerError("a SIP header has no colon")
    return name.strip(), value.strip()


def uri_of(address: str) -> str:
    """The URI inside a name-addr or addr-spec header value."""
    match = re.search(r"<([^>]*)>", address)
    return match.group(1) if match else address.split(";", 1)[0].strip()


def parameter(address: str, name: str) -> str:
    """A header parameter's value (tag, branch, refresher ...), empty if it is absent."""
    outside = address.rsplit(">", 1)[-1]
    match = re.search(rf";\s*{re.escape(name)}\s*(?:=\s*\"?([^\";,\s]*)\"?)?(?=[;,\s]|$)", outside, re.IGNORECASE)
    return (match.group(1) or "") if match else ""


def host_and_port(uri: str) -> tuple[str, int]:
    """Where a SIP URI points; 5060 unless it says otherwise."""
    match = re.match(r"sips?:(?:[^@]*@)?([^:;?>\s]+)(?::(\d+))?", uri)
    if match is None:
        raise PeerError("a SIP URI has no host")
    return match.group(1), int(match.group(2) or 5060)


def user_of(uri: str) -> str:
    """The user part of a SIP URI, empty if it has none."""
    match = re.match(r"sips?:([^@:;]*)(?::[^@]*)?@", uri)
    return match.group(1) if match else ""


def is_loose(route: str) -> bool:
    """Whether a route's proxy is a loose router (RFC 3261 16.12)."""
    return re.search(r";lr(?=[;>=]|$)", uri_of(route)) is not None


def respond(request: SipRequest, code: int, reason: str, *, to_tag: str = "", extra: Headers | None = None,
            body: bytes = b"") -> SipResponse:  # fmt: skip
    """A response to `request` with the headers that must be copied (RFC 3261 8.2.6.2)."""
    copied: list[tuple[str, str]] = []
    for name, value in request.headers:
        key = canonical(name)
        if key == "to" and to_tag and not parameter(value, "tag"):
            copied.append((name, f"{value};tag={to_tag}"))
        elif key in {"via", "from", "to", "call-id", "cseq", "record-route"}:
            copied.append((name, value))
    return SipResponse(code, reason, Headers((*copied, *(extra or Headers()))), body)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user's name and password for digest authentication."""

    user: str
    password: str = field(repr=False)


def authorize(challenge: str, method: str, uri: str, who: Credentials, *, cnonce: str, count: int = 1) -> str:
    """The Authorization header's value for a Digest challenge (RFC 7616, MD5 or SHA-256, qop=auth)."""
    fields = dict(_fields(challenge))
    algorithm = fields.get("algorithm", "MD5")
    if algorithm.upper() not in {"MD5", "SHA-256"}:
        raise PeerError("the peer asks for a digest algorithm that we do not speak")
    digest = hashlib.md5 if algorithm.upper() == "MD5" else hashlib.sha256

    def hashed(*parts: str) -> str:
        return digest(":".join(parts).encode(), usedforsecurity=False).hexdigest()

    realm, nonce = fields.get("realm", ""), fields.get("nonce", "")
    secret, wanted = hashed(who.user, realm, who.password), hashed(method, uri)
    answer = f'Digest username="{who.user}", realm="{realm}", nonce="{nonce}", uri="{uri}", algorithm={algorithm}'
    if "auth" in fields.get("qop", "").replace(" ", "").split(","):
        nonce_count = f"{count:08x}"
        response = hashed(secret, nonce, nonce_count, cnonce, "auth", wanted)
        answer += f', qop=auth, nc={nonce_count}, cnonce="{cnonce}", response="{response}"'
    else:
        answer += f', response="{hashed(secret, nonce, wanted)}"'
    return answer + (f', opaque="{fields["opaque"]}"' if "opaque" in fields else "")


def _fields(challenge: str) -> list[tuple[str, str]]:
    found = re.findall(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))', challenge)
    return [(name.lower(), quoted or bare) for name, quoted, bare in found]
