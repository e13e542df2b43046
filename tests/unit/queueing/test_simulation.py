"""Simulated days: the dispatcher itself meets what Erlang's formulas foretell, and an independent simulator agrees."""

from __future__ import annotations

import math
import random
import statistics

import ciw
import pytest

from ivr.core.queueing.erlang import Load, forecast
from ivr.core.queueing.facts import AgentProfile
from ivr.core.queueing.figures import CentreFigures, QueueFigures
from ivr.core.queueing.rules import QueueRules
from ivr.core.queueing.simulation import CentreDay, Demand, Shift, simulate

TALK = 120.0
AGENTS = 6
RULES = {"q": QueueRules(max_waiting=10_000)}


def day(*, per_half_hour: float, patience: float, half_hours: int = 20, agents: int = AGENTS) -> CentreDay:
    """The same rate all day long, everybody at work from its beginning to its end and long after."""
    shifts = tuple(Shift(AgentProfile(f"a{n}", f"sip:a{n}@x"), 0.0, 10 * 86400.0) for n in range(agents))
    return CentreDay(0.0, RULES, shifts, (Demand("q", (per_half_hour,) * half_hours, TALK, patience),))


def days(centre: CentreDay, count: int) -> list[CentreFigures]:
    return [simulate(centre, random.Random(seed).random) for seed in range(count)]


@pytest.mark.parametrize(("per_half_hour", "patience"), [(75.0, math.inf), (75.0, 90.0), (120.0, 60.0)])
def test_simulated_days_meet_what_erlang_foretells(per_half_hour: float, patience: float) -> None:
    told = forecast(Load(per_half_hour / 1800.0, TALK, patience), AGENTS, target=20.0)
    seen = [figures.queues["q"] for figures in days(day(per_half_hour=per_half_hour, patience=patience), 5)]
    within = statistics.mean(one.service_level_of_all_offered for one in seen)
    gave_up = statistics.mean(one.abandoned / one.offered for one in seen)
    assert within == pytest.approx(told.within, abs=0.05)
    assert gave_up == pytest.approx(told.abandons, abs=0.03)


def test_an_independent_simulator_agrees() -> None:
    """Ciw (tests only) plays the same queue; it knows nothing of ours."""
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(75.0 / 1800.0)],
        service_distributions=[ciw.dists.Exponential(1 / TALK)],
        number_of_servers=[AGENTS],
    )
    waits: list[float] = []
    for seed in range(4):
        ciw.seed(seed)
        simulation = ciw.Simulation(network)
        simulation.simulate_until_max_time(20 * 1800.0)
        waits += [record.waiting_time for record in simulation.get_all_records()]
    ours = [figures.queues["q"] for figures in days(day(per_half_hour=75.0, patience=math.inf), 4)]
    within = statistics.mean(wait <= 20.0 for wait in waits)
    assert statistics.mean(one.service_level_of_all_offered for one in ours) == pytest.approx(within, abs=0.05)


def test_nobody_is_lost_in_a_day() -> None:
    for figures in days(day(per_half_hour=150.0, patience=45.0), 3):
        queue = figures.queues["q"]
        assert queue.offered == queue.answered + queue.abandoned + queue.refused
        assert queue.answered == sum(agent.calls for agent in figures.agents.values())


def test_the_same_seed_is_the_same_day() -> None:
    first, second = (simulate(day(per_half_hour=75.0, patience=90.0), random.Random(4).random) for _ in range(2))
    assert first == second


def test_the_two_service_levels_differ_by_the_short_abandons_only() -> None:
    figures = QueueFigures(target=20.0)
    for _ in range(10):
        figures.come()
    for waited in (1.0, 5.0, 19.0, 21.0, 30.0, 40.0):
        figures.answer(waited)
    for waited in (1.0, 2.0, 50.0, 60.0):
        figures.abandon(waited)
    assert figures.service_level_of_all_offered == 3 / 10
    assert figures.service_level_without_short_abandons == 3 / 8
    assert figures.abandonment == 2 / 8
    assert figures.average_speed_of_answer == pytest.approx(116 / 6)
    assert math.isnan(QueueFigures().service_level_of_all_offered), "no call, no share"


def test_what_a_waiting_caller_is_told_is_nearer_to_the_truth_than_the_mean_of_the_last_waits() -> None:
    """A day whose noon is busy and whose staff comes and goes: the past says little of what is to come."""
    shifts = tuple(
        Shift(AgentProfile(f"a{n}", "sip:x@y"), 9 * 3600.0, (12.5 if n % 3 == 0 else 17.0) * 3600.0) for n in range(12)
    )
    demand = Demand("cards", (30, 34, 46, 60, 66, 60, 40, 30, 36, 42, 40, 30, 24, 18, 10, 6), 300.0, 600.0)
    rules = {"cards": QueueRules(wrap_up_seconds=20.0, max_waiting=1000)}
    day = CentreDay(9 * 3600.0, rules, shifts, (demand,))
    estimates = [one for seed in range(4) for one in simulate(day, random.Random(seed).random).estimates]
    assert len(estimates) > 300
    ours = statistics.fmean(abs(told - waited) for waited, told, _ in estimates)
    usual = statistics.fmean(abs(told - waited) for waited, _, told in estimates)
    assert ours < 0.8 * usual, (ours, usual)
