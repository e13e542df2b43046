"""One-time codes of an authenticator's application (RFC 6238): SHA-1, six digits, half a minute, as all of them do.

Ten lines of our own: a package would bring the same ten, and not the rule that no code is taken twice.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field, replace
from urllib.parse import quote

STEP_SECONDS = 30
DIGITS = 6
WINDOW = 1
"""Steps before and after now of which a code is taken: clocks differ, and people type slowly (RFC 6238, 5.2)."""
SEED_BYTES = 20
"""As many as the hash gives (RFC 4226, 4)."""


@dataclass(frozen=True, slots=True)
class Totp:
    """What makes one-time codes."""

    seed: bytes = field(repr=False)
    step: int = -1
    """Of the last code that was taken: neither it nor an earlier one is taken again."""


def code(seed: bytes, step: int) -> str:
    """The code of a step of time."""
    mac = hmac.digest(seed, step.to_bytes(8, "big"), "sha1")
    at = mac[-1] & 0x0F
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def taken(totp: Totp, typed: str, *, now: float) -> Totp | None:
    """What remembers that this code was taken; None when it is wrong, or was taken already."""
    typed = "".join(typed.split())
    at = int(now // STEP_SECONDS)
    for step in range(max(0, at - WINDOW), at + WINDOW + 1):
        right = hmac.compare_digest(code(totp.seed, step).encode(), typed.encode("utf-8", "surrogatepass"))
        if right and step > totp.step:
            return replace(totp, step=step)
    return None


def uri(seed: bytes, *, name: str, issuer: str) -> str:
    """What an authenticator's application reads, as text or from a picture (Google's Key URI format)."""
    secret = base64.b32encode(seed).decode()
    return f"otpauth://totp/{quote(issuer)}:{quote(name)}?secret={secret}&issuer={quote(issuer)}"
