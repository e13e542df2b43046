"""What the edge denied comes into the audit log: once, counted, and not more than a few entries a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ivr.core.audit.denial import OTHERS, Denial
from ivr.core.audit.entry import AuditEntry
from ivr.engine.hub.alarms import Alarms
from ivr.engine.hub.config import HubPorts
from ivr.engine.hub.denials import Denials
from ivr.errors import PeerError
from ivr.testing.fake_audit import MemoryAuditLog
from ivr.testing.fake_edge import MemoryEdge
from ivr.testing.fake_stores import MemoryKeyStore

STRANGER = "198.51.100.7"


class DeafEdge(MemoryEdge):
    """While `deaf` it answers, and is gone before it forgets."""

    deaf = False

    def forget_denials(self, denials: Sequence[Denial]) -> None:
        if self.deaf:
            raise PeerError("no edge")
        super().forget_denials(denials)


class Desk:
    """A hub's denials, with an edge and a log by hand, at ten past minute 101."""

    def __init__(self, directory: Path, edge: DeafEdge | None = None) -> None:
        self.edge = edge or DeafEdge()
        self.keys = MemoryKeyStore()
        self.audit = MemoryAuditLog()
        self.now = 101 * 60.0 + 10
        self.counted: dict[str, int] = {}
        self.path = directory / "alarms.jsonl"
        self.restart()

    def restart(self) -> None:
        """A new hub."""
        ports = SimpleNamespace(
            edge=self.edge,
            keys=self.keys,
            wall=lambda: self.now,
            audit=self.audit,
        )
        self.alarms = Alarms(self.path, wall=lambda: self.now, log=lambda *_: None, count=lambda _: None)
        self.denials = Denials(cast(HubPorts, ports), self.alarms, count=self.count)

    @property
    def log(self) -> list[AuditEntry]:
        self.audit.publish()
        return [entry for _, entry in self.audit.entries()]

    def count(self, kind: str, requests: int) -> None:
        self.counted[kind] = self.counted.get(kind, 0) + requests

    def looks(self, **how: Any) -> None:
        asyncio.run(self.denials.settle(**how))

    def told(self) -> list[tuple[str, object, object]]:
        return [(one.subject, one.details["minute"], one.details["count"]) for one in self.log]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_minute_that_is_over_is_entered_once_with_its_count_and_the_running_one_is_left(desk: Desk) -> None:
    desk.edge.refuses("flood", STRANGER, 100, 10_000)
    desk.edge.refuses("flood", STRANGER, 101, 3)
    desk.looks(before=101)
    desk.looks(before=101)
    assert desk.told() == [("flood", 6000, 10_000)]
    assert list(desk.edge.denied) == [("flood", STRANGER, 101)]
    assert desk.counted == {"flood": 10_000}


def test_the_log_shows_no_address_but_its_network_and_a_keyed_hash_that_is_the_same_for_the_same(desk: Desk) -> None:
    for source, minute in ((STRANGER, 99), (STRANGER, 100), ("198.51.100.8", 100), (OTHERS, 100)):
        desk.edge.refuses("password", source, minute)
    desk.looks(before=101)
    assert STRANGER not in "".join(entry.encode().decode() for entry in desk.log)
    first, again, other, rest = (entry.details for entry in desk.log)
    assert first["network"] == other["network"] == "198.51.100.0/24"
    assert first["source"] == again["source"] != other["source"]
    assert rest["source"] == OTHERS
    assert "network" not in rest
    assert {entry.outcome for entry in desk.log} == {"denied"}


def test_a_hub_that_ended_between_entering_and_forgetting_is_followed_by_one_that_does_not_enter_it_again(
    desk: Desk,
) -> None:
    desk.edge.refuses("busy", STRANGER, 100, 5)
    desk.edge.deaf = True
    desk.looks(before=101)
    desk.restart()
    desk.edge.deaf = False
    desk.edge.refuses("flood", STRANGER, 100, 2)
    desk.looks(before=101)
    assert desk.told() == [("busy", 6000, 5), ("flood", 6000, 2)]
    assert not desk.edge.denied


def test_what_the_log_does_not_take_stays_with_the_edge_and_one_alarm_says_so(desk: Desk) -> None:
    desk.edge.refuses("relay", STRANGER, 100, 7)
    desk.audit.full = True
    desk.looks(before=101)
    desk.looks(before=101)
    assert [alarm.kind for alarm in desk.alarms.latest] == ["audit"]
    assert desk.edge.denied
    desk.audit.full = False
    desk.looks(before=101)
    assert desk.told() == [("relay", 6000, 7)]


def test_no_edge_is_no_error(desk: Desk) -> None:
    desk.edge.down = True
    desk.looks(before=101)
    assert not desk.alarms.latest


def test_an_edge_that_is_about_to_end_gives_all_and_its_successor_in_the_same_minute_is_heard_too(desk: Desk) -> None:
    desk.edge.refuses("closing", STRANGER, 101, 4)
    desk.looks()
    assert desk.log[0].details["part"] is True
    desk.restart()
    desk.edge.refuses("closing", STRANGER, 101, 2)
    desk.looks(before=102)
    assert desk.told() == [("closing", 6060, 4), ("closing", 6060, 2)]


def test_calls_that_are_refused_are_told_of_at_once_and_once_a_minute(desk: Desk) -> None:
    desk.edge.refuses("flood", STRANGER, 101, 500)
    desk.looks(before=101)
    assert not desk.alarms.recent(), "a flood that is ignored is nobody's call"
    desk.edge.refuses("busy", STRANGER, 101, 2)
    for _ in range(3):
        desk.looks(before=101)
    desk.edge.refuses("silent", STRANGER, 101)
    desk.looks(before=101)
    assert [one["kind"] for one in desk.alarms.recent()] == ["calls_refused"] * 2
    assert "every line busy: 2" in str(desk.alarms.recent()[1]["text"])
    desk.edge.refuses("busy", STRANGER, 102)
    desk.looks(before=102)
    assert len(desk.alarms.recent()) == 3
