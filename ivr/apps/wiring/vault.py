"""The vault's adapters, made from the settings."""

from __future__ import annotations

import os
from pathlib import Path

from ivr.adapters.files.key_store import FileKeyStore
from ivr.adapters.files.passphrase import read_passphrase
from ivr.apps.settings import Settings


def passphrase_file(settings: Settings) -> Path:
    """The file that IVR_PASSPHRASE_FILE names, else the settings' one."""
    named = os.environ.get("IVR_PASSPHRASE_FILE")
    return Path(named) if named else settings.passphrase_path


def open_key_store(settings: Settings) -> FileKeyStore:
    """The key store, opened with the passphrase file. Raises OperatorError or SealError. Takes a tenth of a second."""
    return FileKeyStore(settings.keystore_path, read_passphrase(passphrase_file(settings)))
