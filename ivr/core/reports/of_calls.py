"""Reports of calls' records: what became of disclosures, and whether all that must be recorded is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from ivr.core.call.flags import flags
from ivr.core.call.record import CallRecord
from ivr.core.call.warned import FIGURES, figures
from ivr.core.orders.evidence import CallOutcome, Consent
from ivr.core.reports.records import Kept, Records
from ivr.core.reports.report import Row, Table, count, total


def disclosures(records: Records) -> tuple[Table, ...]:
    """By version of a dialplan and warning: in which calls it was played, heard, acknowledged."""
    served: dict[str, list[str]] = defaultdict(list)
    had: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for call in records.calls:
        served[call.dialplan].append(call.call_id)
        for warning, name in figures(call):
            had[call.dialplan, warning][name].append(call.call_id)
    rows = tuple(
        Row((version, warning), (count(served[version]), *(count(of_warning[name]) for name in FIGURES)))
        for (version, warning), of_warning in sorted(had.items())
    )
    columns = ("calls", *FIGURES)
    return (Table("disclosures", "Disclosures by dialplan version", ("Dialplan", "Warning"), columns, rows),)


RECORDING_COLUMNS = {
    "answered": "calls that were answered",
    "sealed": "recorded, and sealed in the long-term form",
    "waiting": "recorded and sealed, not yet in the long-term form",
    "refused": "the caller refused to be recorded",
    "paused": "the agent paused the recording for a while",
    "crashed": "their process died; recorded until then",
    "missing": "the recording is gone, though nobody erased it",
    "unrecorded": "answered, not refused, and without a recording",
}


def recordings(records: Records) -> tuple[Table, ...]:
    """By dialplan: whether each call that was answered has its recording."""
    of_plan: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for call in records.calls:
        for column in _recorded(call, records.kept):
            of_plan[call.dialplan.partition("@")[0]][column].append(call.call_id)
    rows = tuple(
        Row((plan,), tuple(count(of_column[column]) for column in RECORDING_COLUMNS))
        for plan, of_column in sorted(of_plan.items())
    )
    table = Table(
        "recordings", "Completeness of recordings", ("Dialplan",), tuple(RECORDING_COLUMNS), rows + total(rows)
    )
    return (table,)


def _recorded(call: CallRecord, kept: Mapping[str, Kept]) -> list[str]:
    """Columns that count a call; none of one that was not answered."""
    if call.answered_at is None:
        return []
    state, refused = kept.get(call.call_id), call.consent is Consent.REFUSED
    judged = {
        "answered": True,
        "sealed": state is Kept.SEALED,
        "waiting": state is Kept.JOURNAL,
        "refused": refused,
        "paused": "recording_paused" in flags(call),
        "crashed": call.outcome is CallOutcome.CRASHED,
        "missing": state is Kept.MISSING,
        "unrecorded": state is None and not refused,
    }
    return [column for column, holds in judged.items() if holds]
