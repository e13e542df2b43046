"""Moving all keys from a file into a token of a hardware security module, or back.

Rules: no audio is rewritten. Nothing changes before every key was seen to open; the old store stays as it is until
every key opens with the new one. A move that was interrupted, at whatever moment, goes on where it stopped when it is
started again, and until it is finished nothing else opens either store. The engine is stopped meanwhile.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ivr.adapters.files.audit.log import AuditLog
from ivr.adapters.files.keys.moved_store import UnfinishedMove, leave_note, moved_to, read_move, write_move
from ivr.adapters.files.keys.passphrase import create_passphrase
from ivr.adapters.files.keys.ring_file import refuse_to_overwrite
from ivr.adapters.files.recordings.archives import ARCHIVE
from ivr.adapters.files.recordings.rewrap import rewrap_recordings
from ivr.adapters.files.recordings.store import JOURNAL
from ivr.adapters.files.voiceprints import VoiceprintFiles
from ivr.apps.settings import Settings
from ivr.apps.wiring.only_one import no_cell_lives, only_one
from ivr.apps.wiring.vault import (
    audit_log,
    call_store,
    callback_store,
    compactor,
    inherit_key_store,
    move_note,
    open_key_store,
    recording_files,
)
from ivr.core.audit.entry import AuditEntry
from ivr.core.vault.keys import leaf_of
from ivr.errors import OperatorError, SealError
from ivr.ports.keys import ManagedKeyStore

KINDS = ("recordings", "records", "callbacks", "voiceprints")
TELL_EVERY = 1000
"""Recordings between two lines of progress."""
STORE_FILES = {"file": "store.json", "pkcs11": "token.json"}

Tell = Callable[[str], None]


@dataclass(slots=True)
class Moved:
    """What a move did."""

    moved: Counter[str] = field(default_factory=Counter)
    """How many of each of KINDS open with the new store."""
    left: list[str] = field(default_factory=list)
    """Things whose key does not open, and why; they stay as they were."""
    old_store: Path = Path()
    """The copy of the old store's file."""


def heirs_settings(settings: Settings, store: str) -> Settings:
    """The same settings with the other store. Raises OperatorError: it is this one, or they do not name the token."""
    if store == settings.keys.store:
        raise OperatorError(f"the keys are in the store '{store}' already, by the settings")
    if store == "pkcs11" and (settings.keys.module is None or settings.keys.token is None):
        raise OperatorError("name the token first: keys.module, keys.token and keys.pin_file in the settings")
    path = settings.keystore_path.with_name(STORE_FILES[store])
    if path == settings.keystore_path:
        raise OperatorError(f"keys.path names the old store {path} as a new one would be called: rename it first")
    return settings.model_copy(update={"keys": settings.keys.model_copy(update={"store": store, "path": path})})


