"""Roles in force, read from the audit log, with a bookmark so that nobody reads millions of entries for a command.

The log decides. The bookmark says how far it was read and what stood there, under a MAC of the key store, and is
compared with the entry that it ends at. An older bookmark that somebody puts back, or none, makes reading slower and
nothing else: every entry behind it is read again.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ivr.adapters.files.audit.log import AuditLog
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.merkle import leaf_hash
from ivr.core.audit.roles import CHANGES, Roles, fold
from ivr.durable import translated, write_durably
from ivr.errors import EnvironmentFault, SealError
from ivr.ports.keys import KeyStore

FORMAT, FIRST_FORMAT = "ivr-roles/2", "ivr-roles/1"
SAVE_AFTER = 1024
"""Entries read beyond the bookmark before it is moved."""
_PURPOSE = "roles in force"


@dataclass(frozen=True, slots=True)
class _Bookmark:
    """How far the log was read."""

    read_to: int = 0
    """Entries before this one were read."""
    last: str = ""
    """Leaf hash of the newest of them, hex."""
    roles: Roles = field(default_factory=Roles)


class RolesFile:
    """Who holds which role, by one log."""

    def __init__(self, path: Path, log: AuditLog, keys: KeyStore) -> None:
        self._path = path
        self._log = log
        self._keys = keys

    def read(self) -> Roles:
        """Roles in force now. Raises SealError: bookmark or log were altered; EnvironmentFault."""
        self._log.publish()
        mark = self._load()
        size = self._log.size
        changes = list(self._log.entries(mark.read_to, actions=CHANGES))
        roles, _ = fold(mark.roles, changes)
        if size > mark.read_to and (changes or size - mark.read_to >= SAVE_AFTER or not self._path.exists()):
            self._save(_Bookmark(size, leaf_hash(self._log.raw_entry(size - 1)).hex(), roles))
        return roles

    def verify(self) -> tuple[Roles, int]:
        """Roles by the whole log, and how many changes it holds. Raises SealError when others are in force, or when
        somebody changed roles who might not."""
        in_force = self.read()
        entries: list[tuple[int, AuditEntry]] = list(self._log.entries(actions=CHANGES))
        roles, void = fold(Roles(), entries)
        if void:
            index, why = void[0]
            raise SealError(f"entry {index} of the audit log is void: {why}")
        if roles != in_force:
            raise SealError(f"the roles in force are not those of the audit log: remove {self._path}, and find out who")
        return roles, len(entries)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else changes roles meanwhile: what was judged still holds when its entry is written."""
        lock = self._path.with_suffix(".lock")
        with translated(f"the lock of the roles, {lock},"):
            lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _load(self) -> _Bookmark:
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return _Bookmark()
        except OSError as error:
            raise EnvironmentFault(f"{self._path} cannot be read: {error.strerror}") from error
        try:
            data = json.loads(raw)
            mac = bytes.fromhex(data.pop("mac"))
            genuine = hmac.compare_digest(mac, self._mac(data))
            if genuine and data["format"] == FIRST_FORMAT:
                return _Bookmark()  # of a version without rules for two persons: the log is read again
            roles = replace(Roles.from_json(data["holders"]), two_persons=frozenset(map(str, data["two_persons"])))
            mark = _Bookmark(int(data["read_to"]), str(data["last"]), roles)
            genuine = genuine and data["format"] == FORMAT
        except (AttributeError, KeyError, TypeError, ValueError):
            genuine = False
        if not genuine:
            raise SealError(f"{self._path} was altered: run 'ivr audit verify', then remove it; the log will be read")
        if mark.read_to > self._log.size or leaf_hash(self._log.raw_entry(mark.read_to - 1)).hex() != mark.last:
            raise SealError(
                "the audit log is not the one that the roles were read from: it was rolled back or replaced"
            )
        return mark

    def _save(self, mark: _Bookmark) -> None:
        data: dict[str, object] = {
            "format": FORMAT,
            "read_to": mark.read_to,
            "last": mark.last,
            "holders": mark.roles.to_json(),
            "two_persons": sorted(mark.roles.two_persons),
        }
        whole = {**data, "mac": self._mac(data).hex()}
        write_durably(self._path, json.dumps(whole, indent=1).encode() + b"\n")

    def _mac(self, data: dict[str, object]) -> bytes:
        return self._keys.fingerprint(_PURPOSE, json.dumps(data, sort_keys=True, separators=(",", ":")).encode())
