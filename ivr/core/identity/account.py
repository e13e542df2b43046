"""What the engine itself keeps of a customer's account: never a PIN, only what checks one, and the seed of codes.

Rule: one counter an account and factor, and one lock for all of them. A success of one factor forgives no failure of
another: who has stolen the PIN would else guess codes for ever, and clear the count in between.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from ivr.core.identity.totp import SEED_BYTES, Totp, taken
from ivr.core.typed import Written
from ivr.errors import OperatorError

ACCOUNT: Final = re.compile(r"[0-9A-Za-z-]{1,34}")
"""An account, a card, a customer's number: an IBAN has 34 characters (ISO 13616)."""
PIN_LEAST, PIN_MOST = 6, 12
"""Digits of a PIN that is chosen (ISO 9564-1 allows 4 to 12). Five attempts and then a lock that doubles, up to a day,
come to some 1,800 a year: a fifth of all PINs of four digits, and a five-hundredth of those of six."""
SALT_BYTES: Final = 16
SEED_LEAST, SEED_MOST = 16, 64
"""Bytes (RFC 4226, 4: at least 128 bits)."""
_MEMORY_KIB, _ITERATIONS, _LANES, _BYTES = 19 * 1024, 2, 1, 32
"""OWASP's first choice for Argon2id in small memory: the hub checks PINs beside all else that it does. A few digits are
found by trying all the same; what protects them is the seal, and the lock."""
_ALIKE: Final = 2
"""Different digits of a PIN that has too few."""
_PHC: Final = re.compile(
    r"\$argon2id\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,86})"
)
_MEMORY_MOST, _ITERATIONS_MOST, _LANES_MOST = 64 * 1024, 4, 4
"""Of a hash that was made elsewhere: a caller makes us compute it."""


class FactorKind(Written):
    """What of an account may be proved. Also the query of the source `accounts`."""

    PIN = "pin"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class AccountSecrets:
    """By what an account's owner proves that they are. Sealed wherever it is kept."""

    pin: str = field(default="", repr=False)
    """Argon2id, in the PHC format; empty: there is none."""
    pin_at: float = 0.0
    """When it was set, seconds since the epoch."""
    seed: str = field(default="", repr=False)
    """Of one-time codes (RFC 6238), hex; empty: there is none."""
    step: int = -1
    """Of the last code that was taken."""

    def has(self, kind: FactorKind) -> bool:
        """Whether there is something to prove."""
        return bool(self.pin if kind is FactorKind.PIN else self.seed)

    def coded(self, typed: str, *, now: float) -> AccountSecrets | None:
        """What remembers that this code was taken; None when it is wrong, or was taken already."""
        totp = taken(Totp(bytes.fromhex(self.seed) or bytes(SEED_BYTES), self.step), typed, now=now)
        return None if totp is None or not self.seed else replace(self, step=totp.step)


def account_of(typed: str) -> str:
    """An account as it is kept: without spaces. Raises OperatorError."""
    found = "".join(typed.split())
    if not ACCOUNT.fullmatch(found):
        raise OperatorError("an account is 1 to 34 letters, digits and hyphens")
    return found


def claim(account: str) -> str:
    """Under which attempts at an account are counted."""
    return f"accounts|{account}"


def check_pin(pin: str, account: str) -> None:
    """Raises OperatorError for one that is tried first. The text does not hold it."""
    if not re.fullmatch(rf"[0-9]{{{PIN_LEAST},{PIN_MOST}}}", pin):
        raise OperatorError(f"a PIN is {PIN_LEAST} to {PIN_MOST} digits")
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    repeated = any(pin == pin[:size] * (len(pin) // size) for size in range(1, len(pin) // 2 + 1))
    if steps <= {1} or steps <= {9} or repeated or len(set(pin)) <= _ALIKE or pin in account or pin in account[::-1]:
        raise OperatorError(
            "that PIN is guessed first: not digits in a row, not the same ones again and again, not of the account"
        )


def pin_hash(pin: str, *, salt: bytes) -> str:
    """What is kept of it."""
    kdf = Argon2id(salt=salt, length=_BYTES, iterations=_ITERATIONS, lanes=_LANES, memory_cost=_MEMORY_KIB)
    return kdf.derive_phc_encoded(pin.encode())


def made_elsewhere(phc: str) -> str:
    """An Argon2id hash that the bank has already. Raises OperatorError when it is none, or costs too much to check."""
    found = _PHC.fullmatch(phc)
    if found is None:
        raise OperatorError("a PIN's hash is Argon2id in the PHC format: $argon2id$v=19$m=…,t=…,p=…$salt$hash")
    memory, iterations, lanes = (int(found[number]) for number in (1, 2, 3))
    if memory > _MEMORY_MOST or not 1 <= iterations <= _ITERATIONS_MOST or not 1 <= lanes <= _LANES_MOST:
        raise OperatorError(f"a PIN's hash has at most m={_MEMORY_MOST}, t={_ITERATIONS_MOST}, p={_LANES_MOST}")
    is_pin("", phc)  # whether it can be computed
    return phc


def is_pin(typed: str, kept: str) -> bool:
    """Whether it is the one that was kept. Costs the same where nothing is kept: who tries learns nothing by time.

    Raises OperatorError when what is kept is no hash.
    """
    if not kept or not re.fullmatch(r"[0-9]{1,12}", typed or "0"):
        hmac.compare_digest(pin_hash(typed[:PIN_MOST], salt=bytes(SALT_BYTES)), kept or "-")
        return False
    try:
        Argon2id.verify_phc_encoded(typed.encode(), kept)
    except InvalidKey:
        return False
    except ValueError as error:
        raise OperatorError("a PIN's hash cannot be computed: its salt or cost is out of range") from error
    return True


def seed_of(written: str) -> str:
    """A seed as an authenticator's application reads it (base32, RFC 4648), as it is kept. Raises OperatorError."""
    plain = "".join(written.split()).upper().rstrip("=")
    try:
        seed = base64.b32decode(plain + "=" * (-len(plain) % 8))
    except (binascii.Error, ValueError):
        seed = b""
    if not SEED_LEAST <= len(seed) <= SEED_MOST:
        raise OperatorError(f"a seed of codes is {SEED_LEAST} to {SEED_MOST} bytes, written in base32")
    return seed.hex()
