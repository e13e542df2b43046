"""What rules found in a call brings it before a person: the gravest first."""

from __future__ import annotations

import time

from ivr.core.compliance.findings import CallFindings
from ivr.core.compliance.rule import Found, Severity
from ivr.core.review.risk import ReviewRules
from ivr.engine.office.review_queue import ReviewQueueAsked, queue
from tests.unit.office.house import House
from tests.unit.office.test_inspection import house, sealed

assert house


class NobodyWorks:
    """A register without agents."""

    def read(self) -> tuple[()]:
        return ()


def test_the_riskiest_by_its_findings_comes_first_and_one_without_does_not_wait(house: House) -> None:
    house.review_rules = ReviewRules(sample=0.0)
    house.now = time.time()
    house.agents = NobodyWorks()  # type: ignore[attr-defined]
    for name, severities in {
        "plain": (),
        "small": (Severity.MINOR,),
        "grave": (Severity.MINOR, Severity.CRITICAL, Severity.CRITICAL),
    }.items():
        sealed(house, name, minutes_ago=1)
        found = tuple(Found("made/rule", one, "x", "said", "", 0, 1, 1.0) for one in severities)
        started = house.calls.get(name).started_at
        house.inspections.ended[name] = started + 9  # type: ignore[attr-defined]
        house.inspections.put_findings(CallFindings(name, started, started + 60, (), found))
    waiting = queue(house.office("os:supervisor"), ReviewQueueAsked()).waiting
    assert [(one.record.call_id, [why.name for why in one.whys], one.risk) for one in waiting] == [
        ("grave", ["found_critical", "found_minor"], 11),
        ("small", ["found_minor"], 1),
    ]
