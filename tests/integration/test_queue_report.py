"""Reports of queues as a person reads them, from a database, with no engine running."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.vault import queue_lines
from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.facts import AgentProfile
from ivr.core.queueing.happening import Happening, What
from ivr.core.queueing.waiting import Need
from ivr.testing.engine import IVR

NOW = time.time()


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings of a bank whose database knows two calls and two agents."""
    home = tmp_path_factory.mktemp("bank")
    file = home / "ivr.yaml"
    file.write_text(
        "data_dir: var\ndialplans: [{file: hello.yaml}]\nqueues: {cards: {target_seconds: 5}}\n", encoding="utf-8"
    )
    bob = AgentProfile("bob", "sip:bob@x", skills={"lang:zh": 4})
    need = Need(frozenset({("lang:zh", 1)}))
    queue_lines(load_settings(file)).append(
        [
            Happening(What.LISTED, NOW - 9, agent="ann", profile=AgentProfile("ann", "sip:ann@x")),
            Happening(What.LISTED, NOW - 9, agent="bob", profile=bob),
            Happening(What.CAME, NOW - 8, queue="cards", call_id="c1", need=need),
            Happening(What.WAS, NOW - 8, 1.0, agent="bob", state=AgentState.AVAILABLE),
            Happening(What.RUNG, NOW - 8, queue="cards", call_id="c1", agent="bob", need=need),
            Happening(What.TAKEN, NOW - 4, 4.0, "cards", "c1", "bob"),
            Happening(What.WAS, NOW - 4, 4.0, "cards", "c1", "bob", "", AgentState.OFFERED),
            Happening(What.CAME, NOW - 8, queue="cards", call_id="c2", need=Need()),
            Happening(What.GAVE_UP, NOW - 1, 7.0, "cards", "c2"),
            Happening(What.WAS, NOW - 1, 3.0, "cards", "c1", "bob", "", AgentState.TALKING),
        ]
    )
    return file


def ivr(bank: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*IVR, *words, "--config", str(bank)], capture_output=True, text=True, timeout=60)


def days() -> list[str]:
    """From the day of the first line to today's: a test that runs at midnight sees both."""
    form = "%Y-%m-%d"
    return [
        "--from", time.strftime(form, time.localtime(NOW - 10)), "--to", time.strftime(form, time.localtime(NOW)),
    ]  # fmt: skip


def test_a_report_says_both_service_levels_by_name(bank: Path) -> None:
    said = ivr(bank, "queue", "report", *days())
    assert said.returncode == 0, said.stderr
    row = next(line.split() for line in said.stdout.splitlines() if line.startswith("cards"))
    assert row[:6] == ["cards", "2", "1", "1", "0", "0"]
    assert "50.0 %" in said.stdout, "one of two within five seconds"
    assert "SL w/o short" in said.stdout


def test_a_report_by_agent_and_by_interval_and_as_json(bank: Path) -> None:
    agents = ivr(bank, "queue", "report", "--by", "agent", *days()).stdout
    assert [line.split()[:3] for line in agents.splitlines() if line.startswith("bob")] == [["bob", "1", "0"]]
    halves = ivr(bank, "queue", "report", "--by", "interval", "--queue", "cards", *days()).stdout
    assert "cards" in halves
    lines = [json.loads(line) for line in ivr(bank, "queue", "report", "--json", *days()).stdout.splitlines()]
    assert sum(line["queues"].get("cards", {"offered": 0})["offered"] for line in lines) == 2


def test_why_tells_of_a_call_that_is_over_though_no_engine_runs(bank: Path) -> None:
    said = ivr(bank, "queue", "why", "c1")
    assert said.returncode == 0, said.stderr
    assert "asked for lang:zh 1" in said.stdout
    assert "ann: did not have lang:zh 1" in said.stdout
    assert "bob took it after 4 s" in said.stdout
    unknown = ivr(bank, "queue", "why", "c99")
    assert unknown.returncode != 0
    assert "never waited" in unknown.stderr


def test_what_was_counted_is_the_calls_of_a_simulation(bank: Path, tmp_path: Path) -> None:
    said = ivr(bank, "queue", "demand", *days())
    assert said.returncode == 0, said.stderr
    assert "{queue: cards, talk: 3, patience: 11, per_half_hour: [" in said.stdout
    calls, centre = tmp_path / "calls.yaml", tmp_path / "centre.yaml"
    calls.write_text(said.stdout, encoding="utf-8")
    centre.write_text(
        "teams: [{name: ann, count: 2}]\ncalls: [{queue: loans, talk: 9, per_half_hour: [9]}]\n", encoding="utf-8"
    )
    for command in ("simulate", "plan"):
        outcome = subprocess.run(
            [*IVR, "queue", command, str(centre), "--calls", str(calls)], capture_output=True, text=True, timeout=60
        )
        assert outcome.returncode == 0, outcome.stderr
        assert "cards" in outcome.stdout
        assert "loans" not in outcome.stdout


def test_days_that_are_none_are_said_to_be_none(bank: Path) -> None:
    for words, told in (
        (["--from", "yesterday"], "a day reads 2026-11-28"),
        (["--from", "2026-02-02", "--to", "2026-02-01"], "is before the first"),
    ):
        said = ivr(bank, "queue", "report", *words)
        assert said.returncode in (1, 2)
        assert told in said.stderr
    assert (
        "Nothing was kept of cards" in ivr(bank, "queue", "report", "--queue", "cards", "--from", "2001-01-01").stdout
    )
