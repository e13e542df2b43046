"""Events in any order: no protected state without its obligations, no exception, no stuck call."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.states import State
from ivr.testing.dialplan_auditor import BrokenObligation
from ivr.testing.dialplan_fuzz import Fuzzer
from ivr.testing.dialplan_maker import made_dialplan
from tests.unit.dialplan.desk import SHIPPED, shipped
from tests.unit.dialplan.test_disclose import unguarded

DIALPLANS = sorted(path.name for path in SHIPPED.glob("*.yaml") if not path.name.endswith(".test.yaml"))

BY_SCENARIOS_ALONE = {"loan.yaml": {"agent_confirm", "agent_order", "agent_ordered", "agent_not_ordered"}}
"""States behind a proof, a sum, a day, an agent and a warning that they read: chance leads no call in 20,000 there."""


@pytest.mark.parametrize("name", DIALPLANS)
@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**63))
def test_no_order_of_events_gets_round_an_obligation_or_stuck(name: str, seed: int) -> None:
    Fuzzer(shipped(name), seed).run(150)


@pytest.mark.parametrize("name", DIALPLANS)
def test_the_random_calls_reach_every_state(name: str) -> None:
    dialplan = shipped(name)
    missing = set(dialplan.states) - BY_SCENARIOS_ALONE.get(name, set())
    for seed in range(20_000):
        fuzzer = Fuzzer(dialplan, seed)
        fuzzer.run(150)
        missing -= fuzzer.visited
        if not missing:
            return
    raise AssertionError(f"never reached: {sorted(missing)}")


def test_every_kind_of_state_is_in_made_dialplans_and_reached_by_random_calls() -> None:
    missing = set(get_args(State))
    for made in range(20):
        dialplan = load_dialplan(made_dialplan(made), source=f"made-{made}")
        for seed in range(5):
            fuzzer = Fuzzer(dialplan, seed)
            fuzzer.run(100)
            missing -= {type(dialplan.states[name]) for name in fuzzer.visited if name}
    assert missing == set(), "write it into ivr/testing/dialplan_maker.py, and its answers into dialplan_fuzz.py"


@pytest.mark.soak
def test_a_million_events_in_any_order_over_the_shipped_dialplans_and_made_ones() -> None:
    events = calls = 0
    plans = [shipped(name) for name in DIALPLANS]
    while events < 1_000_000:
        if calls % 100 == 0:
            plans.append(load_dialplan(made_dialplan(calls, states=15), source=f"made-{calls}"))
        # The shipped ones and the newest of the made ones take turns.
        dialplan = [*plans[: len(DIALPLANS)], plans[-1]][calls % (len(DIALPLANS) + 1)]
        fuzzer = Fuzzer(dialplan, calls)
        fuzzer.run(150)
        events += fuzzer.events
        calls += 1
    print(f"{events} events in {calls} calls over {len(plans)} dialplans")


def test_the_auditor_sees_through_a_guard_that_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "permitted", lambda self, target: True)
    with pytest.raises(BrokenObligation):
        _many_calls()


def test_an_unguarded_path_is_denied_in_every_order_of_events() -> None:
    _many_calls()


def _many_calls() -> None:
    for seed in range(200):
        Fuzzer(unguarded(), seed).run(60)
