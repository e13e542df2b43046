"""The vault's adapters, made from the settings."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.adapters.files.attempts import AttemptFile
from ivr.adapters.files.audit.bookmark import BookmarkFile
from ivr.adapters.files.audit.log import AuditLog
from ivr.adapters.files.keys.moved_store import read_move, refuse_to_overwrite
from ivr.adapters.files.keys.passphrase import read_passphrase, read_pin
from ivr.adapters.files.keys.store import FileKeyStore
from ivr.adapters.files.recordings.afar import Afar
from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.apps.settings import Settings
from ivr.apps.wiring import leading
from ivr.apps.wiring.record_move import refuse_left_database
from ivr.core.audit.note import Signer
from ivr.core.vault.estate import Estate
from ivr.engine.office.role_book import RoleBook
from ivr.engine.supervisor.kin import never_dump
from ivr.errors import OperatorError, SettingsError
from ivr.ports import audit as ports
from ivr.ports.access import AccessStores
from ivr.ports.keys import KeyStore, ManagedKeyStore

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ivr.adapters.hsm.key_store import TokenKeyStore
    from ivr.adapters.hsm.token import Token
    from ivr.adapters.sql.account_store import SqlAccountStore
    from ivr.adapters.sql.call_store import SqlCallStore
    from ivr.adapters.sql.callback_store import SqlCallbackStore
    from ivr.adapters.sql.inspection_store import SqlInspectionStore
    from ivr.adapters.sql.leadership import PostgresLeadership
    from ivr.adapters.sql.note_store import SqlNoteStore
    from ivr.adapters.sql.queue_lines import SqlQueueLines
    from ivr.adapters.sql.review_store import SqlReviewStore
    from ivr.adapters.sql.user_store import SqlUserStore


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
    """The recordings on disk, and in the object store if the settings name one. Raises SettingsError."""
    return RecordingFiles(settings.recordings_dir, keys, _afar(settings, keys))


def _afar(settings: Settings, keys: KeyStore) -> Afar | None:
    if settings.objects is None:
        return None
    try:  # imported here: only who has such a store needs the package
        from ivr.adapters.s3_objects import S3Objects, S3Place, read_credentials
    except ModuleNotFoundError as error:
        raise SettingsError("objects needs the package botocore: tools/install extras") from error
    chosen = settings.objects
    place = S3Place(chosen.url, chosen.bucket, chosen.region, chosen.ca_file)
    return Afar(S3Objects(place, *read_credentials(chosen.credentials_file)), keys, prefix=chosen.prefix)


def audit_signer(keys: KeyStore) -> Signer:
    """Who signs the audit log: a key that follows from the key store's secrets; its name holds no place or date."""
    seed = keys.fingerprint("audit log signing key", b"")
    name = "ivr-audit-" + hashlib.sha256(Signer("ivr-audit", seed).verifier.public).hexdigest()[:12]
    return Signer(name, seed)


def audit_log(settings: Settings, keys: KeyStore) -> AuditLog:
    """The audit log. Close it when done: that publishes."""
    return AuditLog(settings.data_dir / "audit", audit_signer(keys), leading.fence(settings))


def role_book(settings: Settings, keys: KeyStore, log: ports.AuditLog) -> RoleBook:
    """Who holds which role, by the log."""
    return RoleBook(log, keys, BookmarkFile(settings.roles_path))


def call_store(settings: Settings, keys: KeyStore, engine: Engine | None = None) -> SqlCallStore:
    """The database, brought to this version's form. (Imported here: commands without a database start faster.)

    `engine`, here and below: as `database` gave it, for all stores of one process; without one each has a pool of its
    own.
    """
    from ivr.adapters.sql.call_store import SqlCallStore

    return SqlCallStore(engine or database(settings), keys)


def database(settings: Settings, *, moving: bool = False) -> Engine:
    """The settings' database, in this version's form. Raises SettingsError when its records were moved away.

    `moving`: what a move fills.
    """
    from ivr.adapters.sql.database import open_database, upgrade

    if not moving:
        refuse_left_database(settings)
    engine = open_database(
        settings.database_url,
        password=database_password(settings),
        options=leading.session(settings),
        fence=leading.fence(settings),
    )
    upgrade(engine)
    return engine


def database_password(settings: Settings) -> str | None:
    """What its file holds; None: none is named. Raises SettingsError."""
    named = settings.database.password_file
    return _secret(named) if named else None


def attempt_counter(settings: Settings, keys: KeyStore) -> AttemptFile:
    """How often accounts' proofs were tried."""
    return AttemptFile(settings.data_dir / "attempts.json", keys, wall=time.time, fence=leading.fence(settings))


def hub_leadership(settings: Settings) -> PostgresLeadership:
    """The lock of the settings' database by which one of several hubs leads."""
    from ivr.adapters.sql.leadership import PostgresLeadership

    return PostgresLeadership(database(settings))


def queue_lines(settings: Settings, engine: Engine | None = None) -> SqlQueueLines:
    """What became of calls in queues and of agents, in the settings' database."""
    from ivr.adapters.sql.queue_lines import SqlQueueLines

    return SqlQueueLines(engine or database(settings))


def callback_store(settings: Settings, keys: KeyStore, engine: Engine | None = None) -> SqlCallbackStore:
    """Callback requests, in the same database."""
    from ivr.adapters.sql.callback_store import SqlCallbackStore

    return SqlCallbackStore(engine or database(settings), keys)


def review_store(settings: Settings, keys: KeyStore, engine: Engine | None = None) -> SqlReviewStore:
    """Reviews of calls, in the same database."""
    from ivr.adapters.sql.review_store import SqlReviewStore

    return SqlReviewStore(engine or database(settings), keys)


def note_store(settings: Settings, keys: KeyStore, engine: Engine | None = None) -> SqlNoteStore:
    """Agents' notes of calls, in the same database."""
    from ivr.adapters.sql.note_store import SqlNoteStore

    return SqlNoteStore(engine or database(settings), keys)


def account_store(settings: Settings, keys: KeyStore, engine: Engine | None = None) -> SqlAccountStore:
    """What checks customers' PINs and codes, in the same database."""
    from ivr.adapters.sql.account_store import SqlAccountStore

    return SqlAccountStore(engine or database(settings), keys)


def inspection_store(settings: Settings, keys: KeyStore, engine: Engine | None = None) -> SqlInspectionStore:
    """What was read in calls after them, in the same database."""
    from ivr.adapters.sql.inspection_store import SqlInspectionStore

    return SqlInspectionStore(engine or database(settings), keys)


def user_store(settings: Settings, keys: KeyStore, engine: Engine | None = None) -> SqlUserStore:
    """Users of the console, in the same database."""
    from ivr.adapters.sql.user_store import SqlUserStore

    return SqlUserStore(engine or database(settings), keys)


def access_stores(settings: Settings, keys: KeyStore, engine: Engine | None = None) -> AccessStores:
    """Who comes in by the console, in the same database."""
    from ivr.adapters.sql import access_stores as sql
    from ivr.adapters.sql.user_store import SqlUserStore

    engine = engine or database(settings)
    return AccessStores(
        SqlUserStore(engine, keys),
        sql.SqlSessionStore(engine, keys),
        sql.SqlTokenStore(engine, keys),
        sql.SqlOnceStore(engine),
        sql.SqlTryStore(engine),
    )


def _secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"database.password_file {path} cannot be read: {error.strerror}") from error
