"""What published rules found in a call, as it is kept with the call, and goes with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr.core.compliance.rule import Found, Ruleset


@dataclass(frozen=True, slots=True)
class RulesUsed:
    """A ruleset by which a call was read."""

    name: str
    version: str
    sha256: str
    """Of its text, hex: by it the published text is found."""

    @staticmethod
    def of(ruleset: Ruleset) -> RulesUsed:
        """As a finding names it."""
        return RulesUsed(ruleset.name, ruleset.version, ruleset.sha256)


@dataclass(frozen=True, slots=True)
class CallFindings:
    """What was found in one call. Computed again from the sealed call and the same rules, it comes out the same."""

    call_id: str
    started_at: float
    """Of the call, seconds since the epoch."""
    at: float
    """When the rules were run, likewise."""
    rules: tuple[RulesUsed, ...]
    """All that were live then, also those that are for other lines."""
    found: tuple[Found, ...] = field(repr=False)
    """In order of time."""
    failed: tuple[str, ...] = ()
    """ruleset/rule of each rule that failed in this call: what it would have found is not known."""


def how_often(findings: Iterable[CallFindings]) -> dict[str, int]:
    """Rule -> in how many calls it found something."""
    counts: dict[str, int] = {}
    for call in findings:
        for rule in {one.rule for one in call.found}:
            counts[rule] = counts.get(rule, 0) + 1
    return counts
