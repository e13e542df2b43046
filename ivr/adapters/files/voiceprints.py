"""Sealed voices, one file of each kind a customer: templates, the recordings they are of, and what was heard of them.

A file's name is a keyed hash of the customer's: who steals the directory learns neither voices nor who is enrolled.
Voices of the watchlist, and those of agents, are files of their own kinds: no customer's name leads to one.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ivr.adapters.files.sealed_files import SealedFiles, rewrapped, unpacked
from ivr.core.identity.voiceprint import Consent, Template, Voiceprint
from ivr.core.identity.watchlist import Watched
from ivr.core.speech.heard import Fingerprint, Heard
from ivr.durable import locked
from ivr.errors import OperatorError, SealError
from ivr.ports.keys import ErasingKeyStore
from ivr.ports.voiceprints import ErasedFile

SUFFIX = ".voiceprint"
RECORDINGS = ".enrolment"
HEARD = ".heard"
WATCHED = ".watched"
AGENT = ".agent"
_KINDS = (SUFFIX, RECORDINGS, HEARD, WATCHED, AGENT)
PURPOSE = "voiceprint"
"""Of the keyed hashes of customers."""
WATCHING = "watchlist"
"""Of those of names on the watchlist."""
OF_AGENTS = "agent voice"
"""Of those of agents, who are no customers."""
_LENGTH = 4
"""Bytes of a recording's length."""
_LOCKING = "voiceprints cannot be written"


