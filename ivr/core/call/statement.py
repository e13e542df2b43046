"""What a receipt says of a call: the evidence a customer may hold, and nothing that names anybody.

Rule: it follows from the call's record and its recording alone, so it can be made again for as long as they exist.
"""

from __future__ import annotations

from ivr.core.call.record import CallRecord
from ivr.core.codec import plain
from ivr.core.vault.timeline import Pause


def statement(record: CallRecord, *, samples: int, pauses: tuple[Pause, ...]) -> dict[str, object]:
    """Times, dialplan, disclosures with their evidence, pauses. No number, no agent, no words."""
    return {
        "call_id": record.call_id,
        "recording_id": record.recording_id,
        "started_at": record.started_at,
        "answered_at": record.answered_at,
        "ended_at": record.ended_at,
        "called": record.called,
        "dialplan": record.dialplan,
        "dialplan_sha256": record.dialplan_sha256,
        "certificate": record.certificate,
        "language": record.language,
        "outcome": record.outcome,
        "identity": record.identity,
        "consent": record.consent,
        "samples": samples,
        "pauses": [[pause.first_sample, pause.last_sample, pause.reason] for pause in pauses],
        "disclosures": [plain(evidence) for evidence in record.disclosures],
    }
