"""The vault's adapters, made from the settings."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.adapters.files.attempts import AttemptFile
from ivr.adapters.files.audit.log import AuditLog
from ivr.adapters.files.audit.roles import RolesFile
from ivr.adapters.files.audit.steps import SLACK_SECONDS, StepIndex
from ivr.adapters.files.keys.moved_store import read_move
from ivr.adapters.files.keys.passphrase import read_passphrase, read_pin
from ivr.adapters.files.keys.ring_file import refuse_to_overwrite
from ivr.adapters.files.keys.store import FileKeyStore
from ivr.adapters.files.recordings.compaction import Compacted, Compactor, SetAside
from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.apps.settings import Settings
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.note import Signer
from ivr.core.audit.receipt import commitment, statement_salt
from ivr.core.audit.roles import DEMANDED
from ivr.core.audit.step import CallStep, step_entry, step_salt
from ivr.core.call.comparison import Held, compared
from ivr.core.call.record import CallRecord
from ivr.core.call.recording import OutlinedRecording
from ivr.core.media.frame import seconds
from ivr.core.vault.estate import Estate
from ivr.core.vault.journal import Ending
from ivr.engine.archive.indexing import spoken
from ivr.engine.supervisor.kin import never_dump
from ivr.errors import OperatorError, SealError, SettingsError
from ivr.ports.keys import KeyStore, ManagedKeyStore

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ivr.adapters.hsm.key_store import TokenKeyStore
    from ivr.adapters.hsm.token import Token
    from ivr.adapters.sql.call_store import SqlCallStore
    from ivr.adapters.sql.callback_store import SqlCallbackStore
    from ivr.adapters.sql.leadership import PostgresLeadership
    from ivr.adapters.sql.queue_lines import SqlQueueLines


def open_key_store(settings: Settings, *, moving: bool = False) -> ManagedKeyStore:
    """The key store, opened with its passphrase or PIN file. Raises IvrError. Takes a tenth of a second.

    While a move to another kind of store is unfinished only that move opens either (`moving`).
    """
    never_dump()
    if not moving and (move := read_move(move_note(settings))):
        raise OperatorError(f"keys were being moved: finish it with 'ivr keys move --to {move.store}'")
    if settings.keys.store == "file":
        return FileKeyStore(settings.keystore_path, read_passphrase(settings.passphrase_path))
    store = _token_store()
    return store(settings.keystore_path, open_token(settings))


def create_key_store(settings: Settings, *, recovery: str = "") -> ManagedKeyStore:
    """A new key store with its first key. Its passphrase or PIN file is there. Raises IvrError."""
    never_dump()
    if settings.keys.store == "file":
        secret = read_passphrase(settings.passphrase_path)
        return FileKeyStore.create(settings.keystore_path, secret, recovery=recovery)
    store = _token_store()
    refuse_to_overwrite(settings.keystore_path)
    return store.create(settings.keystore_path, open_token(settings), recovery=recovery)


def inherit_key_store(settings: Settings, estate: Estate) -> ManagedKeyStore:
    """A new key store that takes the place of one of another kind. Raises IvrError."""
    never_dump()
    if settings.keys.store == "file":
        return FileKeyStore.inherit(settings.keystore_path, read_passphrase(settings.passphrase_path), estate)
    store = _token_store()
    refuse_to_overwrite(settings.keystore_path)
    return store.inherit(settings.keystore_path, open_token(settings), estate)


def move_note(settings: Settings) -> Path:
    """Where an unfinished move of keys is noted."""
    return settings.data_dir / "keys" / "move.json"


def recover_key_store(settings: Settings, sealed: bytes, identity: Path) -> ManagedKeyStore:
    """The key store made again from its recovery file. Raises IvrError."""
    never_dump()
    if settings.keys.store == "file":
        secret = read_passphrase(settings.passphrase_path)
        return FileKeyStore.recover(settings.keystore_path, sealed, identity, secret)
    store = _token_store()
    refuse_to_overwrite(settings.keystore_path)
    return store.recover(settings.keystore_path, open_token(settings), sealed, identity)


def open_token(settings: Settings) -> Token:
    """The hardware security module's token, logged in to. Raises OperatorError or EnvironmentFault."""
    from ivr.adapters.hsm.token import Token

    assert settings.keys.module is not None
    assert settings.keys.token is not None
    return Token(settings.keys.module, settings.keys.token, read_pin(settings.pin_path))


def _token_store() -> type[TokenKeyStore]:
    """Imported here: only who has such a module needs the package."""
    try:
        from ivr.adapters.hsm.key_store import TokenKeyStore
    except ModuleNotFoundError as error:
        raise SettingsError("keys.store: pkcs11 needs the package python-pkcs11: tools/install extras") from error
    return TokenKeyStore


def recording_files(settings: Settings, keys: KeyStore) -> RecordingFiles:
    """The recordings on disk."""
    return RecordingFiles(settings.recordings_dir, keys)


def audit_signer(keys: KeyStore) -> Signer:
    """Who signs the audit log: a key that follows from the key store's secrets; its name holds no place or date."""
    seed = keys.fingerprint("audit log signing key", b"")
    name = "ivr-audit-" + hashlib.sha256(Signer("ivr-audit", seed).verifier.public).hexdigest()[:12]
    return Signer(name, seed)


def audit_log(settings: Settings, keys: KeyStore) -> AuditLog:
    """The audit log. Close it when done: that publishes."""
    return AuditLog(settings.data_dir / "audit", audit_signer(keys))


