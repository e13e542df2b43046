"""Roles in force, read from the audit log, with a bookmark so that nobody reads millions of entries for a command.

Rule: the log decides. The bookmark says how far it was read and what stood there, under a MAC of the key store, and is
compared with the entry that it ends at. An older bookmark that somebody puts back, or none, makes reading slower and
nothing else: every entry behind it is read again.
"""

from __future__ import annotations

import hmac
import json
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.merkle import leaf_hash
from ivr.core.audit.roles import CHANGES, Roles, fold
from ivr.errors import SealError
from ivr.ports.audit import AuditLog
from ivr.ports.bookmark import Bookmark
from ivr.ports.keys import KeyStore

FORMAT, FIRST_FORMAT = "ivr-roles/2", "ivr-roles/1"
SAVE_AFTER = 1024
"""Entries read beyond the bookmark before it is moved."""
_PURPOSE = "roles in force"


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far the log was read."""

    read_to: int = 0
    """Entries before this one were read."""
    last: str = ""
    """Leaf hash of the newest of them, hex."""
    roles: Roles = field(default_factory=Roles)


@dataclass(frozen=True, slots=True)
class _Last:
    """What this process read last: a console asks at every request, and the bookmark is moved seldom."""

    kept: bytes | None
    """The bookmark's bytes."""
    saved_to: int
    """How far it goes."""
    mark: _Mark
    """How far this process read."""


class RoleBook:
    """Who holds which role, and what two persons are needed for, by one log."""

    def __init__(self, log: AuditLog, keys: KeyStore, bookmark: Bookmark) -> None:
        self._log = log
        self._keys = keys
        self._bookmark = bookmark
        self._last: _Last | None = None

    def read(self) -> Roles:
        """Roles in force now. Raises SealError: bookmark or log were altered; EnvironmentFault."""
        self._log.publish()
        kept = self._bookmark.read()
        if self._last is not None and self._last.kept == kept:
            saved_to, mark = self._last.saved_to, self._checked(self._last.mark)
        else:
            mark = self._opened(kept) if kept is not None else _Mark()
            saved_to = mark.read_to
        size = self._log.published
        changes = [one for one in self._log.entries(mark.read_to, actions=CHANGES) if one[0] < size]
        if size > mark.read_to:
            roles, _ = fold(mark.roles, changes)
            mark = _Mark(size, leaf_hash(self._log.raw_entry(size - 1)).hex(), roles)
        if size > saved_to and (changes or size - saved_to >= SAVE_AFTER or kept is None):
            kept, saved_to = self._save(mark), size
        self._last = _Last(kept, saved_to, mark)
        return mark.roles

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
            raise SealError(
                f"the roles in force are not those of the audit log: remove {self._bookmark.where}, and find out who"
            )
        return roles, len(entries)

    def alone(self) -> AbstractContextManager[None]:
        """Nobody else changes roles meanwhile: what was judged still holds when its entry is written."""
        return self._bookmark.alone()

    def _opened(self, raw: bytes) -> _Mark:
        try:
            data = json.loads(raw)
            mac = bytes.fromhex(data.pop("mac"))
            genuine = hmac.compare_digest(mac, self._mac(data))
            if genuine and data["format"] == FIRST_FORMAT:
                return _Mark()  # of a version without rules for two persons: the log is read again
            roles = replace(Roles.from_json(data["holders"]), two_persons=frozenset(map(str, data["two_persons"])))
            mark = _Mark(int(data["read_to"]), str(data["last"]), roles)
            genuine = genuine and data["format"] == FORMAT
        except (AttributeError, KeyError, TypeError, ValueError):
            genuine = False
        if not genuine:
            where = self._bookmark.where
            raise SealError(f"{where} was altered: run 'ivr audit verify', then remove it; the log will be read")
        return self._checked(mark)

    def _checked(self, mark: _Mark) -> _Mark:
        end = mark.read_to
        if end and (end > self._log.published or leaf_hash(self._log.raw_entry(end - 1)).hex() != mark.last):
            raise SealError(
                "the audit log is not the one that the roles were read from: it was rolled back or replaced"
            )
        return mark

    def _save(self, mark: _Mark) -> bytes:
        data: dict[str, object] = {
            "format": FORMAT,
            "read_to": mark.read_to,
            "last": mark.last,
            "holders": mark.roles.to_json(),
            "two_persons": sorted(mark.roles.two_persons),
        }
        whole = {**data, "mac": self._mac(data).hex()}
        kept = json.dumps(whole, indent=1).encode() + b"\n"
        self._bookmark.write(kept)
        return kept

    def _mac(self, data: dict[str, object]) -> bytes:
        return self._keys.fingerprint(_PURPOSE, json.dumps(data, sort_keys=True, separators=(",", ":")).encode())
