"""The keeper's process, at low priority: calls come first."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from ivr.adapters.files.voiceprints import VoiceprintFiles
from ivr.apps.settings import Settings
from ivr.apps.wiring.archive import compactor, eraser, shipping
from ivr.apps.wiring.hub_client import hub_of
from ivr.apps.wiring.notices import courier, run_beside
from ivr.apps.wiring.retention import retention_plan, retention_rules
from ivr.apps.wiring.vault import audit_log, call_store, callback_store, open_key_store, recording_files, role_book
from ivr.core.alarms import AlarmKind
from ivr.engine.archive.callbacks import CallbackKeeper
from ivr.engine.archive.indexing import Indexing
from ivr.engine.archive.keeper import Keeper
from ivr.engine.archive.shipping import Behind
from ivr.engine.archive.voices import VoiceKeeper
from ivr.engine.bus.alarm_post import AlarmPost
from ivr.engine.bus.shipping import ShippingTold
from ivr.errors import EnvironmentFault

COMPACT_SECONDS = 5.0
"""Between two looks for calls that have ended."""
HUB_SECONDS = 1.0
"""The hub is waited for so long."""
LOW_PRIORITY = 10
"""nice(1)."""

log = logging.getLogger("ivr.keeper")


def build(
    settings: Settings,
    alarm: Callable[[AlarmKind, str], None] = lambda kind, text: None,
    behind: Callable[[Behind], None] = lambda behind: None,
) -> Keeper:
    """The keeper with all it touches. Raises IvrError when key store, database or audit log do not open."""
    keys = open_key_store(settings)
    audit = audit_log(settings, keys)

    def told(kind: AlarmKind, text: str) -> None:
        log.error(kind, extra={"data": {"reason": text}})
        alarm(kind, text)

    keeper = Keeper(
        compactor(settings, keys, audit, actor="keeper"),
        eraser(settings, keys, audit, actor="keeper"),
        retention_plan(settings),
        audit,
        CallbackKeeper(
            callback_store(settings, keys), keys, audit, keep_days=settings.callbacks.keep_days, wall=time.time
        ),
        VoiceKeeper(
            VoiceprintFiles(settings.voiceprints_dir, keys), audit, heard_days=settings.voice.heard_days, wall=time.time
        ),
        Indexing(recording_files(settings, keys), call_store(settings, keys)),
        role_book(settings, keys, audit).read,
        shipping(settings, keys, behind),
        alarm=told,
        log=_log,
        clock=time.monotonic,
        wall=time.time,
    )
    keeper.begin(retention_rules(settings))
    return keeper


def run(settings: Settings) -> None:
    """Work until SIGTERM."""
    os.nice(LOW_PRIORITY)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: stop.set())
    post = AlarmPost(settings.hub_socket, _hub_away)
    keeper = build(settings, post.send, lambda behind: _tell_behind(settings, behind))
    keys = open_key_store(settings)
    run_beside(courier(settings, keys, audit_log(settings, keys)), stop)
    while True:
        keeper.round()
        post.deliver()
        if stop.wait(COMPACT_SECONDS):
            return


def _log(event: str, data: Mapping[str, object]) -> None:
    log.info(event, extra={"data": data})


def _tell_behind(settings: Settings, behind: Behind) -> None:
    with suppress(EnvironmentFault):  # a hub that is away hears it after the next round
        replace(hub_of(settings), patience=HUB_SECONDS).tell(ShippingTold(behind.waiting, behind.seconds))


def _hub_away(kind: AlarmKind) -> None:
    log.warning("hub_unreachable", extra={"data": {"alarm": kind}})
