"""Entries of the log are found from the newest back, page by page, and a long log is not read for one page."""

from __future__ import annotations

import pytest

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import Role
from ivr.engine.office import log_search, retention
from ivr.engine.office.audit import ReadLog, read
from ivr.engine.office.log_search import CLOCKS_DIFFER, Wanted, search
from ivr.engine.office.retention import Hold, OfCall, WhatStands
from ivr.testing.fake_audit import MemoryAuditLog
from tests.unit.office.house import NOW, House


def log_of(count: int) -> MemoryAuditLog:
    log = MemoryAuditLog()
    log.append(
        [
            AuditEntry(
                NOW + 60 * n, f"os:{n % 3}", "a.b" if n % 10 else "c.d", f"call-{n % 7}", details={"call": f"c{n}"}
            )
            for n in range(count)
        ]
    )
    return log


def test_pages_follow_each_other_without_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_search, "FIRST_STEP", 4)
    log = log_of(203)
    for wanted in (Wanted(), Wanted(actions=("c.d",)), Wanted(subject="call-3", actor="os:1"), Wanted(subject="c17")):
        pages, before = list[int](), None
        while True:
            found = search(log, wanted, last=9, before=before, looked_at=50)
            pages += [number for number, _ in found.entries]
            if found.looked_to == 0:
                break
            assert before is None or found.looked_to < before
            before = found.looked_to
        log.publish()
        assert pages == [number for number, one in reversed(list(log.entries())) if wanted.fits(one)]


def test_one_page_looks_at_so_many_entries_and_says_how_far() -> None:
    found = search(log_of(300), Wanted(actor="nobody"), last=10, looked_at=100)
    assert (found.entries, found.looked_to) == ([], 200)


def test_a_time_is_found_although_clocks_differ() -> None:
    log = log_of(2000)
    log.append([AuditEntry(NOW + 60 * 1000, "os:late", "a.b", "late")])  # by a clock that was set back
    wanted = Wanted(since=NOW + 60 * 990, until=NOW + 60 * 1010)
    found = search(log, wanted, last=100, looked_at=None)
    assert {number for number, _ in found.entries} >= set(range(990, 1010))
    assert all(wanted.fits(one) for _, one in found.entries)
    assert found.looked_to == 0
    assert CLOCKS_DIFFER > 0


def test_who_reads_the_log_is_an_auditor() -> None:
    house = House()
    house.put_in_force()
    assert read(house.office(f"os:{Role.AUDITOR}"), ReadLog(last=1)).entries


def test_what_is_held_stands_with_who_held_it_and_why_and_what_was_released_does_not() -> None:
    house = House()
    house.put_in_force()
    house.plan = None  # type: ignore[attr-defined]
    house.retention_alone = house.roles.alone  # type: ignore[attr-defined]
    for call in ("call-1", "call-2"):
        house.record(call)
    officer = house.office("os:officer")
    retention.hold(officer, Hold("call-1", "case-17", reason="a lawyer asked"))
    retention.hold(officer, Hold("call-2", "case-17", reason="a lawyer asked"))
    retention.request(officer, OfCall("call-2", reason="the customer asked"))
    retention.release(officer, Hold("call-1", "case-17", reason="settled"))
    proof = {"call": "call-0", "sha256": "ab" * 32, "due": True}
    house.log.append(
        [AuditEntry(NOW, "keeper", "recording.shredded", "20260101-call-0", reason="over", details=dict(proof))]
    )
    found = retention.standing(house.office(f"os:{Role.AUDITOR}"), WhatStands())
    assert [(one.call, one.hold, one.by, one.reason) for one in found.holds] == [
        ("call-2", "case-17", "os:officer", "a lawyer asked")
    ]
    assert [(one.call, one.reason) for one in found.requests] == [("call-2", "the customer asked")]
    (gone,) = found.erasures
    assert (gone.call, gone.sha256, gone.due, gone.by) == ("call-0", "ab" * 32, True, "keeper")
    house.log.publish()
    assert house.log.raw_entry(gone.entry)
