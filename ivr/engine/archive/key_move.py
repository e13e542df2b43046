"""Moving all keys from one kind of key store to another.

Rules: no audio is rewritten. Nothing changes before every key was seen to open; the old store stays as it is until
every key opens with the new one. A move that was interrupted, at whatever moment, goes on where it stopped when it is
started again, and until it is finished nothing else opens either store. The engine is stopped meanwhile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ivr.core.audit.entry import AuditEntry
from ivr.core.vault.keys import leaf_of
from ivr.engine.archive.compaction import Compactor
from ivr.engine.archive.keyed import KINDS, Keyed
from ivr.errors import SealError
from ivr.ports.audit import AuditLog
from ivr.ports.clock import Clock
from ivr.ports.keys import ManagedKeyStore, MovingKeyStores
from ivr.ports.recordings import Form

TELL_EVERY = 1000
"""Recordings between two lines of progress."""

Tell = Callable[[str], None]


@dataclass(slots=True)
class Moved:
    """What a move did."""

    moved: Counter[str] = field(default_factory=Counter)
    """How many of each of KINDS open with the new store."""
    left: list[str] = field(default_factory=list)
    """Things whose key does not open, and why; they stay as they were."""
    old_store: str = ""
    """Where the old store is kept."""


class KeyMove:
    """One move, begun or gone on with."""

    def __init__(
        self,
        stores: MovingKeyStores,
        *,
        keyed: Callable[[ManagedKeyStore], Keyed],
        open_log: Callable[[ManagedKeyStore], AuditLog],
        compactor: Callable[[ManagedKeyStore, AuditLog], Compactor],
        actor: str,
        reason: str,
        tell: Tell,
        wall: Clock,
    ) -> None:
        """`keyed`, `open_log` and `compactor`: as a key store opens them."""
        self._stores = stores
        self._keyed = keyed
        self._open_log = open_log
        self._compactor = compactor
        self._actor = actor
        self._reason = reason
        self._tell = tell
        self._wall = wall
        self._done = Moved()

    def run(self, *, leave_damaged: bool) -> Moved:
        """Move all keys. Raises IvrError; then nothing is lost, and it may be run again."""
        with self._stores.alone():
            begun = self._stores.begun()
            old = self._stores.old()
            log = self._open_log(old)
            if not begun:
                self._prepare()
                self._refuse_damage(self._compact(old, log) + self._look_through(old), leave_damaged=leave_damaged)
                self._enter(log, "key.move_began")
                self._stores.begin()
            else:  # whoever had opened the old store before may have added to it
                self._refuse_damage(self._compact(old, log), leave_damaged=leave_damaged)
            self._wrap(old, self._heir(old))
            heir = self._stores.heir()
            assert heir is not None
            self._verify(old, heir)
            counts = {kind: self._done.moved[kind] for kind in KINDS}
            self._enter(log, "key.moved", **counts, left=len(self._done.left))
            log.close()
            self._done.old_store = self._stores.finish()
        return self._done

    def _prepare(self) -> None:
        if made := self._stores.prepare():
            self._tell(f"A random passphrase is in {made}. Copy it to a safe place: without it no recording opens.")

    def _look_through(self, old: ManagedKeyStore) -> list[str]:
        """See that every key opens, before anything changes; returns what does not, and why."""
        bad: list[str] = []
        for one in self._keyed(old).wrapped_keys(_into(bad)):
            try:
                if old.alive(one.wrapped):
                    old.open(one.wrapped, one.kek_id)
            except SealError as error:
                bad.append(f"{one.name}: {error}")
        return bad

    def _compact(self, old: ManagedKeyStore, log: AuditLog) -> list[str]:
        """Bring journals into their long-term form, for their own keys cannot be wrapped again; returns what fails."""
        bad: dict[str, str] = {}
        for _ in self._compactor(old, log).run(bad.__setitem__):
            pass
        journals = self._keyed(old).recordings.journals()
        for journal in journals:
            bad.setdefault(journal.where, "another process holds it")
        return [f"{where}: {reason}" for where, reason in bad.items()]

    def _refuse_damage(self, bad: list[str], *, leave_damaged: bool) -> None:
        for one in bad:
            self._tell(one)
        if bad and not leave_damaged:
            raise SealError(
                f"{len(bad)} recordings or records do not open, so the keys were not moved: restore them, "
                "or leave them behind with --leave-damaged"
            )

    def _heir(self, old: ManagedKeyStore) -> ManagedKeyStore:
        """The new store, made now or by a run that was interrupted."""
        heir = self._stores.heir()
        if heir is None:
            return self._stores.inherit(old.estate())
        heir.take_over(old.estate())  # who had opened the old store before may have shredded since
        return heir

    def _wrap(self, old: ManagedKeyStore, heir: ManagedKeyStore) -> None:
        """Wrap every key with the new store; what it wraps already is left alone."""
        own = {kek.kek_id for kek in heir.keks()}
        active = heir.keks()[-1].kek_id

        def moved(wrapped: bytes, kek_id: str) -> tuple[bytes, str]:
            if kek_id in own:
                return wrapped, kek_id
            try:
                key = old.open(wrapped, kek_id)
            except SealError:  # seen before anything was moved; `_verify` names it again
                return wrapped, kek_id
            return heir.adopt(key, leaf_of(wrapped))

        keyed = self._keyed(old)
        for number, _ in enumerate(keyed.rewrap_recordings(moved, active, lambda where, reason: None), 1):
            if number % TELL_EVERY == 0:
                self._tell(f"{number} recordings...")
        keyed.rewrap_others(moved, active)

    def _verify(self, old: ManagedKeyStore, heir: ManagedKeyStore) -> None:
        """Everything that opened with the old store opens with the new one, read from the disk again."""
        estate, before = heir.estate(), old.estate()
        if (estate.index_key, estate.tree) != (before.index_key, before.tree):
            raise SealError("the new key store does not hold what the old one held: nothing was given up")
        own = {kek.kek_id for kek in heir.keks()}
        keyed, left = self._keyed(heir), self._done.left
        for one in keyed.wrapped_keys(_into(left)):
            if one.kek_id in own:
                heir.open(one.wrapped, one.kek_id)
                if one.recording is not None and one.recording.form is Form.ARCHIVE:
                    keyed.recordings.authenticate(one.recording)
                self._done.moved[one.kind] += 1
                continue
            if one.recording is not None and one.recording.form is Form.JOURNAL:
                left.append(f"{one.name}: it could not be brought into its long-term form")
                continue
            try:
                alive = old.alive(one.wrapped) and bool(old.open(one.wrapped, one.kek_id))
            except SealError as error:
                left.append(f"{one.name}: {error}")
                continue
            if alive:
                raise SealError(f"{one.name} was not moved, for it came meanwhile: run it again")

    def _enter(self, log: AuditLog, action: str, **details: object) -> None:
        source, target = self._stores.kinds
        said: dict[str, object] = {"from": source, "to": target, **details}
        log.append([AuditEntry(self._wall(), self._actor, action, "key store", "done", self._reason, said)])


def _into(bad: list[str]) -> Callable[[str, str], None]:
    return lambda name, reason: bad.append(f"{name}: {reason}")