class VoiceprintFiles:
    """Voiceprints below one directory. Usable from several processes."""

    def __init__(self, directory: Path, keys: ErasingKeyStore) -> None:
        self._directory = directory
        self._sealed = SealedFiles(directory, keys)

    def get(self, customer: str) -> Voiceprint | None:
        """A customer's voiceprint, None when not enrolled. Raises SealError."""
        path = self._path(customer)
        try:
            voiceprint = _voiceprint(self._sealed.opened(path))
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
            self._sealed.seal(path, json.dumps(asdict(voiceprint)).encode())
            if recordings:
                parts = (len(pcm).to_bytes(_LENGTH, "little") + pcm for pcm in recordings)
                self._sealed.seal(path.with_suffix(RECORDINGS), b"".join(parts))
            elif recordings is not None:
                self._sealed.erase([path.with_suffix(RECORDINGS)])

    def exchange(self, before: Voiceprint, after: Voiceprint) -> bool:
        """Put the one in the place of the other, unless it changed meanwhile. Raises SealError, EnvironmentFault."""
        with self._locked():
            same = self.get(before.customer) == before
            if same:
                self._sealed.seal(self._path(after.customer), json.dumps(asdict(after)).encode())
            return same

    def recordings(self, customer: str) -> Sequence[bytes]:
        """What was kept of the enrolment (PCM); none where the customer did not consent to that. Raises SealError."""
        try:
            plain = self._sealed.opened(self._path(customer).with_suffix(RECORDINGS))
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
            return _heard(self._sealed.opened(self._path(customer).with_suffix(HEARD)))
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
                    self._sealed.seal(path.with_suffix(HEARD), _heard_bytes(after))

    def remove(self, customer: str) -> Sequence[ErasedFile]:
        """Forget a customer's voice and all that was heard of it. Raises OperatorError when there is nothing."""
        with self._locked():
            path = self._path(customer)
            there = [one for kind in _KINDS if (one := path.with_suffix(kind)).exists()]
            if not there:
                raise OperatorError("This customer has no voiceprint.")
            return self._sealed.erase(there)

    def sweep(self, heard_before: float) -> Sequence[str]:
        """Forget answers from before a time, and files whose key is gone; the marks of whose there were any. Raises
        SealError, EnvironmentFault."""
        with self._locked():
            dead = [path for path in self._files() if not self._sealed.alive(path)]
            for path in dead:
                path.unlink()
            swept = {path.stem for path in dead}
            for path in sorted(self._directory.glob(f"*{HEARD}")):
                before = _heard(self._sealed.opened(path))
                if (after := before.since(heard_before)) != before:
                    self._sealed.seal(path, _heard_bytes(after))
                    swept.add(path.stem)
        return sorted(swept)

    def rewrap(self, rewrap: Callable[[bytes, str], tuple[bytes, str]], active: str) -> int:
        """Wrap every file's key that another key than `active` wraps again; returns how many."""
        with self._locked():
            count = sum(rewrapped(path, rewrap, active) for path in self._files())
        return count

    def wrapped_keys(self) -> Iterator[tuple[str, bytes, str]]:
        """Of every file: its name, its wrapped key, and what wrapped it."""
        for path in self._files():
            yield (path.name, *unpacked(path)[:2])

    def customers(self) -> Sequence[str]:
        """Who is enrolled, sorted. Raises SealError when a file does not open."""
        alive = (path for path in self._directory.glob(f"*{SUFFIX}") if self._sealed.alive(path))
        return sorted(_voiceprint(self._sealed.opened(path)).customer for path in alive)

    def mark(self, customer: str) -> str:
        """The customer as they may stand in the audit log: by the name of their files, a keyed hash."""
        return self._path(customer).stem

    def watched(self) -> Sequence[Watched]:
        """Voices of the watchlist, by name. Raises SealError."""
        alive = (path for path in self._directory.glob(f"*{WATCHED}") if self._sealed.alive(path))
        return sorted((_watched(self._sealed.opened(path)) for path in alive), key=lambda one: one.name)

    def watch(self, entry: Watched) -> None:
        """Seal and keep one, in place of one of its name. Raises SealError, EnvironmentFault."""
        with self._locked():
            self._sealed.seal(self._sealed.path(WATCHING, entry.name, WATCHED), json.dumps(asdict(entry)).encode())

    def unwatch(self, name: str) -> ErasedFile:
        """Forget one for good. Raises OperatorError when there is none."""
        with self._locked():
            if not (path := self._sealed.path(WATCHING, name, WATCHED)).exists():
                raise OperatorError("The watchlist has no voice of this name.")
            return self._sealed.erase([path])[0]

    def agent(self, name: str) -> Voiceprint | None:
        """An agent's voiceprint, None when they enrolled none. Raises SealError."""
        try:
            voiceprint = _voiceprint(self._sealed.opened(self._sealed.path(OF_AGENTS, name, AGENT)))
        except FileNotFoundError:
            return None
        if voiceprint.customer != name:
            raise SealError("A voiceprint file holds another agent's voice; restore it from a backup.")
        return voiceprint

    def put_agent(self, voiceprint: Voiceprint) -> None:
        """Seal and keep an agent's, replacing what was there. Raises SealError, EnvironmentFault."""
        with self._locked():
            path = self._sealed.path(OF_AGENTS, voiceprint.customer, AGENT)
            self._sealed.seal(path, json.dumps(asdict(voiceprint)).encode())

    def remove_agent(self, name: str) -> ErasedFile | None:
        """Forget an agent's for good; None when they enrolled none. Raises SealError, EnvironmentFault."""
        with self._locked():
            path = self._sealed.path(OF_AGENTS, name, AGENT)
            return self._sealed.erase([path])[0] if path.exists() else None

    def agents(self) -> Sequence[Voiceprint]:
        """Those of all agents, by name. Raises SealError when a file does not open."""
        alive = (path for path in self._directory.glob(f"*{AGENT}") if self._sealed.alive(path))
        return sorted((_voiceprint(self._sealed.opened(path)) for path in alive), key=lambda one: one.customer)

    def _path(self, customer: str) -> Path:
        return self._sealed.path(PURPOSE, customer, SUFFIX)

    def _files(self) -> list[Path]:
        return sorted(path for path in self._directory.glob("*") if path.suffix in _KINDS)

    def _locked(self) -> Any:
        return locked(self._directory / ".lock", _LOCKING)


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
