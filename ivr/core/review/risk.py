"""Which calls people hear: the riskiest first, and a random sample that says what the reasons miss.

Rules: a call's risk is the sum of its reasons' points. Of each day (UTC) the riskiest tenth is heard, and all calls of
the highest class: what stands below waits for nobody, and is counted. Whether a call is in a sample follows from its
id alone, so nobody picks it, and a larger share holds every call of a smaller one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final

from ivr.core.call.flags import flags
from ivr.core.call.record import CallRecord
from ivr.core.compliance.rule import Found, Severity
from ivr.core.lot import lot

HIGHEST: Final = 100
"""Points from which a person looks at a call before anything else, whatever else there is: more than all others'
together."""
POINTS: Final[Mapping[str, int]] = {
    "guard_alarm": HIGHEST,
    "figure_withheld": 10,
    "disclosure_unacknowledged": 8,
    "far_end_silent": 7,
    "stream_replaced": 7,
    "crashed": 6,
    "failed": 6,
    "disclosure_lossy": 5,
    "digits_wrong": 5,
    "voice_replayed": 8,
    "voice_unsure": 4,
    "media_astray": 4,
    "risk_high": 4,
    "risk_unknown": 1,
    "disclosure_repeated": 3,
    "transfer_failed": 3,
    "no_consent": 3,
    "vanished": 3,
    "agent_voice": 2,
    "recording_paused": 2,
    "lossy_line": 2,
    "looked_up_cut": 1,
}
"""Flag of a call -> how much it asks for a person. Ours; a call with two of them comes before one with either."""
SAMPLE: Final = "sample"
"""Reason of a call that was drawn."""
SECOND: Final = "second"
"""Reason of a call that was drawn to be judged by another person, too."""
FOUND: Final[Mapping[Severity, tuple[str, int]]] = {
    Severity.CRITICAL: ("found_critical", HIGHEST),
    Severity.MAJOR: ("found_major", 4),
    Severity.MINOR: ("found_minor", 1),
}
"""How grave a finding of rules is -> reason, and its points; each class counts once in a call."""
FOUND_FLAGS: Final = tuple(name for name, _ in FOUND.values())
"""Flags by which inspected calls are found, beside those of their records."""
WEIGHTS: Final[Mapping[str, int]] = {**POINTS, **dict(FOUND.values())}
"""Everything by which a call is risky -> its points."""
MEANINGS: Final[Mapping[str, str]] = {
    "found_critical": "rules found something of the highest class",
    "found_major": "rules found something",
    "found_minor": "rules found something small",
    SAMPLE: "drawn by chance, so that what the reasons miss is found, too",
    SECOND: "drawn to be judged by a second person, who does not see what the first said",
}
"""Of reasons that are no flags."""


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """Which calls wait for a person, by the settings."""

    days: float = 14.0
    """Older calls wait no more."""
    riskiest: float = 0.1
    """Share of a day's calls that people hear for their risk; those of the highest class in any case."""
    sample: float = 0.02
    """Share of all calls that are drawn, whatever happened in them."""
    second: float = 0.1
    """Share of the judged calls that another person judges, too."""


@dataclass(frozen=True, slots=True)
class Why:
    """A reason for which a person should hear a call."""

    name: str
    points: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A call that may wait for a person."""

    call_id: str
    started_at: float
    """Seconds since the epoch."""
    whys: tuple[Why, ...]
    """From whoever looked at the call: its flags, the sample, an inspection."""

    @property
    def risk(self) -> int:
        """Sum of its points."""
        return sum(one.points for one in self.whys)


def heard_of_a_day(of_risk: Mapping[int, int], share: float) -> int:
    """How many of a day's calls people hear for their risk, the riskiest first.

    `of_risk`: points -> how many of the day's calls have them, 0 included.
    None without points is among them, however quiet the day.
    """
    risky = sum(count for points, count in of_risk.items() if points > 0)
    highest = sum(count for points, count in of_risk.items() if points >= HIGHEST)
    # To nine places: a tenth of 30 calls is 3, whatever binary fractions make of it.
    return min(risky, max(highest, ceil(round(share * sum(of_risk.values()), 9))))


def whys_of(record: CallRecord) -> tuple[Why, ...]:
    """What a call's record gives as reasons, the weightiest first."""
    found = (Why(name, POINTS[name]) for name in flags(record) if name in POINTS)
    return tuple(sorted(found, key=lambda one: (-one.points, one.name)))


def whys_found(found: Iterable[Found]) -> tuple[Why, ...]:
    """What rules found in a call as reasons, the gravest first."""
    there = {one.severity for one in found}
    return tuple(Why(*why) for severity, why in FOUND.items() if severity in there)


def drawn(call_id: str, share: float, purpose: str = SAMPLE) -> bool:
    """Whether a call is in the sample of this share, 0..1. Samples for two purposes know nothing of each other."""
    return lot(call_id, f"ivr-review/1 {purpose}") < share


def in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The riskiest first; of equals, the call that waits longest."""
    return sorted(candidates, key=lambda one: (-one.risk, one.started_at, one.call_id))
