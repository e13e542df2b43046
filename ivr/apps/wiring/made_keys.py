"""Makes the key store that the settings name: the first one, or again from its recovery file."""

from __future__ import annotations

from pathlib import Path

from ivr.adapters.files.keys.passphrase import create_passphrase
from ivr.apps.settings import Settings
from ivr.apps.wiring import vault
from ivr.ports.keys import ManagedKeyStore


class MadeKeys:
    """`KeyStores`, by the settings."""

    def __init__(self, settings: Settings, opened: dict[str, object]) -> None:
        """`opened`: gets what was made as `keys`, so that it is not opened again."""
        self._settings = settings
        self._opened = opened

    @property
    def wraps_outside(self) -> bool:
        """In a token."""
        return self._settings.keys.store == "pkcs11"

    def make_secret(self) -> None:
        """A random passphrase; a token's PIN is its owner's."""
        path = self._settings.passphrase_path
        if not self.wraps_outside and not path.exists():
            create_passphrase(path)

    def create(self, recovery: str) -> ManagedKeyStore:
        """A new one."""
        return self._kept(vault.create_key_store(self._settings, recovery=recovery))

    def recover(self, sealed: bytes, identity: Path) -> ManagedKeyStore:
        """From its recovery file."""
        return self._kept(vault.recover_key_store(self._settings, sealed, identity))

    def _kept(self, store: ManagedKeyStore) -> ManagedKeyStore:
        self._opened["keys"] = store
        return store