def roles_file(settings: Settings, keys: KeyStore, log: AuditLog) -> RolesFile:
    """Who holds which role, by the log."""
    return RolesFile(settings.roles_path, log, keys)


def enter_rules(settings: Settings, keys: KeyStore, log: AuditLog, *, actor: str) -> None:
    """Enter what the settings demand of two persons into the log, where it is not yet: from then on the log decides."""
    book = roles_file(settings, keys, log)
    if set(settings.access.two_persons) - book.read().two_persons:
        with book.alone():
            missing = sorted(set(settings.access.two_persons) - book.read().two_persons)
            now, why = time.time(), "the settings name it"
            log.append([AuditEntry(now, actor, DEMANDED, rule, reason=why) for rule in missing])
            book.read()


def compactor(settings: Settings, keys: KeyStore, log: AuditLog, *, actor: str) -> Compactor:
    """What brings journals into their long-term form.

    Each is entered in the audit log, and the words that were said into the index, before its journal goes.
    """
    store = call_store(settings, keys)
    index = StepIndex(log)

    def compare(opened: OutlinedRecording) -> Sequence[str]:
        header = opened.header
        log.publish()
        found = log.since(header.started_at - SLACK_SECONDS, naming=(header.call_id,))
        entries = [one for _, one in found if one.subject == header.call_id and "step" in one.details]
        salt = step_salt(keys.open(header.wrapped, header.kek_id))
        lacks, known = compared(held(opened), entries, _stored(store, header.call_id), salt)
        if lacks is not None:
            raise SetAside(lacks)
        return known

    def on_sealed(done: Compacted, opened: OutlinedRecording, known: Sequence[str]) -> None:
        missing = missing_steps(opened, keys, index, actor=actor)
        log.append([*missing, sealed_entry(done, opened, keys, known, actor=actor, now=time.time())])
        if store.wrapped_key(opened.header.call_id) is None:
            store.save(opened.record())  # no hub was there to do it
        store.index_words(opened.header.call_id, *spoken(opened.transcript()))

    return Compactor(recording_files(settings, keys), keys, on_sealed, compare)


def held(opened: OutlinedRecording) -> Held:
    """What a recording holds of its call, for a comparison with what is known elsewhere."""
    record, steps, told = opened.record(), opened.steps(), opened.outline
    began = record.answered_at or record.started_at
    moments = [began + seconds(told.samples), *(step.at for step in steps)]
    if told.moments is not None:
        moments.append(record.started_at + told.moments[1] - told.moments[0])
    return Held(opened.ending is Ending.CLOSED, steps, record, max(moments))


def _stored(store: SqlCallStore, call_id: str) -> CallRecord | None:
    try:
        return store.get(call_id)
    except (OperatorError, SealError):  # none, or a damaged one: that is told by whoever reads the database
        return None


def missing_steps(opened: OutlinedRecording, keys: KeyStore, index: StepIndex, *, actor: str) -> Iterator[AuditEntry]:
    """Entries of the call's steps that no hub entered, and of its cell's death."""
    steps, header = opened.steps(), opened.header
    if opened.crashed and steps:
        last = steps[-1]
        steps.append(CallStep(last.number + 1, last.at, "call.lost"))
    if steps:
        entered = index.numbers(header.call_id, header.started_at)
        salt = step_salt(keys.open(header.wrapped, header.kek_id))
        for step in steps:
            if step.number not in entered:
                yield step_entry(header.call_id, step.at, actor, step.action, step.public(salt))


def sealed_entry(
    done: Compacted, opened: OutlinedRecording, keys: KeyStore, known: Sequence[str], *, actor: str, now: float
) -> AuditEntry:
    """The audit log's entry of a recording in its long-term form: hashes only, nothing of what it holds."""
    salt = statement_salt(keys.open(opened.header.wrapped, opened.header.kek_id))
    details: dict[str, object] = {"sha256": done.sha256, "statement": commitment(opened.statement(), salt)}
    details["compared"] = list(known)
    return AuditEntry(now, actor, "recording.sealed", done.recording_id, details=details)


def call_store(settings: Settings, keys: KeyStore) -> SqlCallStore:
    """The database, brought to this version's form. (Imported here: commands without a database start faster.)"""
    from ivr.adapters.sql.call_store import SqlCallStore

    return SqlCallStore(_database(settings), keys)


def _database(settings: Settings) -> Engine:
    from ivr.adapters.sql.database import open_database, upgrade

    secret = settings.database.password_file
    engine = open_database(settings.database_url, password=_secret(secret) if secret else None)
    upgrade(engine)
    return engine


def attempt_counter(settings: Settings, keys: KeyStore) -> AttemptFile:
    """How often accounts' proofs were tried."""
    return AttemptFile(settings.data_dir / "attempts.json", keys, wall=time.time)


def hub_leadership(settings: Settings) -> PostgresLeadership:
    """The lock of the settings' database by which one of several hubs leads."""
    from ivr.adapters.sql.leadership import PostgresLeadership

    return PostgresLeadership(_database(settings))


def queue_lines(settings: Settings) -> SqlQueueLines:
    """What became of calls in queues and of agents, in the settings' database."""
    from ivr.adapters.sql.queue_lines import SqlQueueLines

    return SqlQueueLines(_database(settings))


def callback_store(settings: Settings, keys: KeyStore) -> SqlCallbackStore:
    """Callback requests, in the same database."""
    from ivr.adapters.sql.callback_store import SqlCallbackStore

    return SqlCallbackStore(_database(settings), keys)


def _secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"database.password_file {path} cannot be read: {error.strerror}") from error
