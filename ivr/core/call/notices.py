"""Notices to systems outside: a call ended, a warning was not acknowledged, an alarm. What they say, and their proof.

Rules: a notice holds a call's id and facts that are no caller's: never a number, a word, a key or what was looked up.
It is signed as Standard Webhooks says (standardwebhooks.com, 1.0): HMAC-SHA256 over its id, the time and its body. It
is sent at least once: whoever receives it tells a repetition by its id.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import SplitResult, urlsplit

from ivr.core.audit.entry import AuditEntry
from ivr.core.call.flags import flags
from ivr.core.call.record import CallRecord
from ivr.errors import OperatorError

CALL_ENDED, WARNING_REFUSED, ALARM, TEST = "call.ended", "disclosure.refused", "alarm.raised", "webhook.test"
EVENTS: Final = (CALL_ENDED, WARNING_REFUSED, ALARM)
"""What can be asked for."""
SOURCES: Final = {"call.ended": CALL_ENDED, "disclosure.unacknowledged": WARNING_REFUSED}
"""Action of the log -> what is told of it."""
NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with
SECRET_BYTES = (24, 64)
"""Of a secret, at least and at most (Standard Webhooks, "Signature scheme")."""
URL_CHARACTERS = 500
PAUSES: Final = (5.0, 30.0, 120.0, 600.0, 3600.0)
"""Seconds after the first failure, the second …; the last one is for all that follow."""
TOO_OLD_SECONDS: Final = 7 * 86400.0
"""What could not be told for so long is dropped, and counted."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where notices go."""

    name: str
    url: str
    events: tuple[str, ...]
    secret: bytes = field(repr=False)
    inside: bool = False
    """It may be in the bank's own network; else only addresses of the internet are spoken to."""
    made_at: float = 0.0
    """Seconds since the epoch, as all times."""
    entry: int = 0
    """Entries of the log below this one were told, or were before its time."""
    alarm_at: float = 0.0
    """Alarms up to this time were told."""
    failures: int = 0
    """In a row."""
    next_at: float = 0.0
    """Nothing is sent before."""
    told: int = 0
    dropped: int = 0
    last: str = ""
    """What the last try came to."""

    def failed(self, why: str, *, now: float) -> Target:
        """After a try that failed: the next one waits."""
        pause = PAUSES[min(self.failures, len(PAUSES) - 1)]
        return replace(self, failures=self.failures + 1, next_at=now + pause, last=why)

    def took(self, how: str) -> Target:
        """After one that was taken."""
        return replace(self, failures=0, next_at=0.0, told=self.told + 1, last=how)


@dataclass(frozen=True, slots=True)
class Notice:
    """One of them."""

    id: str
    """The same however often it is sent."""
    event: str
    at: float
    """When it happened."""
    data: Mapping[str, object]

    def body(self) -> bytes:
        """What is sent."""
        at = datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        told = {"type": self.event, "timestamp": at, "data": dict(self.data)}
        return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


def checked(name: str, url: str, events: Sequence[str], secret: str, *, inside: bool) -> Target:
    """A target as it was typed. Raises OperatorError, which says what to write instead and never the secret."""
    if not NAME.fullmatch(name):
        raise OperatorError("a target's name is a small letter, then up to 31 of small letters, digits, _ and -")
    _address(url)
    if not events or set(events) - set(EVENTS):
        raise OperatorError(f"name what is told: {', '.join(EVENTS)}")
    return Target(name, url, tuple(sorted(set(events))), secret_bytes(secret), inside)


def secret_bytes(typed: str) -> bytes:
    """A secret as Standard Webhooks writes it, or its Base64 alone. Raises OperatorError."""
    try:
        secret = base64.b64decode(typed.strip().removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    least, most = SECRET_BYTES
    if not least <= len(secret) <= most:
        raise OperatorError(f"a secret is {least} to {most} random bytes in Base64: openssl rand -base64 32")
    return secret


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its address itself, which no name server can change."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def may_be_spoken_to(address: str, url: str, *, inside: bool) -> bool:
    """Whether an address that a target's name stands for is one that its operator meant.

    A name may be made to stand for a service of this machine or network (DNS rebinding): so it must be one of the
    internet, or of the bank's own network where that was said; never this machine, nor one that only this link knows.
    """
    host = urlsplit(url).hostname or ""
    parsed = ipaddress.ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    if is_loopback(host):
        return bool(mapped.is_loopback)
    if mapped.is_loopback or mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified or mapped.is_reserved:
        return False
    return mapped.is_global or inside


def headers(notice: Notice, secret: bytes, body: bytes, *, now: float) -> dict[str, str]:
    """What proves a notice: its id, the time, and the signature over both and the body."""
    at = str(int(now))
    mac = hmac.digest(secret, f"{notice.id}.{at}.".encode() + body, "sha256")
    return {
        "Content-Type": "application/json",
        "webhook-id": notice.id,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def of_entry(number: int, entry: AuditEntry, record: CallRecord | None) -> Notice:
    """What is told of an entry of SOURCES. `record`: of its call, if it is known."""
    data: dict[str, object] = {"call": entry.subject, "entry": number}
    if record is not None:
        data |= {
            "dialplan": record.dialplan,
            "outcome": str(record.outcome),
            "identity": str(record.identity),
            "seconds": round(record.ended_at - record.started_at, 1) if record.ended_at is not None else None,
            "flags": list(flags(record)),
            "recorded": record.recording_id is not None,
            "refused": sorted({one.disclosure for one in record.disclosures if not one.acknowledged_by}),
        }
    return Notice(f"entry-{number}", SOURCES[entry.action], entry.at, data)


def of_alarm(at: float, kind: str, call: str | None) -> Notice:
    """What is told of an alarm: its kind and its call. Its text stays here: it may name what others sent."""
    return Notice(f"alarm-{kind}-{at:.6f}", ALARM, at, {"kind": kind, "call": call})


def _address(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= URL_CHARACTERS
    if not usable or not plain or parts.username or parts.password or parts.fragment:
        raise OperatorError("a target's address reads https://HOST/PATH, without a name or password in it")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise OperatorError(
            "a target is spoken to over https; http is for this machine alone (http://127.0.0.1:PORT/…)"
        )
    return parts
