"""Attempts at an account, over calls and restarts."""

from __future__ import annotations

import time
from pathlib import Path

from ivr.adapters.files.attempts import AttemptFile
from ivr.core.audit.entry import AuditEntry
from ivr.engine.bus.attempts import AttemptAnswered, AttemptPassed, AttemptUnanswered, AttemptWanted
from ivr.testing.fake_stores import MemoryKeyStore
from tests.integration.hub.house import house


async def test_attempts_at_an_account_are_counted_over_calls_and_restarts_until_it_is_locked(tmp_path: Path) -> None:
    now, keys = [1000.0], MemoryKeyStore()
    counter = AttemptFile(tmp_path / "attempts.json", keys, wall=lambda: now[0])

    async def attempts(*calls: str, account: str = "bank|10000001") -> list[bool]:
        async with house(attempts=counter) as made:  # each time another hub
            cell = await made.cell()
            told = []
            for call in calls:
                cell.say(AttemptWanted(call, 3, account))
                answer = await cell.hears(AttemptAnswered)
                assert (answer.call_id, answer.lookup_id) == (call, 3)
                told.append(answer.allowed)
            entries.extend(made.log.told())
            return told

    entries: list[AuditEntry] = []
    assert await attempts("a", "b", "c") == [True] * 3
    assert await attempts("d", "e", "f", "g") == [True, True, False, False]
    assert await attempts("h", account="bank|10000002") == [True]
    now[0] += 3601
    assert await attempts("i") == [True]
    locked = [entry for entry in entries if entry.action == "identity.locked"]
    assert [entry.details["call"] for entry in locked] == ["f", "g"]
    assert "10000001" not in str(locked) + (tmp_path / "attempts.json").read_text()


async def test_a_success_clears_what_is_held_and_what_cannot_be_counted_is_not_allowed(tmp_path: Path) -> None:
    counter = AttemptFile(tmp_path / "attempts.json", MemoryKeyStore(), wall=time.time)
    async with house(attempts=counter) as made:
        cell = await made.cell()
        for _ in range(4):
            cell.say(AttemptWanted("c1", 3, "bank|1"))
            assert (await cell.hears(AttemptAnswered)).allowed
        cell.say(AttemptUnanswered("c1", "bank|1"))
        await made.until(lambda: "[3, 0," in (tmp_path / "attempts.json").read_text(), "it is not given back")
        cell.say(AttemptPassed("c1", "bank|1"))
        await made.until(lambda: "{}" in (tmp_path / "attempts.json").read_text(), "the count stays")
        (tmp_path / "attempts.json").write_text("{damaged")
        cell.say(AttemptWanted("c1", 4, "bank|1"))
        assert not (await cell.hears(AttemptAnswered)).allowed
        assert "identity" in made.alarms()
