"""One person alone exports nothing where two are needed."""

from __future__ import annotations

import pytest

from ivr.core.audit.approval import APPROVAL_SECONDS, APPROVED, EXPORTED
from ivr.core.audit.approval import approval as found
from ivr.core.audit.entry import AuditEntry


def approval(at: float, by: str = "os:alice", to: str = "os:bob", call: str = "c", outcome: str = "done") -> AuditEntry:
    return AuditEntry(at, by, APPROVED, call, outcome, "", {"for": to})


def export(at: float, by: str = "os:bob", outcome: str = "done") -> AuditEntry:
    return AuditEntry(at, by, EXPORTED, "c", outcome)


@pytest.mark.parametrize(
    ("entries", "approved"),
    [
        ([], False),
        ([approval(0)], True),
        ([approval(0, by="os:bob")], False),
        ([approval(0, to="os:carol")], False),
        ([approval(0, call="other")], False),
        ([approval(0, outcome="denied")], False),
        ([approval(-APPROVAL_SECONDS)], False),
        ([approval(20)], False),
        ([approval(0), export(1)], False),
        ([approval(0), export(1, outcome="failed")], True),
        ([approval(0), export(1, by="os:carol")], True),
        ([approval(0), export(1), approval(2)], True),
        ([approval(-2 * APPROVAL_SECONDS), approval(0), export(1)], False),  # one that was void serves for none
    ],
)
def test_the_table(entries: list[AuditEntry], approved: bool) -> None:
    assert (found(entries, subject="c", actor="os:bob", now=10.0) is not None) is approved
