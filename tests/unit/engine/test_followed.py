"""Entries of a few kinds are read on from where one stood, and none is read twice or passed by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ivr.core.audit.entry import AuditEntry
from ivr.engine.publishing.followed import followed
from ivr.testing.fake_audit import MemoryAuditLog


class Counting(MemoryAuditLog):
    """Says from where it was read."""

    def __init__(self) -> None:
        super().__init__()
        self.firsts: list[int] = []

    def entries(
        self,
        first: int = 0,
        *,
        before: int | None = None,
        actions: Sequence[str] = (),
        naming: Sequence[str] = (),
    ) -> Iterator[tuple[int, AuditEntry]]:
        self.firsts.append(first)
        return super().entries(first, before=before, actions=actions, naming=naming)


def entered(log: MemoryAuditLog, *actions: str) -> None:
    log.append([AuditEntry(1.0, "os:olga", action, action, "done", "", {}) for action in actions])


def test_only_what_is_new_is_read_and_each_kind_has_its_own_place() -> None:
    log = Counting()
    assert list(followed(log, "a")) == []
    entered(log, "a", "b", "c")
    assert [one.action for one in followed(log, "a")] == ["a"]
    assert [one.action for one in followed(log, "a", "b")] == ["a", "b"]
    entered(log, "b", "a")
    assert [one.action for one in followed(log, "a")] == ["a", "a"]
    assert [one.action for one in followed(log, "a", "b")] == ["a", "b", "b", "a"]
    assert log.firsts == [0, 0, 3, 3]
    followed(log, "a")
    assert log.firsts == [0, 0, 3, 3], "nothing is new, and nothing is read"


def test_another_log_is_another_log() -> None:
    one, other = MemoryAuditLog(), MemoryAuditLog()
    entered(one, "a")
    assert len(followed(one, "a")) == 1
    assert len(followed(other, "a")) == 0
