"""`ivr queue` and the settings of queues, as an operator meets them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.apps.cli.queue import queue
from ivr.apps.settings_file import load_settings
from ivr.errors import SettingsError

CENTRE = Path(__file__).parents[3] / "docs" / "examples" / "centre.yaml"
TINY = """begins: "09:00"
queues: {cards: {wrap_up_seconds: 10}}
teams: [{name: ann, count: 2, queues: [cards], begins: "09:00", ends: "10:00"}]
calls: [{queue: cards, talk: 60, patience: 120, per_half_hour: [20, 10]}]
"""


def run(*arguments: str) -> str:
    outcome = CliRunner().invoke(queue, list(arguments), catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout


def test_a_simulated_day_is_a_table_and_the_same_seed_is_the_same_day(tmp_path: Path) -> None:
    file = tmp_path / "tiny.yaml"
    file.write_text(TINY)
    first = run("simulate", str(file), "--seed", "7")
    assert first == run("simulate", str(file), "--seed", "7")
    assert first != run("simulate", str(file), "--seed", "8")
    assert "cards" in first
    assert "occupancy" in first


def test_the_centre_that_ships_can_be_planned_and_drawn(tmp_path: Path) -> None:
    told = run("plan", str(CENTRE), "--svg", str(tmp_path / "plan.svg"))
    assert "stolen: 80% within 20 s" in told
    root = ET.parse(tmp_path / "plan.svg").getroot()
    titles = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert "08:00: 5 agents, 28 calls" in titles


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TINY.replace('"10:00"', '"10:15"'), r":3: teams.*'10:15' is not a half hour"),
        (TINY.replace("talk: 60", "talk: 0"), r":4: calls.*talk"),
        (TINY.replace("wrap_up_seconds: 10", "skills: {loans: 3}"), r"'loans' is no skill of these settings"),
    ],
)
def test_a_fault_in_a_centre_file_has_its_place(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "tiny.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=message):
        run("plan", str(file))


@pytest.mark.parametrize(
    ("queues", "message"),
    [
        (
            "{a: {overflow: {after: 60, to: b}}}",
            ":1: queues.a.overflow.to: 'b' is no queue of these settings: name one",
        ),
        ("{a: {overflow: {after: 60}}}", ":1: queues.a.overflow: where do these calls go?"),
        ("{a: {overflow: {after: 60, to: a, way: callback}}}", "either another queue (to:) or a way (way:)"),
        ("{a: {ring_seconds: 2}}", "ring_seconds"),
        ("{a: {closed_to: b, sites: [hk]}}", "queues.a.closed_to: 'b' is no queue"),
        ("{a: {closed_to: a}}", "this queue is never closed: name its sites"),
        ("{a: {sites: [hongkong]}}\nsites: {hong-kong: {zone: UTC, open: {mon: ['09:00-10:00']}}}", "mean hong-kong?"),
        (
            "{a: {skills: {lones: 3}}}\nskills: [loans]",
            ":1: queues.a.skills.lones: 'lones' is no skill of these settings: did you mean loans?",
        ),
        ("{a: {site_seconds: 5}}", "there is no other site to wait for"),
        (
            "{}\nsites: {hk: {zone: Asia/Hongkonk, open: {mon: ['09:00-10:00']}}}",
            ":2: sites.hk.zone: 'Asia/Hongkonk' is no time zone",
        ),
        ("{}\nsites: {hk: {zone: UTC, open: {monday: ['09:00-10:00']}}}", "names no days: write mon-fri"),
        ("{}\nsites: {hk: {zone: UTC, open: {mon: ['9-10']}}}", "is no span of hours"),
        (
            "{}\nsites:\n  hk:\n    zone: UTC\n    open: {mon: []}\n",
            ":5: sites.hk.open: this site does not open on any day",
        ),
        ("{a: {overflow: {after: 1, to: b}}, b: {overflow: {after: 1, to: a}}}", "round for ever: a > b > a"),
        ("{a: {relax: [{after: 30, skill: loans}]}}", "does not ask for 'loans'"),
        ("{a: {strategy: fastest}}", "strategy"),
        ("{a: {skills: {loans: 12}}}", "loans"),
    ],
)
def test_queues_that_make_no_sense_are_refused_when_the_settings_load(
    tmp_path: Path, queues: str, message: str
) -> None:
    file = tmp_path / "ivr.yaml"
    file.write_text(f"queues: {queues}\n")
    with pytest.raises(SettingsError) as error:
        load_settings(file, {})
    assert message in str(error.value)
    assert str(file) in str(error.value)
