"""Every version of a dialplan that ever served a call, as it was: its text, what it includes, hashes of its sounds.

`<directory>/<sha256>/` holds the files under the names they had, and `version.json`, which is written last: a
directory without it was never served by. Nothing here is ever changed or removed but the list of sounds, which grows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ivr.adapters.files.text import read_text
from ivr.durable import write_durably
from ivr.errors import EnvironmentFault, OperatorError
from ivr.ports.versions import KeptVersion

FACTS = "version.json"
SHA256_DIGITS = 64
PREFIX_LEAST = 4
"""Digits of a SHA-256 that name a version. Too few are told apart from none by that name."""


class VersionFiles:
    """The versions below one directory. Several processes may keep the same one at a time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def keep(
        self, id: str, sha256: str, texts: Mapping[str, str], sounds: Mapping[str, str], *, now: float
    ) -> KeptVersion:
        """Keep a version durably, unless it is kept. The first of `texts` (name -> text) is the main file's.

        Raises EnvironmentFault when it cannot be written.
        """
        room = self._directory / sha256
        kept = self._read(room)
        if kept is None:
            for name, text in texts.items():
                write_durably(_inside(room, name), text.encode())
        version = kept or KeptVersion(id, sha256, now, str(_inside(room, next(iter(texts)))), {})
        known = version.sounds
        new = {name: digest for name, digest in sounds.items() if digest not in known.get(name, ())}
        if kept is None or new:
            grown = {**known, **{name: (*known.get(name, ()), digest) for name, digest in new.items()}}
            version = KeptVersion(version.id, version.sha256, version.kept_at, version.path, grown)
            self._write(version)
        return version

    def all(self) -> list[KeptVersion]:
        """Every version, the newest first."""
        try:
            rooms = [room for room in self._directory.iterdir() if len(room.name) == SHA256_DIGITS]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise EnvironmentFault(f"{self._directory} cannot be read: {error.strerror}") from error
        found = [kept for room in rooms if (kept := self._read(room)) is not None]
        return sorted(found, key=lambda kept: (kept.kept_at, kept.sha256), reverse=True)

    def find(self, reference: str) -> KeptVersion:
        """The version of that SHA-256 or its first digits, or of that name@version. Raises OperatorError."""
        digits = reference.lower()
        by_hash = not set(digits) - set("0123456789abcdef")
        if by_hash and len(digits) < PREFIX_LEAST:
            raise OperatorError(
                f"there is no file {reference}, and of a SHA-256 it is too short: write {PREFIX_LEAST} digits or more"
            )
        kept_here = self.all()
        found = [kept for kept in kept_here if kept.id == reference or (by_hash and kept.sha256.startswith(digits))]
        if not found:
            raise OperatorError(self._unknown(reference, kept_here))
        if len(found) > 1:
            hashes = ", ".join(kept.sha256[:12] for kept in found)
            raise OperatorError(f"{reference} was served in {len(found)} texts: name one by its SHA-256: {hashes}")
        return found[0]

    def text(self, version: KeptVersion, name: str = "") -> str:
        """The text of its main file, or of one that it includes. Raises OperatorError when it has none of that name."""
        return read_text(_inside(self._directory / version.sha256, name) if name else Path(version.path))

    def _unknown(self, reference: str, kept_here: list[KeptVersion]) -> str:
        """What to say of a version that was never served from here."""
        if not kept_here:
            return f"no dialplan was served yet from {self._directory.parent} (data_dir): there is no {reference}"
        name = reference.partition("@")[0]
        same = sorted({kept.id for kept in kept_here if kept.id.partition("@")[0] == name})
        served = f"{name} was served as {', '.join(same)}" if same else "'ivr versions' lists what was"
        return f"no version {reference} of a dialplan was ever served from {self._directory.parent}; {served}"

    def _write(self, kept: KeptVersion) -> None:
        room = self._directory / kept.sha256
        facts = {
            "dialplan": kept.id,
            "sha256": kept.sha256,
            "kept_at": kept.kept_at,
            "main": str(Path(kept.path).relative_to(room.resolve())),
            "sounds": kept.sounds,
        }
        write_durably(room / FACTS, (json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode())

    def _read(self, room: Path) -> KeptVersion | None:
        """None when nothing was kept there yet. Raises EnvironmentFault when what is there is not ours."""
        try:
            facts = json.loads((room / FACTS).read_text(encoding="utf-8"))
            sounds = {str(name): tuple(map(str, digests)) for name, digests in facts["sounds"].items()}
            path = str(_inside(room, str(facts["main"])))
            return KeptVersion(str(facts["dialplan"]), str(facts["sha256"]), float(facts["kept_at"]), path, sounds)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise EnvironmentFault(f"{room / FACTS} cannot be read: {error}; restore it from a backup") from error


def _inside(room: Path, name: str) -> Path:
    path = (room / name).resolve()
    if not path.is_relative_to(room.resolve()):
        raise EnvironmentFault(f"{name} lies outside of {room}; restore {room / FACTS} from a backup")
    return path
