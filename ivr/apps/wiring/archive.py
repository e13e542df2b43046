"""What is done with recordings after their calls, made from the settings."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ivr.adapters.files.voiceprints import VoiceprintFiles
from ivr.apps.settings import Settings
from ivr.apps.wiring.retention import retention_alone
from ivr.apps.wiring.vault import (
    account_store,
    call_store,
    callback_store,
    inspection_store,
    note_store,
    recording_files,
    review_store,
    user_store,
)
from ivr.core.vault.guard import Guard
from ivr.engine.archive.compaction import Compactor
from ivr.engine.archive.eraser import Eraser
from ivr.engine.archive.keyed import Keyed
from ivr.engine.archive.sealing import Sealing
from ivr.engine.archive.shipping import Behind, Shipping
from ivr.ports.audit import AuditLog
from ivr.ports.keys import ErasingKeyStore, KeyStore

if TYPE_CHECKING:
    from sqlalchemy import Engine


def compactor(
    settings: Settings, keys: KeyStore, log: AuditLog, *, actor: str, engine: Engine | None = None
) -> Compactor:
    """What brings journals into their long-term form."""
    sealing = Sealing(keys, call_store(settings, keys, engine), log, actor=actor, wall=time.time)
    return Compactor(recording_files(settings, keys), sealing)


def shipping(settings: Settings, keys: KeyStore, tell: Callable[[Behind], None]) -> Shipping | None:
    """What sends them to the object store; None: the settings name none."""
    if settings.objects is None:
        return None
    return Shipping(recording_files(settings, keys), tell, clock=time.monotonic, wall=time.time)


def keyed(settings: Settings, keys: ErasingKeyStore, engine: Engine | None = None) -> Keyed:
    """Everything whose data keys the key store wraps."""
    return Keyed(
        recording_files(settings, keys),
        call_store(settings, keys, engine),
        callback_store(settings, keys, engine),
        user_store(settings, keys, engine),
        review_store(settings, keys, engine),
        note_store(settings, keys, engine),
        inspection_store(settings, keys, engine),
        account_store(settings, keys, engine),
        VoiceprintFiles(settings.voiceprints_dir, keys),
    )


def eraser(
    settings: Settings, keys: ErasingKeyStore, log: AuditLog, *, actor: str, engine: Engine | None = None
) -> Eraser:
    """What judges and erases recordings."""
    stores = keyed(settings, keys, engine)
    return Eraser(
        stores.recordings,
        keys,
        call_store(settings, keys, engine),
        log,
        actor=actor,
        clock=time.time,
        guard=Guard(settings.retention.most_a_day),
        alone=lambda: retention_alone(settings),
        foreign=stores.foreign,
        kept_with_calls=[make(settings, keys, engine) for make in (review_store, note_store, inspection_store)],
    )
