"""How calls read on a terminal: lengths rounded once, keys with secrets as dots, the caller masked."""

from __future__ import annotations

import re

from ivr.apps.audit_text import sentence
from ivr.apps.cli.recording_text import COLUMNS, _length, deed_text, kept_lines, record_line
from ivr.core.audit.entry import AuditEntry
from ivr.core.call.deeds import Deed, Keys
from ivr.core.call.record import CallRecord
from ivr.core.vault.retention import DAY_SECONDS, Ledger, RetentionClass


def test_every_length_of_ten_minutes_is_rounded_once() -> None:
    for hundredths in range(60_000):
        told = _length(hundredths / 100)
        match = re.fullmatch(r"(\d+):([0-5]\d)\.(\d)", told)
        assert match, told
        tenths = (int(match[1]) * 60 + int(match[2])) * 10 + int(match[3])
        assert abs(tenths - hundredths / 10) <= 0.5 + 1e-6


def test_the_neighbours_of_a_full_minute() -> None:
    assert [_length(at) for at in (0, 59.94, 59.96, 179.94, 179.96, 180, 3599.99)] == [
        "0:00.0", "0:59.9", "1:00.0", "2:59.9", "3:00.0", "3:00.0", "60:00.0",
    ]  # fmt: skip


def test_the_list_shows_who_called_masked_and_what_was_called() -> None:
    line = record_line(CallRecord("call-1", 1.7e9, 1.7e9, 1.7e9 + 179.96, caller="sip:+85291234567@x", called="2000"))
    assert "***567" in line
    assert "9123" not in line
    assert "2000" in line
    assert "3:00.0" in line
    assert line.index("2000") == COLUMNS.index("called")


def test_what_was_done_has_its_time() -> None:
    assert deed_text(Keys(61.04, "12")) == "  1:01.0  caller pressed 12"
    assert deed_text(Deed(2.0, "the agent did not take the call (SIP 486)")) == (
        "  0:02.0  the agent did not take the call (SIP 486)"
    )


def test_how_long_a_call_is_kept_is_said_with_what_stands_against_it() -> None:
    record = CallRecord("call-1", 1767225600.0, None, None, caller="sip:anna@x", dialplan="wealth@1.0.0")
    kept_as = RetentionClass("eu-mifid2", 10, 20, source="a law")
    plain = list(kept_lines(record, kept_as, Ledger({}, frozenset()), now=record.started_at))
    assert plain == ["kept        as eu-mifid2: goes on 2026-01-21, on request from 2026-01-11 (UTC)"]
    ledger = Ledger({"call-1": frozenset({"case-17", "audit"})}, frozenset({"call-1"}))
    held, asked = list(kept_lines(record, kept_as, ledger, now=record.started_at + DAY_SECONDS))[1:]
    assert held == "held        for audit, case-17: nothing erases it until each is released"
    assert asked == "asked       to be erased: held for audit, case-17"


def test_the_log_says_who_hung_up_in_words() -> None:
    entry = AuditEntry(0.0, "cell 0", "call.ended", "c1", details={"code": 200, "by_caller": False})
    assert sentence(entry) == "the call ended (SIP 200); we hung up"
