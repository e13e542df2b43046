"""How long one call is kept, as `ivr recordings show` says it: its class, its holds, and when it goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from ivr.apps.settings import Settings
from ivr.apps.wiring.retention import retention_plan
from ivr.apps.wiring.vault import audit_log
from ivr.core.call.record import CallRecord
from ivr.core.vault.retention import DAY_SECONDS, Ledger, RetentionClass, decide
from ivr.engine.archive.standing import Standing
from ivr.ports.keys import ErasingKeyStore


def kept_lines(settings: Settings, keys: ErasingKeyStore, record: CallRecord) -> list[str]:
    """Lines about one call, from the settings' classes and the audit log's holds and requests."""
    log = audit_log(settings, keys)
    try:
        ledger = Standing(log).ledger()
    finally:
        log.close()
    return list(kept(record, retention_plan(settings).class_of(record.dialplan), ledger, now=time.time()))


def kept(record: CallRecord, kept_as: RetentionClass, ledger: Ledger, *, now: float) -> Iterator[str]:
    """The same, of a class and a ledger."""
    earliest, latest = (
        f"{datetime.fromtimestamp(record.started_at + days * DAY_SECONDS, UTC):%Y-%m-%d}"
        for days in (kept_as.earliest_days, kept_as.latest_days)
    )
    yield f"kept        as {kept_as.name}: goes on {latest}, on request from {earliest} (UTC)"
    if holds := ledger.holds.get(record.call_id):
        yield f"held        for {', '.join(sorted(holds))}: nothing erases it until each is released"
    if record.call_id in ledger.requests:
        verdict = decide(record.call_id, record.started_at, kept_as, ledger, now=now)
        yield f"asked       to be erased: {verdict.reason}"
