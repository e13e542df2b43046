"""The guard: what a protected state or action demands, and whether this call has it."""

from __future__ import annotations

from ivr.core.dialplan.expression import evaluate
from ivr.core.dialplan.model import RECORDING, Protection
from ivr.core.dialplan.runtime.heard import Heard
from ivr.core.dialplan.runtime.knowledge import Knowledge


def unheard(rule: Protection, heard: Heard, known: Knowledge) -> list[str]:
    """Disclosures that a rule demands now and that were not heard; a condition that is not known demands too."""
    return [
        demand.disclosure
        for demand in rule.demands
        if not heard.counts(demand.disclosure, known.language)
        and (demand.condition is None or evaluate(demand.condition, known.value) is not False)
    ]


def lacking(rule: Protection, heard: Heard, known: Knowledge, *, recorded: bool) -> list[str]:
    """What a protected state or action demands and this call has not, in words."""
    missing = unheard(rule, heard, known)
    if not known.identity.level.reaches(rule.identity):
        missing.append(f"identity {rule.identity}")
    if rule.recorded and not recorded:
        missing.append(RECORDING)
    return missing
