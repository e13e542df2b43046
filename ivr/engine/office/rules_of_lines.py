"""Which rules read a call: those that are for its line and did not fail in it. Of others nothing is known there."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ivr.core.call.record import CallRecord
from ivr.core.compliance.rule import Found, Ruleset
from ivr.core.review.machine import FoundIn
from ivr.engine.office.office import Desk
from ivr.engine.publishing.drafts import kept_dialplan
from ivr.errors import IvrError


class RulesOfLines:
    """Under which law each call's line is: by it rules are for a call or not."""

    def __init__(self, desk: Desk) -> None:
        self._versions = desk.ports.versions
        self._laws: dict[str, str] = {}
        self._read: dict[tuple[str, ...], frozenset[str]] = {}
        """Law, line and rules -> those that are for it: one set for all calls, as there may be 200,000."""

    def read(self, record: CallRecord, rules: Sequence[Ruleset], failed: Collection[str]) -> frozenset[str]:
        """ruleset/rule of those that are for a call and did not fail in it. Raises IvrError."""
        sha256 = record.dialplan_sha256
        if sha256 and sha256 not in self._laws:
            self._laws[sha256] = kept_dialplan(self._versions, sha256).jurisdiction or ""
        law, name = self._laws.get(sha256, ""), record.dialplan.partition("@")[0]
        key = law, name, *(one.sha256 for one in rules)
        if key not in self._read:
            theirs = (one for one in rules if one.is_for(jurisdiction=law, dialplan=name))
            self._read[key] = frozenset(f"{one.name}/{rule.head.name}" for one in theirs for rule in one.rules)
        return self._read[key].difference(failed) if failed else self._read[key]


def found_in(desk: Desk, record: CallRecord) -> tuple[tuple[Found, ...], FoundIn]:
    """What is kept of a call: findings in order of time, and which rules read it by them. Where its dialplan is gone
    nobody knows which rules are for it: then none has read it."""
    call = record.call_id
    kept = desk.ports.inspections.findings([call], on_damage=lambda damaged, why: None).get(call)
    if kept is None:
        return (), FoundIn()
    try:
        used = (desk.ports.rules.by_sha256(one.sha256) for one in kept.rules)
        read = RulesOfLines(desk).read(record, [one for one in used if one is not None], kept.failed)
    except IvrError:
        read = frozenset()
    return kept.found, FoundIn(kept.found, read)
