"""How a call reads on a terminal: what rules found while it went on, where, and what to say instead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.apps.cli.recording_text import record_text
from ivr.core.review.risk import ReviewRules
from ivr.engine.office.recordings import Show, Shown, show
from tests.unit.web.world import ALERT, CALL, World


def shown(world: World) -> Shown:
    return show(world.house.office("user:supervisor"), Show(CALL))


def alerts(found: Shown) -> list[str]:
    text = record_text(found.record, found.recording, found.published, reveal=False)
    lines = text.splitlines()
    return [line for line in lines if line.startswith(("alert ", "    said ", "    instead "))]


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_each_alert_has_its_moment_its_rule_what_was_said_and_what_to_say_instead(world: World) -> None:
    world.house.review_rules = ReviewRules(sample=0.0)
    found = shown(world)
    assert alerts(found) == [
        f"alert       0:03.0 {ALERT.severity}  {ALERT.rule}: {ALERT.what} (agent)",
        f"    said      {ALERT.words}",
        f"    instead   {ALERT.say}",
        "alert       0:07.0 critical  eu/balance: not spoken: another figure (machine)",
        "    instead   A colleague does.",
    ]
    unopened = alerts(replace(found, recording=None))
    assert [line.split()[0] for line in unopened] == ["alert", "instead", "alert", "instead"], "its words are sealed"


def test_who_may_still_judge_a_call_that_chance_drew_reads_none_of_it(world: World) -> None:
    world.house.review_rules = ReviewRules(sample=1.0)
    found = shown(world)
    assert found.blind
    assert alerts(found) == []
