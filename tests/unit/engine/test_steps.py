"""No step of a call is entered twice, also when appending fails after it was durable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from ivr.adapters.files.audit.log import PUBLISH_AT, AuditLog
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.step import step_entry
from ivr.core.audit.tiles import TILE_WIDTH
from ivr.engine.archive.known_steps import KnownSteps, entries_of
from ivr.engine.bus.calls import StepsKept, StepTold
from ivr.engine.hub import steps as module
from ivr.engine.hub.alarms import Alarms
from ivr.engine.hub.config import HubPorts
from ivr.engine.hub.steps import Steps
from ivr.errors import EnvironmentFault
from tests.integration.vault.audit_writer import SIGNER, entry

NOW = 1_767_312_000.0


def told(number: int, call: str = "c1") -> StepTold:
    return StepTold(call, NOW + 1, number, NOW + 1 + number, "state.entered", {"step": number})


def desk(directory: Path, log: AuditLog, now: float = NOW) -> Steps:
    ports = cast(HubPorts, SimpleNamespace(audit=log, wall=lambda: now, monotonic=lambda: 0.0, log=_silent))
    alarms = Alarms(directory / "alarms.jsonl", wall=ports.wall, log=ports.log, count=lambda kind: None)
    return Steps(ports, alarms)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30.0):
        while not holds():  # noqa: ASYNC110 - what is tried on a thread tells nobody
            await asyncio.sleep(0.01)


def _silent(*told: object) -> None:
    pass


async def test_a_step_that_was_durable_before_appending_failed_is_entered_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    log = AuditLog(tmp_path / "audit", SIGNER)
    tried: list[Sequence[AuditEntry]] = []

    take = log.append

    def append(entries: Sequence[AuditEntry]) -> None:
        take(entries)
        tried.append(entries)
        if len(tried) <= 4:
            raise EnvironmentFault("the disk is gone just now")

    def has_tried(before: int) -> bool:
        return len(tried) > before or not steps.pending

    monkeypatch.setattr(log, "append", append)
    steps = desk(tmp_path, log)
    kept: list[StepsKept] = []
    for number in (1, 2, 3):
        tries = len(tried)
        steps.take(replace(told(number), fresh=True), actor="cell 0", kept=kept.append)
        await until(partial(has_tried, tries))
    await until(lambda: not steps.pending)
    await steps.close()
    log.publish()
    assert [one.details["step"] for _, one in log.entries()] == [1, 2, 3]
    assert kept[-1] == StepsKept("c1", 3)


def test_appending_succeeds_while_the_tree_cannot_be_written_and_nothing_is_lost(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "audit", SIGNER)
    in_the_way = tmp_path / "audit" / "tile"
    in_the_way.write_text("a file where the tree needs a directory")
    for first in range(0, 3 * PUBLISH_AT, PUBLISH_AT // 2):
        assert log.append([entry(first + n) for n in range(PUBLISH_AT // 2)]).start == first
    with pytest.raises(EnvironmentFault):
        log.publish()
    log.close()
    in_the_way.unlink()
    again = AuditLog(tmp_path / "audit", SIGNER)
    again.publish()
    assert list(again.entries()) == [(n, entry(n)) for n in range(3 * PUBLISH_AT)]
    again.verify()


BUSY = 2 * TILE_WIDTH
"""Entries after which no step of before stands in the newest bundle."""


@pytest.mark.parametrize("hours", [0, 1, 5, 24 * 365, -5])
async def test_no_step_is_entered_twice_by_a_new_hub_however_far_the_clock_was_set_back(
    tmp_path: Path, hours: int
) -> None:
    log = AuditLog(tmp_path / "audit", SIGNER)
    kept: list[int] = []
    first = desk(tmp_path, log)
    for number in (1, 2):
        first.take(told(number), actor="cell 0", kept=lambda one: kept.append(one.number))
    await until(lambda: kept[-1:] == [2])
    since = NOW - hours * 3600.0
    log.append([replace(entry(number), at=since + number) for number in range(BUSY)])
    again = desk(tmp_path, log, now=since + BUSY)
    for number in (1, 2, 3):
        again.take(told(number), actor="cell 0", kept=lambda one: kept.append(one.number))
    again.take(told(1, "begun since"), actor="cell 0", kept=lambda one: kept.append(one.number))
    await until(lambda: kept[-2:] == [3, 1])
    log.publish()
    assert [one.details["step"] for _, one in log.entries() if one.subject == "c1"] == [1, 2, 3]


async def test_a_step_that_was_never_said_before_is_not_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = AuditLog(tmp_path / "audit", SIGNER)

    def read(*asked: object, **how: object) -> None:
        raise AssertionError("the log was read")

    monkeypatch.setattr(log, "entries", read)
    monkeypatch.setattr(log, "bundle", read)
    steps = desk(tmp_path, log)
    kept: list[int] = []
    for number in range(1, 4):
        steps.take(replace(told(number), fresh=True), actor="cell 0", kept=lambda one: kept.append(one.number))
    await until(lambda: kept[-1:] == [3])


@pytest.mark.parametrize("hours", [0, 5, 24 * 365])
def test_the_keeper_finds_a_calls_steps_however_far_the_clock_was_set_back(tmp_path: Path, hours: int) -> None:
    log = AuditLog(tmp_path / "audit", SIGNER)
    for number in (1, 2):
        step = told(number)
        log.append([step_entry(step.call_id, step.at, "cell 0", step.action, step.details)])
    log.append([replace(entry(number), at=NOW - hours * 3600.0) for number in range(BUSY)])
    log.publish()
    assert [one.details["step"] for one in entries_of(log, "c1", NOW + 1)] == [1, 2]
    known = KnownSteps(log)
    assert known.of({"c1": NOW + 1, "c2": NOW}) == {"c1": {1, 2}, "c2": set()}
    assert entries_of(log, "c2", NOW) == []
