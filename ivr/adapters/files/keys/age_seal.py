"""Sealing to public keys with age (https://age-encryption.org/v1): what the stock `age` tool opens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pyrage

from ivr.errors import OperatorError, SealError

_KINDS = (
    (
        re.compile("AGE-(SECRET-KEY|PLUGIN-)", re.I),
        "is a SECRET key and opens what is sealed to it. Give the public one",
    ),
    (re.compile("age1(yubikey|se|tpm|fido2-hmac)1"), "belongs to a plugin of age, which is not supported here"),
    (
        re.compile("age1(pq|tag|tagpq)1"),
        "is of a newer kind of age (post-quantum or tagged), which is not supported here",
    ),
    (re.compile("ssh-|ecdsa-"), "is an SSH key, which is not supported here"),
    (re.compile("age1"), "was mistyped: a character is missing, added or wrong"),
)
"""What people give as a recipient that is none, and what is said of it. What was given is never repeated."""
_PUBLIC = "An age recipient begins with age1 and has 62 characters; age-keygen prints it as 'public key'"


def parse_recipient(text: str) -> str:
    """A public key of age as it is written, without spaces around it. Raises OperatorError, which never repeats it."""
    text = text.strip()
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:  # its words hold what was given
        said = next((said for kind, said in _KINDS if kind.match(text)), "is no key of age")
        raise OperatorError(f"what was given as recipient {said}. {_PUBLIC}") from None
    return text


def encrypt_to(recipients: Sequence[str], plain: bytes) -> bytes:
    """An age file. Raises OperatorError when a recipient is none."""
    keys = [pyrage.x25519.Recipient.from_str(parse_recipient(text)) for text in recipients]
    try:
        return bytes(pyrage.encrypt(plain, keys))
    except pyrage.EncryptError as error:
        raise SealError("it could not be encrypted") from error


class AgeSealer:
    """Seals to public keys of age."""

    def recipient(self, typed: str) -> str:
        """A public key as it is written. Raises OperatorError, which never repeats what was typed."""
        return parse_recipient(typed)

    def seal(self, recipients: Sequence[str], plain: bytes) -> bytes:
        """An age file. Raises SealError, OperatorError."""
        return encrypt_to(recipients, plain)


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
