"""Sealed voice templates, one file a customer.

A file's name is a keyed hash of the customer's: who steals the directory learns neither voices nor who is enrolled.
Each file has a data key of its own and opens under its own name only.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ivr.core.identity.voiceprint import Template, Voiceprint
from ivr.core.vault.sealed import NONCE_BYTES, seal, unseal
from ivr.durable import write_durably
from ivr.errors import OperatorError, SealError
from ivr.ports.keys import ErasingKeyStore

SUFFIX = ".voiceprint"
PURPOSE = "voiceprint"
"""Of the keyed hashes of customers."""
_CONTEXT = b"voiceprint/1/"


class VoiceprintFiles:
    """Voiceprints below one directory."""

    def __init__(self, directory: Path, keys: ErasingKeyStore) -> None:
        self._directory = directory
        self._keys = keys

    def get(self, customer: str) -> Voiceprint | None:
        """A customer's voiceprint, None when not enrolled. Raises SealError."""
        path = self._path(customer)
        try:
            voiceprint = self._opened(path)
        except FileNotFoundError:
            return None
        if voiceprint.customer != customer:
            raise SealError("A voiceprint file holds another customer's voice; restore it from a backup.")
        return voiceprint

    def put(self, voiceprint: Voiceprint) -> None:
        """Seal and keep, replacing what was there. Raises SealError, EnvironmentFault."""
        path = self._path(voiceprint.customer)
        issued = self._keys.issue()
        plain = json.dumps(asdict(voiceprint)).encode()
        sealed = seal(plain, key=issued.key, context=_context(path), nonce=os.urandom(NONCE_BYTES))
        write_durably(path, _envelope(issued.wrapped, issued.kek_id, sealed))

    def remove(self, customer: str) -> None:
        """Forget a customer's voice. Raises OperatorError when there is none."""
        if self.get(customer) is None:
            raise OperatorError("This customer has no voiceprint.")
        path = self._path(customer)
        self._keys.shred([_unpacked(path)[0]])  # a copy in a backup must not open either
        path.unlink(missing_ok=True)

    def rewrap(self, rewrap: Callable[[bytes, str], tuple[bytes, str]], active: str) -> int:
        """Wrap every template's key that another key than `active` wraps again; returns how many."""
        count = 0
        for path in self._directory.glob(f"*{SUFFIX}"):
            wrapped, kek_id, sealed = _unpacked(path)
            if kek_id != active and (anew := rewrap(wrapped, kek_id)) != (wrapped, kek_id):
                write_durably(path, _envelope(*anew, sealed))
                count += 1
        return count

    def wrapped_keys(self) -> Iterator[tuple[str, bytes, str]]:
        """Of every template: its file's name, its wrapped key, and what wrapped it."""
        for path in sorted(self._directory.glob(f"*{SUFFIX}")):
            yield (path.name, *_unpacked(path)[:2])

    def customers(self) -> Sequence[str]:
        """Who is enrolled, sorted. Raises SealError when a file does not open."""
        return sorted(self._opened(path).customer for path in self._directory.glob(f"*{SUFFIX}"))

    def mark(self, customer: str) -> str:
        """The customer as they may stand in the audit log: by the name of their file, a keyed hash."""
        return self._path(customer).stem

    def _opened(self, path: Path) -> Voiceprint:
        wrapped, kek_id, sealed = _unpacked(path)
        plain = unseal(sealed, key=self._keys.open(wrapped, kek_id), context=_context(path))
        try:
            content: dict[str, Any] = json.loads(plain)
            templates = tuple(
                Template(tuple(item["vector"]), item["speech_seconds"], item["enrolled_at"])
                for item in content["templates"]
            )
            return Voiceprint(content["customer"], content["model"], templates)
        except (ValueError, KeyError, TypeError) as error:
            raise SealError("A voiceprint opened to something that is none; enrol the customer again.") from error

    def _path(self, customer: str) -> Path:
        return self._directory / (self._keys.fingerprint(PURPOSE, customer.encode()).hex() + SUFFIX)


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


def _unpacked(path: Path) -> tuple[bytes, str, bytes]:
    """(wrapped key, its wrapper's id, sealed content). Raises SealError; FileNotFoundError when there is none."""
    try:
        fields = json.loads(path.read_bytes())
        if set(fields) != {"version", "kek_id", "wrapped", "sealed"} or fields["version"] != 1:
            raise SealError(f"{path.name} is damaged, or of another version.")
        return (
            base64.b64decode(fields["wrapped"], validate=True),
            str(fields["kek_id"]),
            base64.b64decode(fields["sealed"], validate=True),
        )
    except (ValueError, TypeError) as error:
        raise SealError(f"{path.name} is damaged.") from error
