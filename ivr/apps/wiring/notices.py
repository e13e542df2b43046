"""Notices to systems outside, from the settings."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from ivr.adapters.files.keys.passphrase import read_webhook_secret
from ivr.adapters.files.notice_targets import AlarmFile, TargetFile
from ivr.adapters.notice_post import HttpPoster
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import call_store
from ivr.engine.notices.courier import Courier
from ivr.errors import IvrError
from ivr.ports.audit import AuditLog
from ivr.ports.keys import KeyStore

ROUND_SECONDS = 2.0
log = logging.getLogger("ivr.notices")


def targets(settings: Settings, keys: KeyStore) -> TargetFile:
    """Where they are kept."""
    return TargetFile(settings.data_dir / "webhooks", keys)


def read_secret(file: Path) -> str:
    """A target's secret, from a file that only its owner reads. Raises OperatorError."""
    return read_webhook_secret(file)


def courier(settings: Settings, keys: KeyStore, audit: AuditLog) -> Courier:
    """What takes them there."""
    return Courier(
        targets(settings, keys), HttpPoster(), audit, call_store(settings, keys), AlarmFile(settings.alarms_path),
        wall=time.time, tell=_log,
    )  # fmt: skip


def run_beside(made: Courier, stop: threading.Event) -> threading.Thread:
    """Round after round, in a thread of a process that no call waits for. What fails is logged, and tried again."""

    def rounds() -> None:
        failing = ""
        while not stop.wait(ROUND_SECONDS):
            try:
                made.round()
                failing = ""
            except IvrError as error:
                if str(error) != failing:
                    failing = str(error)
                    _log("notices_wait", {"reason": failing})

    thread = threading.Thread(target=rounds, name="notices", daemon=True)
    thread.start()
    return thread


def _log(event: str, data: Mapping[str, object]) -> None:
    log.warning(event, extra={"data": data})
