"""Sealed calls are read by rules through the office: what is found, what the log says of it, what damage costs."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from ivr.adapters.sql.call_store import SqlCallStore
from ivr.adapters.sql.database import upgrade
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.call.transcript import CALLER, ENGINE, Span
from ivr.core.compliance.rule import Ruleset, Severity
from ivr.core.compliance.rules_file import load_rules
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.vault.journal_frame import Closed, JournalEntry, JournalFrame
from ivr.engine.office.inspection import InspectCalls, TryRules, inspect_calls, try_rules
from ivr.engine.office.rules import ApproveRules, PublishRules, approve, publish
from ivr.errors import DeniedError, OperatorError
from ivr.testing.fake_recordings import sealed_journal
from tests.unit.compliance.talks import SECOND, written
from tests.unit.office.house import House

TEXT = """\
name: shop
version: "1"
languages: [en]
start: hello
states:
  hello: {say: {en: Hello.}, go: bye}
  bye: {hang_up: completed}
"""
SAID = "It is risk free, 4929123456781234"


@pytest.fixture
def house() -> House:
    engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
    upgrade(engine)
    made = House()
    made.calls = SqlCallStore(engine, made.keys)  # type: ignore[assignment]
    made.put_in_force()
    return made


def rules(text: str = "promise:\n  severity: critical\n  forbid: {en: [risk free]}") -> Ruleset:
    return load_rules(written(text, head="languages: [en]"), source="made.yaml")


def sealed(house: House, call: str, *spans: Span, minutes_ago: int = 0) -> None:
    """A call that the shop served."""
    plan = load_dialplan(TEXT, source="shop.yaml")
    house.versions.keep(plan.id, plan.sha256, {"shop.yaml": TEXT}, {}, now=1.0)
    at = time.time() - 60 * minutes_ago
    day = time.strftime("%Y%m%d", time.gmtime(at))
    record = CallRecord(call, at, at, at + 9, caller="+4930123", dialplan=plan.id, recording_id=f"{day}-{call}")
    house.calls.save(record)
    frames: list[JournalFrame] = [JournalEntry({"dialplan": plan.id, "sha256": plan.sha256})]
    frames += [JournalEntry({"span": span.to_json()}) for span in spans]
    frames.append(Closed({"record": record_to_json(record), "samples": 0}))
    house.recordings.put(sealed_journal(house.keys, call, at, frames))


def said(who: str, text: str) -> Span:
    return Span(who, 0, 5 * SECOND, "en", text)


def test_a_supervisor_reads_the_latest_calls_and_one_entry_names_them(house: House) -> None:
    sealed(house, "call-1", said(ENGINE, SAID))
    sealed(house, "call-2", said(CALLER, SAID), minutes_ago=1)
    result = inspect_calls(house.office("os:supervisor"), InspectCalls((rules(),), reason="the morning's round"))
    assert [(one.call_id, len(one.found), one.failed) for one in result.calls] == [("call-1", 1, ()), ("call-2", 0, ())]
    assert result.severities == {Severity.CRITICAL: 1}
    (entry,) = house.entries("calls.inspected")
    assert (entry.actor, entry.subject, entry.reason) == ("os:supervisor", "calls", "the morning's round")
    assert entry.details["calls"] == ["call-1", "call-2"]
    assert entry.details["findings"] == {"critical": 1}
    assert entry.details["rules"] == [{"name": "made", "version": "1", "sha256": rules().sha256}]
    assert "risk free" not in repr(entry)


def test_one_call_is_read_by_its_name_and_one_that_is_not_there_is_refused(house: House) -> None:
    sealed(house, "call-1", said(ENGINE, SAID))
    assert len(inspect_calls(house.office("os:supervisor"), InspectCalls((rules(),), call="call-1")).calls) == 1
    with pytest.raises(OperatorError):
        inspect_calls(house.office("os:supervisor"), InspectCalls((rules(),), call="+4930123"))
    assert [(one.subject, one.outcome) for one in house.entries("calls.inspected")] == [
        ("call-1", "done"),
        ("unknown", "failed"),
    ]


def test_a_damaged_call_is_told_and_keeps_no_other_from_being_read(house: House) -> None:
    sealed(house, "call-1", said(ENGINE, SAID))
    sealed(house, "call-2", said(ENGINE, SAID), minutes_ago=1)
    stored = house.recordings.find("call-1")
    journal = bytearray(house.recordings.bytes_of(stored))
    journal[-100] ^= 1
    house.recordings.alter(stored, bytes(journal))
    result = inspect_calls(house.office("os:supervisor"), InspectCalls((rules(),)))
    assert [one.call_id for one in result.calls] == ["call-2"]
    assert [call for call, _ in result.damaged] == ["call-1"]


def test_a_change_of_rules_is_tried_and_shows_what_comes_and_goes(house: House) -> None:
    sealed(house, "call-1", said(ENGINE, SAID))
    sealed(house, "call-2", said(ENGINE, "all is well"), minutes_ago=1)
    new = rules("promise:\n  severity: critical\n  forbid: {en: [all is well]}")
    tried = try_rules(house.office("os:supervisor"), TryRules(new, rules()))
    assert [(one.call_id, len(one.gone), len(one.new)) for one in tried.calls] == [("call-1", 1, 0), ("call-2", 0, 1)]
    same = try_rules(house.office("os:supervisor"), TryRules(rules(), rules()))
    assert not any(one.gone or one.new for one in same.calls)
    assert [entry.details["changed"] for entry in house.entries("rules.tried")] == [2, 0]


def test_nobody_else_reads_what_was_said(house: House) -> None:
    sealed(house, "call-1", said(ENGINE, SAID))
    for name in ("os:operator", "os:auditor", "os:agent"):
        with pytest.raises(DeniedError):
            inspect_calls(house.office(name), InspectCalls((rules(),)))
    assert house.entries("calls.inspected") == []


@pytest.mark.parametrize("last", [0, -1, 1001])
def test_so_many_calls_are_read_at_once_and_no_more(house: House, last: int) -> None:
    with pytest.raises(OperatorError):
        inspect_calls(house.office("os:supervisor"), InspectCalls((rules(),), last=last))


def test_a_change_is_tried_on_calls_that_chance_draws_of_last_month_against_what_is_published(house: House) -> None:
    house.now = time.time()
    for number in range(12):
        sealed(house, f"call-{number:02}", said(ENGINE, SAID), minutes_ago=number)
    sealed(house, "old", said(ENGINE, SAID), minutes_ago=60 * 24 * 31)
    office = house.office("os:supervisor")
    changed = rules("promise:\n  severity: critical\n  forbid: {en: [no risk at all]}")
    with pytest.raises(OperatorError, match="no version of made is published"):
        try_rules(office, TryRules(changed, last=5, days=30))
    text = written("promise:\n  severity: critical\n  forbid: {en: [risk free]}", head="languages: [en]")
    publish(office, PublishRules(text, reason="a test"))
    tried = try_rules(office, TryRules(changed, last=5, days=30))
    ids = [one.call_id for one in tried.calls]
    assert (len(ids), tried.drawn_from) == (5, 12)
    assert all(one.gone and not one.new for one in tried.calls)
    assert sorted(ids) != [f"call-{number:02}" for number in range(5)], "nobody picked the latest"
    again = try_rules(office, TryRules(changed, last=5, days=30))
    assert [one.call_id for one in again.calls] == ids, "the ids draw, so anybody draws the same"
    entry = house.entries("rules.tried")[-1]
    assert (entry.details["changed"], entry.details["drawn_from"]) == (5, 12)


def test_who_approves_rules_is_told_on_what_they_were_tried(house: House) -> None:
    sealed(house, "call-1", said(ENGINE, SAID))
    text = written("promise:\n  severity: critical\n  forbid: {en: [risk free]}", head="languages: [en]")
    house.now = time.time()
    asked = ApproveRules(text, publisher="os:another", reason="read it")
    assert approve(house.office("os:supervisor"), asked).entry is None
    other = rules("promise:\n  severity: critical\n  forbid: {en: [no risk at all]}")
    try_rules(house.office("os:supervisor"), TryRules(load_rules(text, source="x"), other))
    try_rules(house.office("os:supervisor"), TryRules(other, other))
    done = approve(house.office("os:supervisor"), asked)
    assert done.entry is not None
    assert (done.calls, done.changed) == (1, 1)
