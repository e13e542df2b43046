"""Files with a key store's secret, passphrase or PIN: readable by their owner only, never shown."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ivr.errors import OperatorError

MIN_CHARACTERS = 12
"""A shorter passphrase is guessed in spite of Argon2id."""


def read_passphrase(path: Path) -> bytes:
    """The passphrase, without its line's end. Raises OperatorError: missing, empty, or readable by others."""
    data = _read(
        path,
        "passphrase",
        "restore it from its backup; only an engine that has sealed nothing yet gets a new one, from 'ivr keys init'",
    )
    if len(data) < MIN_CHARACTERS:
        raise OperatorError(f"the passphrase in {path} has fewer than {MIN_CHARACTERS} characters; use a longer one")
    return data


def read_pin(path: Path) -> bytes:
    """The PIN of a token, without its line's end. Raises OperatorError: missing, empty, or readable by others."""
    data = _read(path, "PIN", "write the token's user PIN into it (chmod 600) and name it in keys.pin_file")
    if not data.isascii() or not data:
        raise OperatorError(f"the PIN file {path} is empty or holds something else than a PIN")
    return data


def read_client_secret(path: Path) -> str:
    """What proves the engine to a provider of OpenID Connect. Raises OperatorError, as above."""
    return _read(path, "provider's client secret", "the provider shows it").decode("utf-8", "replace")


def read_webhook_secret(path: Path) -> str:
    """What signs notices for one target, as its owner gave it. Raises OperatorError, as above."""
    return _read(path, "webhook's secret", "openssl rand -base64 32 makes one").decode("utf-8", "replace")


def _read(path: Path, what: str, remedy: str) -> bytes:
    try:
        mode = path.stat().st_mode
        data = path.read_bytes().rstrip(b"\r\n")
    except FileNotFoundError as error:
        raise OperatorError(f"no {what} file {path}; {remedy}") from error
    except OSError as error:
        raise OperatorError(f"the {what} file {path} cannot be read: {error.strerror}") from error
    if mode & 0o077:
        raise OperatorError(f"others may read the {what} file {path}; run: chmod 600 {path}")
    return data


def create_passphrase(path: Path) -> None:
    """Write a new random passphrase (256 bits) to a file that only its owner reads. Never overwrites."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise OperatorError(f"the passphrase file {path} cannot be created: {error.strerror}") from error
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
