"""Records of calls that tests keep and look for."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from ivr.core.call.record import CallRecord
from ivr.core.identity.level import Level
from ivr.core.orders.evidence import CallOutcome, DisclosureHeard, MessageLeft

CALLER = "sip:+8613912345678@192.0.2.7"

EVIDENCE = DisclosureHeard(
    disclosure="fund_risk",
    language="zh",
    audio_sha256="ab" * 32,
    first_sample=1600,
    last_sample=96000,
    packets_sent=590,
    loss=0.013,
    plays=2,
    acknowledged_by="speech",
    answer="我明白",
    confidence=0.93,
    at=13.25,
)

RECORD = CallRecord(
    call_id="call-1",
    started_at=1767312000.25,
    answered_at=1767312001.5,
    ended_at=1767312099.125,
    caller=CALLER,
    called="95588",
    dialplan="wealth@3",
    dialplan_sha256="cd" * 32,
    language="zh",
    outcome=CallOutcome.COMPLETED,
    recording_id="20260102-call-1",
    identity=Level.STRONG,
    agents=("alice", "bob"),
    transfers=("head_office",),
    voicemails=(MessageLeft("complaints", 8000, 96000),),
    states=("greeting", "menu", "buy"),
    disclosures=(
        EVIDENCE,
        dataclasses.replace(EVIDENCE, loss=None, confidence=None, acknowledged_by="key", answer="1"),
    ),
    hangup_code=200,
    hangup_by_caller=True,
)


def record(number: int, started_at: float | None = None) -> CallRecord:
    at = 1000.0 + number if started_at is None else started_at
    return dataclasses.replace(RECORD, call_id=f"call-{number}", started_at=at)


def ids(found: Iterable[CallRecord]) -> list[str]:
    return [one.call_id for one in found]
