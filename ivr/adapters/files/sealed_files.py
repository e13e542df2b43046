"""Sealed files of voices: each has a data key of its own, for as long as it is there, and opens under its own name.

With that key every version of a file is gone, those in backups too.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from ivr.core.vault.sealed import NONCE_BYTES, seal, unseal
from ivr.durable import sync_directory, translated, write_durably
from ivr.errors import EnvironmentFault, SealError
from ivr.ports.keys import ErasingKeyStore
from ivr.ports.voiceprints import ErasedFile

_CONTEXT = b"voiceprint/1/"


class SealedFiles:
    """Opened and sealed with the keys of one store."""

    def __init__(self, directory: Path, keys: ErasingKeyStore) -> None:
        self._directory = directory
        self._keys = keys

    def seal(self, path: Path, plain: bytes) -> None:
        """Write it, under the key that the file has, or a new one. Raises SealError, EnvironmentFault."""
        try:
            wrapped, kek_id, _ = unpacked(path)
            key = self._keys.open(wrapped, kek_id)
        except FileNotFoundError:
            issued = self._keys.issue()
            wrapped, kek_id, key = issued.wrapped, issued.kek_id, issued.key
        sealed = seal(plain, key=key, context=_context(path), nonce=os.urandom(NONCE_BYTES))
        write_durably(path, _envelope(wrapped, kek_id, sealed))

    def opened(self, path: Path) -> bytes:
        """What is in it. Raises SealError; FileNotFoundError when there is none."""
        wrapped, kek_id, sealed = unpacked(path)
        return unseal(sealed, key=self._keys.open(wrapped, kek_id), context=_context(path))

    def erase(self, paths: Sequence[Path]) -> list[ErasedFile]:
        """Keys first: what a crash leaves behind opens no more, nor does a copy in a backup."""
        wrapped = {path: unpacked(path)[0] for path in paths if path.exists()}
        self._keys.shred(list(wrapped.values()))
        with translated("a voiceprint cannot be removed"):
            for path in wrapped:
                path.unlink()
            if wrapped:
                sync_directory(self._directory)
        return [ErasedFile(path.suffix[1:], sha256(key).hexdigest()) for path, key in wrapped.items()]

    def alive(self, path: Path) -> bool:
        """Whether its key is still there. Raises SealError."""
        return self._keys.alive(unpacked(path)[0])

    def path(self, purpose: str, name: str, suffix: str) -> Path:
        """Of the file of this name: a keyed hash of it."""
        return self._directory / (self._keys.fingerprint(purpose, name.encode()).hex() + suffix)


def rewrapped(path: Path, rewrap: Callable[[bytes, str], tuple[bytes, str]], active: str) -> bool:
    """Wrap a file's key again, where another key than `active` wraps it; whether it was."""
    wrapped, kek_id, sealed = unpacked(path)
    if kek_id == active or (anew := rewrap(wrapped, kek_id)) == (wrapped, kek_id):
        return False
    write_durably(path, _envelope(*anew, sealed))
    return True


def _context(path: Path) -> bytes:
    return _CONTEXT + path.name.encode()


def _envelope(wrapped: bytes, kek_id: str, sealed: bytes) -> bytes:
    fields = {
        "version": 1,
        "kek_id": kek_id,
        "wrapped": base64.b64encode(wrapped).decode(),
        "sealed": base64.b64encode(sealed).decode(),
    }
    return json.dumps(fields).encode() + b"\n"


def _read(path: Path) -> bytes:
    """Raises FileNotFoundError, EnvironmentFault."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise EnvironmentFault(f"a voiceprint cannot be read: {error.strerror}") from error


def unpacked(path: Path) -> tuple[bytes, str, bytes]:
    """(wrapped key, its wrapper's id, sealed content). Raises SealError; FileNotFoundError when there is none."""
    try:
        fields = json.loads(_read(path))
        if set(fields) != {"version", "kek_id", "wrapped", "sealed"} or fields["version"] != 1:
            raise SealError(f"{path.name} is damaged, or of another version.")
        return (
            base64.b64decode(fields["wrapped"], validate=True),
            str(fields["kek_id"]),
            base64.b64decode(fields["sealed"], validate=True),
        )
    except (ValueError, TypeError) as error:
        raise SealError(f"{path.name} is damaged.") from error
