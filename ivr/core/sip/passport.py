"""What a carrier signed of a call: a SHAKEN PASSporT in an Identity header (RFC 8224, RFC 8225, RFC 8588).

Rule: no word of it counts before its signature was found good by a certificate of ours; then it must be about this
call, and of now. It names where its certificate lies, and nothing is fetched from there: the name is looked up in our
own list.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from ivr.core.sip.e164 import e164
from ivr.errors import PeerError

FAILED: Final = "failed"
LETTERS: Final = frozenset("ABC")
"""Full, partial and gateway attestation (RFC 8588 4)."""
FRESH_SECONDS: Final = 60.0
"""How old, or how far ahead of our clock, it may be (RFC 8224 5.2.1)."""
SIGNATURE_BYTES: Final = 64
"""ES256: two numbers of 32 octets (RFC 7518 3.4)."""
_WORD = re.compile(r"[A-Za-z0-9_-]+")
_PARAMETER = re.compile(r';\s*(\w+)\s*=\s*(?:"([^"]*)"|<([^>]*)>|([^;\s]*))')


@dataclass(frozen=True, slots=True)
class Passport:
    """One, as it came: nothing of it is proved."""

    x5u: str
    """Where its signer says that the certificate lies."""
    signed: bytes = field(repr=False)
    """Octets that the signature is over."""
    signature: bytes = field(repr=False)
    attest: str = ""
    orig: str = field(repr=False, default="")
    """The caller's number, digits only."""
    dest: tuple[str, ...] = field(repr=False, default=())
    """Numbers that were called, digits only."""
    issued_at: float = 0.0
    """Seconds since 1970."""

    @staticmethod
    def parse(identity: str) -> Passport:
        """The value of an Identity header. Raises PeerError: it is none of SHAKEN, or not well-formed."""
        token, _, _ = identity.strip().partition(";")
        parameters = {name.lower(): a or b or c for name, a, b, c in _PARAMETER.findall(identity)}
        if parameters.get("ppt", "shaken") != "shaken" or parameters.get("alg", "ES256") != "ES256":
            raise PeerError("it is not signed as SHAKEN asks for")
        parts = token.strip().split(".")
        if len(parts) != 3 or not all(map(_WORD.fullmatch, parts)):
            raise PeerError("a PASSporT has a header, claims and a signature, each in base64url")
        header, claims = _object(parts[0]), _object(parts[1])
        if (header.get("alg"), header.get("ppt"), header.get("typ")) != ("ES256", "shaken", "passport"):
            raise PeerError("its header says that it is not SHAKEN's")
        x5u, signature = header.get("x5u"), _octets(parts[2])
        if not isinstance(x5u, str) or len(signature) != SIGNATURE_BYTES:
            raise PeerError("it names no certificate, or its signature is no ES256")
        orig, dest, issued = claims.get("orig"), claims.get("dest"), claims.get("iat")
        numbers = dest.get("tn") if isinstance(dest, dict) else None
        if not isinstance(orig, dict) or not isinstance(numbers, list) or not _is_time(issued):
            raise PeerError("it says not who calls whom, or when")
        return Passport(
            x5u, f"{parts[0]}.{parts[1]}".encode(), signature, str(claims.get("attest", "")),
            _digits(str(orig.get("tn", ""))), tuple(_digits(str(one)) for one in numbers), float(str(issued)),
        )  # fmt: skip


Judge = Callable[[Passport], bool | None]
"""Whether its signature is good by a certificate that we hold, is valid now and believe; None: we hold none for it."""


def attested_by(
    identities: Collection[str], *, caller: str, called: Collection[str], country: str, now: float, judge: Judge
) -> str:
    """What an INVITE's Identity headers prove: A, B, C or failed; empty: there is none whose certificate we hold.

    `caller` and `called`: numbers of this call, in any form of `country`; `now`: seconds since 1970.
    """
    for identity in identities:
        try:
            passport = Passport.parse(identity)
        except PeerError:
            return FAILED
        sound = judge(passport)
        if sound is None:
            continue
        ours = {_digits(e164(number, country)) for number in called}
        about_this = passport.orig == _digits(e164(caller, country)) and not ours.isdisjoint(passport.dest)
        if not sound or not about_this or not passport.orig or abs(now - passport.issued_at) > FRESH_SECONDS:
            return FAILED
        return passport.attest if passport.attest in LETTERS else FAILED
    return ""


def _is_time(value: object) -> bool:
    """Seconds since 1970, and no number that is longer than time is."""
    return type(value) is int and 0 <= value < 1 << 40


def _digits(number: str) -> str:
    return number.removeprefix("+")


def _octets(word: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
    except (ValueError, binascii.Error) as error:
        raise PeerError("it is not base64url") from error


def _object(word: str) -> dict[str, object]:
    try:
        found = json.loads(_octets(word))
    except (ValueError, RecursionError) as error:
        raise PeerError("it is not JSON") from error
    if not isinstance(found, dict):
        raise PeerError("it is no JSON object")
    return found
