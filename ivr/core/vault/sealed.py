"""Small things sealed whole under a data key: a voiceprint, a database row's personal fields, a manifest.

Rule: the context (what it is, whose, which row) is authenticated with it; a sealed thing does not open elsewhere.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ivr.errors import BugError, SealError

NONCE_BYTES = 12
"""A fresh random nonce for each sealing (NIST SP 800-38D 8.2.2; far fewer than 2^32 a key)."""
_VERSION = b"\x01"


def seal(plain: bytes, *, key: bytes, context: bytes, nonce: bytes) -> bytes:
    """Version, nonce, ciphertext and tag (AES-256-GCM)."""
    if len(nonce) != NONCE_BYTES:
        raise BugError(f"a nonce has {NONCE_BYTES} bytes")
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, plain, _VERSION + context)


def unseal(sealed: bytes, *, key: bytes, context: bytes) -> bytes:
    """What was sealed. Raises SealError: altered, wrong key, or put where it does not belong."""
    if sealed[:1] != _VERSION:
        raise SealError("a sealed item is damaged, or of another version")
    try:
        return AESGCM(key).decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], _VERSION + context)
    except (InvalidTag, ValueError) as error:
        raise SealError("a sealed item was altered, moved, or sealed with another key") from error
