"""What is written of past days is what callers asked for: days drawn from known distributions are found again."""

from __future__ import annotations

import math
import random

import pytest

from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.demand import demands_of
from ivr.core.queueing.happening import Happening, What
from ivr.core.queueing.simulation import HALF_HOUR, Demand
from ivr.core.queueing.tally import Tally

DAY = 86400.0
DAYS = 40
TALK, WRAP_UP, PATIENCE, WAIT = 180.0, 20.0, 90.0, 60.0
RATES = {18: 20.0, 19: 35.0, 20: 10.0}
"""Half hour of the day -> mean number of calls."""


def drawn(queue: str = "cards", *, seed: int = 5) -> Tally:
    """Days of Poisson arrivals; each caller waits for an agent, or gives up, and then they talk."""
    chance, tally = random.Random(seed), Tally(interval=HALF_HOUR, target=lambda name: 20.0)
    for day in range(0, DAYS, 2):  # nobody calls on every other day
        for half_hour, rate in RATES.items():
            at, end = day * DAY + half_hour * HALF_HOUR, day * DAY + (half_hour + 1) * HALF_HOUR
            while (at := at + chance.expovariate(rate / HALF_HOUR)) < end:
                tally.add(Happening(What.CAME, at, 0.0, queue, "c"))
                patience, wait = chance.expovariate(1 / PATIENCE), chance.expovariate(1 / WAIT)
                if patience < wait:
                    tally.add(Happening(What.GAVE_UP, at + patience, patience, queue, "c"))
                    continue
                tally.add(Happening(What.TAKEN, at + wait, wait, queue, "c", "ann"))
                talk = chance.expovariate(1 / TALK)
                for state, seconds in ((AgentState.TALKING, talk), (AgentState.WRAP_UP, WRAP_UP)):
                    tally.add(Happening(What.WAS, at + wait + seconds, seconds, queue, "c", "ann", state=state))
    return tally


def found(tally: Tally) -> dict[str, Demand]:
    demands = demands_of(
        tally.intervals,
        began=lambda seconds: (int(seconds // DAY), int(seconds % DAY // HALF_HOUR)),
        wrap_up=lambda queue: WRAP_UP,
    )
    return {one.queue: one for one in demands}


def test_arrivals_talks_and_patience_are_found_again() -> None:
    cards = found(drawn())["cards"]
    for half_hour, count in enumerate(cards.per_half_hour):
        rate = RATES.get(half_hour, 0.0)
        assert abs(count - rate) <= 4 * math.sqrt(rate / (DAYS / 2)), "four deviations of a mean of Poisson counts"
    assert cards.talk == pytest.approx(TALK, rel=0.1)
    assert cards.patience == pytest.approx(PATIENCE, rel=0.1)


def test_callers_who_left_by_a_key_had_patience_for_so_long_at_least() -> None:
    tally = Tally(interval=HALF_HOUR, target=lambda name: 20.0)
    for number, (what, seconds) in enumerate(((What.TAKEN, 10.0), (What.GAVE_UP, 30.0), (What.WENT, 80.0))):
        tally.add(Happening(What.CAME, float(number), 0.0, "cards", "c"))
        tally.add(Happening(what, number + seconds, seconds, "cards", "c", "ann" if what is What.TAKEN else ""))
    assert found(tally)["cards"].patience == 120.0


def test_calls_that_moved_in_are_the_first_queues_and_one_without_a_talk_is_left_out() -> None:
    tally = drawn()
    moved = [Happening(What.CAME, 9 * 3600.0 + 60, 30.0, "desk", "m", reason="cards")]
    moved += [Happening(What.TAKEN, 9 * 3600.0 + 90, 60.0, "desk", "m", "ann")]
    moved += [Happening(What.CAME, 9 * 3600.0, 0.0, "night", "n"), Happening(What.GAVE_UP, 32460.0, 60.0, "night", "n")]
    for one in moved:
        tally.add(one)
    assert set(found(tally)) == {"cards"}
