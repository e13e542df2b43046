"""A move of all keys to the other kind of store, made from the settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ivr.adapters.files.keys.moved_store import MovingKeyFiles, UnfinishedMove
from ivr.adapters.files.keys.passphrase import create_passphrase
from ivr.apps.settings import Settings
from ivr.apps.wiring.archive import compactor, keyed
from ivr.apps.wiring.only_one import no_cell_lives, only_one
from ivr.apps.wiring.vault import audit_log, inherit_key_store, move_note, open_key_store
from ivr.engine.archive.key_move import KeyMove
from ivr.errors import OperatorError

STORE_FILES = {"file": "store.json", "pkcs11": "token.json"}


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


def key_move(settings: Settings, target: Settings, *, actor: str, reason: str, tell: Callable[[str], None]) -> KeyMove:
    """From the settings' store to that of `target`, as `heirs_settings` made it."""
    stores = MovingKeyFiles(
        move_note(settings),
        UnfinishedMove(str(settings.keystore_path), str(target.keystore_path), target.keys.store),
        kind=settings.keys.store,
        old=lambda: open_key_store(settings, moving=True),
        heir=lambda: open_key_store(target, moving=True),
        inherit=lambda estate: inherit_key_store(target, estate),
        make_secret=lambda: _make_passphrase(target),
        alone=lambda: _alone(settings),
    )
    return KeyMove(
        stores,
        keyed=lambda keys: keyed(settings, keys),
        open_log=lambda keys: audit_log(settings, keys),
        compactor=lambda keys, log: compactor(settings, keys, log, actor=actor),
        actor=actor,
        reason=reason,
        tell=tell,
        wall=time.time,
    )


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    with only_one(settings), no_cell_lives(settings):
        yield


def _make_passphrase(target: Settings) -> str:
    path = target.passphrase_path
    if target.keys.store != "file" or path.exists():
        return ""
    create_passphrase(path)
    return str(path)
