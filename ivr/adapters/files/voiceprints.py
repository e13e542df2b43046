"""Sealed voices, one file of each kind a customer: templates, the recordings they are of, and what was heard of them.

A file's name is a keyed hash of the customer's: who steals the directory learns neither voices nor who is enrolled.
Each file has a data key of its own, for as long as it is there, and opens under its own name only: with that key every
version of it is gone, those in backups too.
"""

from __future__ import annotations

import base64
import json
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from ivr.core.identity.voiceprint import Consent, Template, Voiceprint
from ivr.core.identity.watchlist import Watched
from ivr.core.speech.heard import Fingerprint, Heard
from ivr.core.vault.sealed import NONCE_BYTES, seal, unseal
from ivr.durable import locked, sync_directory, translated, write_durably
from ivr.errors import EnvironmentFault, OperatorError, SealError
from ivr.ports.keys import ErasingKeyStore
from ivr.ports.voiceprints import ErasedFile

SUFFIX = ".voiceprint"
RECORDINGS = ".enrolment"
HEARD = ".heard"
WATCHED = ".watched"
_KINDS = (SUFFIX, RECORDINGS, HEARD, WATCHED)
PURPOSE = "voiceprint"
"""Of the keyed hashes of customers."""
WATCHING = "watchlist"
"""Of those of names on the watchlist."""
_CONTEXT = b"voiceprint/1/"
_LENGTH = 4
"""Bytes of a recording's length."""
_LOCKING = "voiceprints cannot be written"


class VoiceprintFiles:
    """Voiceprints below one directory. Usable from several processes."""

    def __init__(self, directory: Path, keys: ErasingKeyStore) -> None:
        self._directory = directory
        self._keys = keys

    def get(self, customer: str) -> Voiceprint | None:
        """A customer's voiceprint, None when not enrolled. Raises SealError."""
        path = self._path(customer)
        try:
            voiceprint = _voiceprint(self._opened(path))
        except FileNotFoundError:
            return None
        if voiceprint.customer != customer:
            raise SealError("A voiceprint file holds another customer's voice; restore it from a backup.")
        return voiceprint

    def put(self, voiceprint: Voiceprint, recordings: Sequence[bytes] | None = None) -> None:
        """Seal and keep, replacing what was there. `recordings` (PCM) too, if given. Raises SealError,
        EnvironmentFault."""
        with self._locked():
            path = self._path(voiceprint.customer)
            self._seal(path, json.dumps(asdict(voiceprint)).encode())
            if recordings:
                parts = (len(pcm).to_bytes(_LENGTH, "little") + pcm for pcm in recordings)
                self._seal(path.with_suffix(RECORDINGS), b"".join(parts))
            elif recordings is not None:
                self._erase([path.with_suffix(RECORDINGS)])

    def exchange(self, before: Voiceprint, after: Voiceprint) -> bool:
        """Put the one in the place of the other, unless it changed meanwhile. Raises SealError, EnvironmentFault."""
        with self._locked():
            same = self.get(before.customer) == before
            if same:
                self._seal(self._path(after.customer), json.dumps(asdict(after)).encode())
            return same

    def recordings(self, customer: str) -> Sequence[bytes]:
        """What was kept of the enrolment (PCM); none where the customer did not consent to that. Raises SealError."""
        try:
            plain = self._opened(self._path(customer).with_suffix(RECORDINGS))
        except FileNotFoundError:
            return []
        found, at = [], 0
        while at < len(plain):
            end = at + _LENGTH + int.from_bytes(plain[at : at + _LENGTH], "little")
            found.append(plain[at + _LENGTH : end])
            at = end
        return found

    def heard(self, customer: str) -> Heard:
        """What was heard of a customer. Raises SealError."""
        try:
            return _heard(self._opened(self._path(customer).with_suffix(HEARD)))
        except FileNotFoundError:
            return Heard()

    def hear(self, customer: str, change: Callable[[Heard], Heard]) -> None:
        """Change what was heard of a customer; of one who is not enrolled nothing is kept. Raises SealError,
        EnvironmentFault."""
        with self._locked():
            path = self._path(customer)
            if path.exists():
                before = self.heard(customer)
                if (after := change(before)) != before:
                    self._seal(path.with_suffix(HEARD), _heard_bytes(after))

    def remove(self, customer: str) -> Sequence[ErasedFile]:
        """Forget a customer's voice and all that was heard of it. Raises OperatorError when there is nothing."""
        with self._locked():
            path = self._path(customer)
            there = [one for kind in _KINDS if (one := path.with_suffix(kind)).exists()]
            if not there:
                raise OperatorError("This customer has no voiceprint.")
            return self._erase(there)

    def sweep(self, heard_before: float) -> Sequence[str]:
        """Forget answers from before a time, and files whose key is gone; the marks of whose there were any. Raises
        SealError, EnvironmentFault."""
        with self._locked():
            dead = [path for path in self._files() if not self._keys.alive(_unpacked(path)[0])]
            for path in dead:
                path.unlink()
            swept = {path.stem for path in dead}
            for path in sorted(self._directory.glob(f"*{HEARD}")):
                before = _heard(self._opened(path))
                if (after := before.since(heard_before)) != before:
                    self._seal(path, _heard_bytes(after))
                    swept.add(path.stem)
        return sorted(swept)

    def rewrap(self, rewrap: Callable[[bytes, str], tuple[bytes, str]], active: str) -> int:
        """Wrap every file's key that another key than `active` wraps again; returns how many."""
        count = 0
        with self._locked():
            for path in self._files():
                wrapped, kek_id, sealed = _unpacked(path)
                if kek_id != active and (anew := rewrap(wrapped, kek_id)) != (wrapped, kek_id):
                    write_durably(path, _envelope(*anew, sealed))
                    count += 1
        return count

    def wrapped_keys(self) -> Iterator[tuple[str, bytes, str]]:
        """Of every file: its name, its wrapped key, and what wrapped it."""
        for path in self._files():
            yield (path.name, *_unpacked(path)[:2])

    def customers(self) -> Sequence[str]:
        """Who is enrolled, sorted. Raises SealError when a file does not open."""
        alive = (path for path in self._directory.glob(f"*{SUFFIX}") if self._keys.alive(_unpacked(path)[0]))
        return sorted(_voiceprint(self._opened(path)).customer for path in alive)

    def mark(self, customer: str) -> str:
        """The customer as they may stand in the audit log: by the name of their files, a keyed hash."""
        return self._path(customer).stem

    def watched(self) -> Sequence[Watched]:
        """Voices of the watchlist, by name. Raises SealError."""
        alive = (path for path in self._directory.glob(f"*{WATCHED}") if self._keys.alive(_unpacked(path)[0]))
        return sorted((_watched(self._opened(path)) for path in alive), key=lambda one: one.name)

    def watch(self, entry: Watched) -> None:
        """Seal and keep one, in place of one of its name. Raises SealError, EnvironmentFault."""
        with self._locked():
            self._seal(self._watched_path(entry.name), json.dumps(asdict(entry)).encode())

    def unwatch(self, name: str) -> ErasedFile:
        """Forget one for good. Raises OperatorError when there is none."""
        with self._locked():
            if not (path := self._watched_path(name)).exists():
                raise OperatorError("The watchlist has no voice of this name.")
            return self._erase([path])[0]

    def _watched_path(self, name: str) -> Path:
        return self._directory / (self._keys.fingerprint(WATCHING, name.encode()).hex() + WATCHED)

    def _files(self) -> list[Path]:
        return sorted(path for path in self._directory.glob("*") if path.suffix in _KINDS)

    def _locked(self) -> Any:
        return locked(self._directory / ".lock", _LOCKING)

    def _erase(self, paths: Sequence[Path]) -> list[ErasedFile]:
        """Keys first: what a crash leaves behind opens no more, nor does a copy in a backup."""
        wrapped = {path: _unpacked(path)[0] for path in paths if path.exists()}
        self._keys.shred(list(wrapped.values()))
        with translated("a voiceprint cannot be removed"):
            for path in wrapped:
                path.unlink()
            if wrapped:
                sync_directory(self._directory)
        return [ErasedFile(path.suffix[1:], sha256(key).hexdigest()) for path, key in wrapped.items()]

    def _seal(self, path: Path, plain: bytes) -> None:
        """Under the key that the file has, or a new one."""
        try:
            wrapped, kek_id, _ = _unpacked(path)
            key = self._keys.open(wrapped, kek_id)
        except FileNotFoundError:
            issued = self._keys.issue()
            wrapped, kek_id, key = issued.wrapped, issued.kek_id, issued.key
        sealed = seal(plain, key=key, context=_context(path), nonce=os.urandom(NONCE_BYTES))
        write_durably(path, _envelope(wrapped, kek_id, sealed))

    def _opened(self, path: Path) -> bytes:
        wrapped, kek_id, sealed = _unpacked(path)
        return unseal(sealed, key=self._keys.open(wrapped, kek_id), context=_context(path))

    def _path(self, customer: str) -> Path:
        return self._directory / (self._keys.fingerprint(PURPOSE, customer.encode()).hex() + SUFFIX)


