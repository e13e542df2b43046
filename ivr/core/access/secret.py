"""Secrets that somebody carries (a session, an invitation, a machine's token): only a hash of one is kept.

SHA-256 is enough, as 256 random bits cannot be guessed: a slow hash is for what people choose.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from enum import StrEnum

SECRET_BYTES = 32
"""Random bytes of a secret."""


class Kind(StrEnum):
    """What it opens: its first letters, so that a leaked one is found by a search and taken for nothing else."""

    SESSION = "ivrs_"
    INVITATION = "ivri_"
    TOKEN = "ivrt_"  # noqa: S105 - a prefix
    STATE = "ivro_"
    """Names a sign-in that a provider was asked for."""


def made(kind: Kind, random: bytes) -> str:
    """The secret as it is carried: ASCII letters, digits, - and _."""
    return kind + base64.urlsafe_b64encode(random).rstrip(b"=").decode()


def digest(secret: str) -> str:
    """What is kept of it: SHA-256, hex."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def derived(secret: str, purpose: str) -> str:
    """Another secret that only who carries this one can make: 64 hex digits."""
    return hmac.digest(secret.encode("utf-8", "surrogatepass"), purpose.encode(), "sha256").hex()
