"""Sealing to public keys with age (https://age-encryption.org/v1): what the stock `age` tool opens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyrage

from ivr.errors import OperatorError, SealError


def encrypt_to(recipients: Sequence[str], plain: bytes) -> bytes:
    """An age file. Raises OperatorError when a recipient is none."""
    keys = []
    for text in recipients:
        try:
            keys.append(pyrage.x25519.Recipient.from_str(text))
        except pyrage.RecipientError as error:
            raise OperatorError(f"{text} is not an age recipient: it begins with age1; see 'age-keygen'") from error
    try:
        return bytes(pyrage.encrypt(plain, keys))
    except pyrage.EncryptError as error:
        raise SealError("it could not be encrypted") from error


def decrypt_with(identity_file: Path, sealed: bytes) -> bytes:
    """What was sealed to one of the identities in a file of `age-keygen`. Raises OperatorError or SealError."""
    try:
        lines = identity_file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"the identity file {identity_file} cannot be read") from error
    try:
        identities = [pyrage.x25519.Identity.from_str(line.strip()) for line in lines if line.startswith("AGE-SECRET")]
    except pyrage.IdentityError as error:
        raise OperatorError(f"{identity_file} holds a damaged identity") from error
    if not identities:
        raise OperatorError(f"{identity_file} holds no age identity (a line AGE-SECRET-KEY-1...)")
    try:
        return bytes(pyrage.decrypt(sealed, identities))
    except pyrage.DecryptError as error:
        raise SealError("it was not sealed to this identity, or it was altered") from error


def new_identity() -> tuple[str, str]:
    """A fresh identity: (secret line, public key)."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())