def _voiceprint(plain: bytes) -> Voiceprint:
    try:
        content: dict[str, Any] = json.loads(plain)
        templates = tuple(
            Template(tuple(item["vector"]), item["speech_seconds"], item["enrolled_at"])
            for item in content["templates"]
        )
        consent = Consent(**content["consent"]) if content.get("consent") else None
        return Voiceprint(content["customer"], content["model"], templates, consent, content.get("machine", False))
    except (ValueError, KeyError, TypeError) as error:
        raise SealError("A voiceprint opened to something that is none; enrol the customer again.") from error


def _watched(plain: bytes) -> Watched:
    try:
        content: dict[str, Any] = json.loads(plain)
        templates = tuple(
            Template(tuple(item["vector"]), item["speech_seconds"], item["enrolled_at"])
            for item in content.pop("templates")
        )
        return Watched(templates=templates, **content)
    except (ValueError, KeyError, TypeError) as error:
        raise SealError("A voice of the watchlist opened to something that is none; add it again.") from error


def _heard_bytes(heard: Heard) -> bytes:
    content = {
        "enrolment": [_columns(sound) for sound in heard.enrolment],
        "answers": [[at, _columns(sound)] for at, sound in heard.answers],
    }
    return zlib.compress(json.dumps(content).encode())


def _columns(sound: Fingerprint) -> str:
    return base64.b64encode(sound.data).decode()


def _heard(plain: bytes) -> Heard:
    try:
        content: dict[str, Any] = json.loads(zlib.decompress(plain))
        answers = tuple((float(at), _sound(sound)) for at, sound in content["answers"])
        return Heard(tuple(_sound(sound) for sound in content["enrolment"]), answers)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise SealError("What was heard of a customer opened to something else; enrol the customer again.") from error


def _sound(columns: str) -> Fingerprint:
    return Fingerprint(base64.b64decode(columns, validate=True))


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


def _unpacked(path: Path) -> tuple[bytes, str, bytes]:
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
