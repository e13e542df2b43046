"""What rules found in a call brings it before a person: the gravest first."""

from __future__ import annotations

import time

from ivr.core.compliance.findings import CallFindings
from ivr.core.compliance.rule import Found, Severity
from ivr.core.review.risk import FOUND_FLAGS, ReviewRules, whys_found
from ivr.engine.office.review_queue import ReviewQueueAsked, queue
from tests.unit.office.house import House
from tests.unit.office.test_inspection import house, sealed

assert house


class NobodyWorks:
    """A register without agents."""

    def read(self) -> tuple[()]:
        return ()


def found(house: House, name: str, *severities: Severity, minutes_ago: int = 1) -> None:
    sealed(house, name, minutes_ago=minutes_ago)
    started = house.calls.get(name).started_at
    there = tuple(Found("made/rule", one, "x", "said", "", 0, 1, 1.0) for one in severities)
    house.inspections.ended[name] = started + 9  # type: ignore[attr-defined]
    house.inspections.put_findings(CallFindings(name, started, started + 60, (), there))
    house.calls.index_flags(name, (why.name for why in whys_found(there)), FOUND_FLAGS)


def test_of_each_day_the_riskiest_tenth_waits_whatever_is_of_the_highest_class_and_what_chance_drew(
    house: House,
) -> None:
    """Thirty calls of one day: three are heard for their risk, four where four are grave; the rest is counted."""
    house.now = noon = time.time() // 86400 * 86400 - 43200
    house.agents = NobodyWorks()  # type: ignore[attr-defined]
    into_the_day = int((time.time() - noon) // 60)
    for number in range(30):
        kinds = (Severity.MAJOR,) if number < 8 else ()
        found(house, f"call-{number:02}", *kinds, minutes_ago=into_the_day + number)

    def waiting(sample: float, riskiest: float = 0.1) -> tuple[set[str], int, int]:
        house.review_rules = ReviewRules(sample=sample, riskiest=riskiest)
        queued = queue(house.office("os:supervisor"), ReviewQueueAsked(2))
        ids = {one.record.call_id for one in queue(house.office("os:supervisor"), ReviewQueueAsked(50)).waiting}
        return ids, queued.more, queued.below

    first = {"call-00", "call-01", "call-02"}  # of equals who ended first: the index counts calls as they end
    assert waiting(0.0) == (first, 1, 5)
    assert waiting(0.0, 1.0) == ({f"call-{number:02}" for number in range(8)}, 6, 0)
    assert waiting(1.0)[0] == {f"call-{number:02}" for number in range(30)}, "chance draws from all"
    for number in range(10, 14):
        found(house, f"call-{number:02}", Severity.CRITICAL, minutes_ago=into_the_day + number)
    assert waiting(0.0) == ({f"call-{number:02}" for number in range(10, 14)}, 2, 8)


def test_the_riskiest_by_its_findings_comes_first_and_one_without_does_not_wait(house: House) -> None:
    house.review_rules = ReviewRules(sample=0.0, riskiest=1.0)
    house.now = time.time()
    house.agents = NobodyWorks()  # type: ignore[attr-defined]
    of_calls: dict[str, tuple[Severity, ...]] = {
        "plain": (),
        "small": (Severity.MINOR,),
        "grave": (Severity.MINOR, Severity.CRITICAL, Severity.CRITICAL),
    }
    for name, severities in of_calls.items():
        found(house, name, *severities)
    waiting = queue(house.office("os:supervisor"), ReviewQueueAsked()).waiting
    assert [(one.record.call_id, [why.name for why in one.whys], one.risk) for one in waiting] == [
        ("grave", ["found_critical", "found_minor"], 101),
        ("small", ["found_minor"], 1),
    ]
