"""Erlang's formulas against known values, against each other, and against limits that must hold."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.core.queueing.erlang import Load, agents_needed, expected_waits, forecast


def erlang_c(agents: int, erlangs: float) -> float:
    """The textbook sum: the chance to wait."""
    last = erlangs**agents / math.factorial(agents) * agents / (agents - erlangs)
    return last / (sum(erlangs**k / math.factorial(k) for k in range(agents)) + last)


@pytest.mark.parametrize(("agents", "erlangs"), [(1, 0.5), (5, 3.0), (12, 10.0), (55, 50.0), (120, 100.0)])
def test_without_impatience_it_is_erlang_c(agents: int, erlangs: float) -> None:
    load = Load(erlangs / 180.0, 180.0)
    found = forecast(load, agents, target=20.0)
    wait = erlang_c(agents, erlangs)
    assert found.waits == pytest.approx(wait, rel=1e-6)
    assert found.mean_wait == pytest.approx(wait * 180.0 / (agents - erlangs), rel=1e-6)
    assert found.within == pytest.approx(1 - wait * math.exp(-(agents - erlangs) * 20.0 / 180.0), rel=1e-6)
    assert found.occupancy == pytest.approx(erlangs / agents, rel=1e-6)
    assert found.abandons == 0.0


@settings(deadline=None, max_examples=60)
@given(rate=st.floats(0.001, 0.5), handling=st.floats(10, 600), patience=st.floats(10, 900), agents=st.integers(1, 60))
def test_calls_are_answered_or_give_up_and_agents_do_what_is_answered(
    rate: float, handling: float, patience: float, agents: int
) -> None:
    found = forecast(Load(rate, handling, patience), agents, target=20.0)
    assert found.occupancy * agents == pytest.approx(rate * handling * (1 - found.abandons), rel=1e-6, abs=1e-9)
    assert 0 <= found.within <= 1 - found.abandons + 1e-9
    assert found.within >= 1 - found.waits - 1e-9


def test_with_endless_patience_erlang_a_is_erlang_c() -> None:
    patient = forecast(Load(0.05, 180.0, 1e9), 11, target=20.0)
    endless = forecast(Load(0.05, 180.0), 11, target=20.0)
    assert patient.within == pytest.approx(endless.within, abs=1e-4)
    assert patient.mean_wait == pytest.approx(endless.mean_wait, rel=1e-3)


def test_a_queue_that_would_grow_for_ever_is_said() -> None:
    with pytest.raises(ValueError, match="never catch up"):
        forecast(Load(1.0, 60.0), 60, target=20.0)
    overloaded = forecast(Load(1.0, 60.0, 120.0), 30, target=20.0)
    assert overloaded.abandons == pytest.approx(0.5, abs=0.01), "who cannot be served gives up"


def test_the_fewest_agents_for_eighty_per_cent_within_twenty_seconds() -> None:
    load = Load(100 / 1800, 240.0)
    found = agents_needed(load, share=0.8, target=20.0)
    assert found.within >= 0.8
    assert forecast(load, found.agents - 1, target=20.0).within < 0.8
    assert found.agents == 17  # 100 calls of 4 minutes in half an hour, 80/20: the textbook's number


def test_the_expected_wait_counts_those_ahead_and_their_impatience() -> None:
    assert expected_waits(5, agents=10, handling=100.0) == pytest.approx([10.0, 20.0, 30.0, 40.0, 50.0])
    with_quitters = expected_waits(5, agents=10, handling=100.0, patience=60.0)
    assert with_quitters[0] == pytest.approx(10.0), "nobody is ahead of the next one"
    assert with_quitters[4] < 50.0
