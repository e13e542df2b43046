"""The vault's adapters, made from the settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.adapters.files.compaction import Compactor
from ivr.adapters.files.key_store import FileKeyStore
from ivr.adapters.files.passphrase import read_passphrase
from ivr.adapters.files.recordings import RecordingFiles
from ivr.apps.settings import Settings
from ivr.errors import SettingsError
from ivr.ports import KeyStore

if TYPE_CHECKING:
    from ivr.adapters.sql.call_store import SqlCallStore


def passphrase_file(settings: Settings) -> Path:
    """The file that IVR_PASSPHRASE_FILE names, else the settings' one."""
    named = os.environ.get("IVR_PASSPHRASE_FILE")
    return Path(named) if named else settings.passphrase_path


def open_key_store(settings: Settings) -> FileKeyStore:
    """The key store, opened with the passphrase file. Raises OperatorError or SealError. Takes a tenth of a second."""
    return FileKeyStore(settings.keystore_path, read_passphrase(passphrase_file(settings)))


def recording_files(settings: Settings, keys: KeyStore) -> RecordingFiles:
    """The recordings on disk."""
    return RecordingFiles(settings.recordings_dir, keys)


def compactor(settings: Settings, keys: KeyStore) -> Compactor:
    """What brings journals into their long-term form."""
    return Compactor(recording_files(settings, keys), keys)


def call_store(settings: Settings, keys: KeyStore) -> SqlCallStore:
    """The database, brought to this version's form. (Imported here: commands without a database start faster.)"""
    from ivr.adapters.sql.call_store import SqlCallStore
    from ivr.adapters.sql.database import open_database, upgrade

    secret = settings.database.password_file
    engine = open_database(settings.database_url, password=_secret(secret) if secret else None)
    upgrade(engine)
    return SqlCallStore(engine, keys)


def _secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"database.password_file {path} cannot be read: {error.strerror}") from error
