"""Keys in SIP INFO (application/dtmf-relay, application/dtmf): what a body says, strictly, and what is answered.

Neither type was ever standardized. What phones and gateways write: `Signal=5`, `Duration=100`, one a line, names in
any case; or the sign alone. A sign may be written as its event code (RFC 4733 3.2): 10 is *, 11 is #, 12 to 15 are A
to D. Any other word is no key, however it begins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from ivr.core.media.telephone_event import KEYS

SERVED: Final = ("application/dtmf-relay", "application/dtmf")
LARGEST_BODY: Final = 256
"""Octets. A real body has some thirty."""
OK: Final = 200
BAD_REQUEST: Final = 400
UNSUPPORTED_TYPE: Final = 415
NO_CALL: Final = 481
BAD_PACKAGE: Final = 469
"""We have agreed to no info package (RFC 6086 4.2.2)."""
OUT_OF_ORDER: Final = 500
"""Lower than a request that was served (RFC 3261 12.2.2)."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_DURATION = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """What an INFO is answered with, and the key it carries; empty: none of the keys."""

    status: int
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SipRequest:
    """As much of a request as keys need. From the wire: believe no field before it was compared."""

    method: str
    call_id: str
    from_tag: str
    to_tag: str
    sequence: int
    """Of CSeq; -1: not there."""
    content_type: str
    package: str
    """Info-Package (RFC 6086); empty: none."""
    body: bytes = field(repr=False)


def read_request(message: bytes) -> SipRequest | None:
    """A request's text; None for what is none. Never raises: the octets are a stranger's."""
    head, _, body = message.partition(b"\r\n\r\n")
    lines = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "replace")).split("\r\n")
    first = lines[0].split(" ")
    if len(first) != 3 or first[2].upper() != "SIP/2.0":
        return None
    fields: dict[str, str] = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields.setdefault(_LONG.get(name.strip().lower(), name.strip().lower()), value.strip())
    number = fields.get("cseq", "").split(" ")[0]
    length = fields.get("content-length", "")
    if length.isascii() and length.isdigit() and len(length) < 6:
        body = body[: int(length)]  # octets behind the body are no part of it (RFC 3261 18.3)
    return SipRequest(
        method=first[0].upper(),  # the library below compares it so
        call_id=fields.get("call-id", ""),
        from_tag=_tag(fields.get("from", "")),
        to_tag=_tag(fields.get("to", "")),
        sequence=int(number) if number.isascii() and number.isdigit() and len(number) < 11 else -1,
        content_type=fields.get("content-type", ""),
        package=fields.get("info-package", ""),
        body=body,
    )


_LONG: Final = {"i": "call-id", "f": "from", "t": "to", "c": "content-type", "l": "content-length"}
"""Compact forms (RFC 3261 7.3.3)."""


def _tag(value: str) -> str:
    """The tag of From or To: a parameter of the header, not one of the address in < >."""
    found = re.search(r";\s*tag\s*=\s*([^;\s>]+)", value.rpartition(">")[2] if ">" in value else value, re.IGNORECASE)
    return found.group(1) if found else ""


def key_of(word: str) -> str:
    """The key that a word stands for; empty: none."""
    if len(word) == 1 and word.upper() in KEYS:
        return word.upper()
    return KEYS[int(word)] if word in ("10", "11", "12", "13", "14", "15") else ""


def read_info(content_type: str, body: bytes, *, package: str = "") -> KeyInfo:
    """What to make of an INFO within a call."""
    if package:
        return KeyInfo(BAD_PACKAGE)
    kind = content_type.partition(";")[0].strip().lower()
    if not body and kind in ("", *SERVED):
        return KeyInfo(OK if not kind else BAD_REQUEST)  # one without a body asks whether we are there
    if kind not in SERVED:
        return KeyInfo(UNSUPPORTED_TYPE)
    if len(body) > LARGEST_BODY or not body.isascii() or re.search(rb"[^\r\n\t -~]", body):
        return KeyInfo(BAD_REQUEST)
    lines = [line.strip() for line in re.split(r"\r\n|\r|\n", body.decode("ascii")) if line.strip()]
    if kind == "application/dtmf" and len(lines) == 1 and "=" not in lines[0]:
        return KeyInfo(OK, key_of(lines[0]))
    return _relayed(lines)


def _relayed(lines: list[str]) -> KeyInfo:
    """`Signal=`, once; `Duration=`, at most once; other names may stand there and mean nothing."""
    fields: dict[str, str] = {}
    for line in lines:
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not _NAME.fullmatch(name) or name.lower() in fields:
            return KeyInfo(BAD_REQUEST)
        fields[name.lower()] = value
    if not fields.get("signal") or not _DURATION.fullmatch(fields.get("duration", "0")):
        return KeyInfo(BAD_REQUEST)
    return KeyInfo(OK, key_of(fields["signal"]))


class InfoOrder:
    """One dialog's requests by their CSeq (RFC 3261 12.2.2): a key that comes twice or too late is no key.

    UDP loses and reorders. A request that overtook another shows it by its number: then a key is missing whose place
    is before this one, and it is refused when it comes.
    """

    HABIT: Final = 3
    """Steps of one size in a row that show how a peer counts, which should be by one (12.2.1.1)."""
    KEPT: Final = 32
    """Answers that are kept for requests that come again: a person presses fewer keys in the 32 s of timer F."""

    __slots__ = ("_alike", "_answers", "_last", "_step")

    def __init__(self) -> None:
        self._last = -1
        self._step, self._alike = 1, 0
        """The latest step from one request to the next, and how often in a row."""
        self._answers: dict[int, KeyInfo] = {}

    def began(self, sequence: int) -> None:
        """CSeq of the INVITE that made the dialog, which its ACK repeats: the far end's first request is the next."""
        self._last = max(self._last, sequence)

    @property
    def has_keys(self) -> bool:
        """Whether any INFO was served."""
        return bool(self._answers)

    def repeated(self, sequence: int) -> KeyInfo | None:
        """What a request is answered with that is no new one; None for a new one."""
        if sequence > self._last:
            return None
        if sequence in self._answers:
            return KeyInfo(self._answers[sequence].status)
        return KeyInfo(OUT_OF_ORDER)

    def follows(self, sequence: int, answer: KeyInfo | None = None) -> bool:
        """A new request, and what it is answered with if by us; returns whether one before it may be missing."""
        step, first = sequence - self._last, self._last < 0
        if step <= 0:
            return False
        self._last = sequence
        if answer is not None:
            self._answers[sequence] = answer
            if len(self._answers) > self.KEPT:
                del self._answers[next(iter(self._answers))]
        if first:
            return False
        self._alike = self._alike + 1 if step == self._step else 1
        self._step = step
        return step != 1 and self._alike < self.HABIT