class KeyMove:
    """One move, begun or gone on with."""

    def __init__(self, settings: Settings, target: Settings, *, actor: str, reason: str, tell: Tell) -> None:
        self._settings = settings
        self._target = target
        self._actor = actor
        self._reason = reason
        self._tell = tell
        self._done = Moved()

    def run(self, *, leave_damaged: bool) -> Moved:
        """Move all keys. Raises IvrError; then nothing is lost, and it may be run again."""
        with only_one(self._settings), no_cell_lives(self._settings):
            move = UnfinishedMove(
                str(self._settings.keystore_path), str(self._target.keystore_path), self._target.keys.store
            )
            begun = read_move(move_note(self._settings))
            if begun not in (None, move):
                raise OperatorError("another move of keys is unfinished: go on with that one first")
            old = open_key_store(self._settings, moving=True)
            log = audit_log(self._settings, old)
            if begun is None:
                refuse_to_overwrite(self._target.keystore_path)
                self._make_passphrase()
                self._refuse_damage(self._compact(old, log) + self._look_through(old), leave_damaged=leave_damaged)
                self._enter(log, "key.move_began")
                write_move(move_note(self._settings), move)
            else:  # whoever had opened the old store before may have added to it
                self._refuse_damage(self._compact(old, log), leave_damaged=leave_damaged)
            heir = self._heir(old)
            self._wrap(old, heir)
            self._verify(old, open_key_store(self._target, moving=True))
            counts = {kind: self._done.moved[kind] for kind in KINDS}
            self._enter(log, "key.moved", **counts, left=len(self._done.left))
            log.close()
            self._done.old_store = leave_note(self._settings.keystore_path, self._target.keys.store)
            move_note(self._settings).unlink()
        return self._done

    def _make_passphrase(self) -> None:
        path = self._target.passphrase_path
        if self._target.keys.store == "file" and not path.exists():
            create_passphrase(path)
            self._tell(f"A random passphrase is in {path}. Copy it to a safe place: without it no recording opens.")

    def _look_through(self, old: ManagedKeyStore) -> list[str]:
        """See that every key opens, before anything changes; returns what does not, and why."""
        bad: list[str] = []
        for _, name, wrapped, kek_id in wrapped_keys(self._settings, old, bad.append):
            try:
                if old.alive(wrapped):
                    old.open(wrapped, kek_id)
            except SealError as error:
                bad.append(f"{name}: {error}")
        return bad

    def _compact(self, old: ManagedKeyStore, log: AuditLog) -> list[str]:
        """Bring journals into their long-term form, for their own keys cannot be wrapped again; returns what fails."""
        bad: dict[Path, str] = {}
        for _ in compactor(self._settings, old, log, actor=self._actor).run(bad.__setitem__):
            pass
        for path in recording_files(self._settings, old).journals():
            bad.setdefault(path, "another process holds it")
        return [f"{path.name}: {reason}" for path, reason in bad.items()]

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
        path = self._target.keystore_path
        if path.exists() and not moved_to(path):
            heir = open_key_store(self._target, moving=True)
            heir.take_over(old.estate())  # who had opened the old store before may have shredded since
            return heir
        return inherit_key_store(self._target, old.estate())

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

        files = recording_files(self._settings, old)
        for number, _ in enumerate(rewrap_recordings(files, moved, active, lambda path, reason: None), 1):
            if number % TELL_EVERY == 0:
                self._tell(f"{number} recordings...")
        call_store(self._settings, old).rewrap(moved, active)
        callback_store(self._settings, old).rewrap(moved, active)
        VoiceprintFiles(self._settings.voiceprints_dir, old).rewrap(moved, active)

    def _verify(self, old: ManagedKeyStore, heir: ManagedKeyStore) -> None:
        """Everything that opened with the old store opens with the new one, read from the disk again."""
        estate, before = heir.estate(), old.estate()
        if (estate.index_key, estate.tree) != (before.index_key, before.tree):
            raise SealError("the new key store does not hold what the old one held: nothing was given up")
        own = {kek.kek_id for kek in heir.keks()}
        left = self._done.left
        for kind, name, wrapped, kek_id in wrapped_keys(self._target, heir, left.append):
            if kek_id in own:
                heir.open(wrapped, kek_id)
                self._done.moved[kind] += 1
                continue
            if name.endswith(JOURNAL):
                left.append(f"{name}: it could not be brought into its long-term form")
                continue
            try:
                alive = old.alive(wrapped) and bool(old.open(wrapped, kek_id))
            except SealError as error:
                left.append(f"{name}: {error}")
                continue
            if alive:
                raise SealError(f"{name} was not moved, for it came meanwhile: run it again")
        files = recording_files(self._target, heir)
        for found in files.scan():
            if found.path.suffix == ARCHIVE and found.header.kek_id in own:
                files.authenticate(found)

    def _enter(self, log: AuditLog, action: str, **details: object) -> None:
        said: dict[str, object] = {"from": self._settings.keys.store, "to": self._target.keys.store, **details}
        log.append([AuditEntry(time.time(), self._actor, action, "key store", "done", self._reason, said)])


def wrapped_keys(settings: Settings, keys: ManagedKeyStore, on_damage: Tell) -> Iterator[tuple[str, str, bytes, str]]:
    """Every wrapped key there is: of which of KINDS, whose, the key, and the id of what wrapped it.

    A recording that does not even say by which key it is wrapped goes to `on_damage`.
    """
    for found in recording_files(settings, keys).scan(lambda path, reason: on_damage(f"{path.name}: {reason}")):
        yield "recordings", found.path.name, found.header.wrapped, found.header.kek_id
    for row in call_store(settings, keys).wrapped_keys():
        yield "records", *row
    for row in callback_store(settings, keys).wrapped_keys():
        yield "callbacks", *row
    for file in VoiceprintFiles(settings.voiceprints_dir, keys).wrapped_keys():
        yield "voiceprints", *file
