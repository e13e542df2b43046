"""Passwords: which are taken, and what is kept of one."""

from __future__ import annotations

import unicodedata

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from ivr.errors import OperatorError

LEAST, MOST = 12, 128
"""Characters (OWASP ASVS 4.0.3, 2.1.1 and 2.1.2)."""
LEAST_DIFFERENT = 5
"""Characters that differ: "aaaaaaaaaaaa" is none."""
SALT_BYTES = 16
_ITERATIONS, _LANES, _MEMORY_KIB, _BYTES = 3, 4, 64 * 1024, 32
"""The second recommended choice of RFC 9106, 4: for where memory is scarce. A tenth of a second."""


def check_password(password: str, *, name: str) -> None:
    """Raises OperatorError for one that is too easy to guess."""
    plain = _plain(password)
    if not LEAST <= len(plain) <= MOST:
        raise OperatorError(f"a password has {LEAST} to {MOST} characters: a few words in a row do well")
    if len(set(plain)) < LEAST_DIFFERENT or name.partition(":")[2] in plain.lower():
        raise OperatorError("that password is guessed at once: take a few words that have nothing to do with you")


def password_hash(password: str, *, salt: bytes) -> str:
    """What is kept of it, in the PHC format: $argon2id$v=19$m=…,t=…,p=…$salt$hash."""
    kdf = Argon2id(salt=salt, length=_BYTES, iterations=_ITERATIONS, lanes=_LANES, memory_cost=_MEMORY_KIB)
    return kdf.derive_phc_encoded(_plain(password).encode("utf-8", "surrogatepass"))


def is_password(password: str, kept: str) -> bool:
    """Whether it is the one that was kept. Costs the same where nothing is kept: who tries learns nothing by time."""
    if not kept or len(password) > MOST:
        password_hash(password[:MOST], salt=bytes(SALT_BYTES))
        return False
    try:
        Argon2id.verify_phc_encoded(_plain(password).encode("utf-8", "surrogatepass"), kept)
    except InvalidKey:
        return False
    return True


def _plain(password: str) -> str:
    """Keyboards write the same letter in several ways (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
