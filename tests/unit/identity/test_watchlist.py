"""The watchlist: how sure it has to be, what is unknown, and what of it the risk of a call takes."""

from __future__ import annotations

import math

import pytest

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.runtime.weighing import Weighing
from ivr.core.identity.calibration import CALIBRATIONS
from ivr.core.identity.risk import Risk
from ivr.core.identity.verifier import CAMPPLUS
from ivr.core.identity.voiceprint import Template
from ivr.core.identity.watchlist import LEAST_SECONDS, Likeness, Listed, Watched, likeness, threshold

CALIBRATION = CALIBRATIONS[CAMPPLUS]
NORTH, EAST = (1.0, 0.0), (0.0, 1.0)


def entry(name: str, vector: tuple[float, float], model: str = CAMPPLUS) -> Watched:
    return Watched(name, model, (Template(vector, 5.0, 0.0),), 0.0, 1e9, "os:olga", "a case")


def near(*watched: Watched, vector: tuple[float, float] = NORTH, seconds: float = 5.0) -> Likeness:
    return likeness(watched, vector, seconds, CALIBRATION, CAMPPLUS)


def test_the_nearest_voice_of_the_list_counts() -> None:
    found = near(entry("a", EAST), entry("b", NORTH))
    assert found.listed is Listed.YES
    assert found.llr == CALIBRATION.llr(1.0, 5.0)
    assert near(entry("a", EAST)).listed is Listed.NO


def test_nothing_is_like_an_empty_list() -> None:
    assert near() == Likeness(Listed.NO)


def test_what_cannot_be_compared_is_unknown_and_never_no() -> None:
    assert near(entry("a", NORTH), seconds=LEAST_SECONDS - 0.1).listed is Listed.UNKNOWN
    assert near(entry("a", NORTH, model="another")).listed is Listed.UNKNOWN
    assert likeness([entry("a", NORTH)], NORTH, 5.0, None, CAMPPLUS).listed is Listed.UNKNOWN


def test_a_longer_list_has_to_be_surer_but_no_surer_than_its_calibration_can_be() -> None:
    assert threshold(1, CALIBRATION) == pytest.approx(math.log(1000))
    assert threshold(10, CALIBRATION) == pytest.approx(math.log(10_000))
    assert threshold(200, CALIBRATION) == pytest.approx(math.log(CALIBRATION.others + 1))
    assert near(*(entry(f"v{number}", NORTH) for number in range(200))).listed is Listed.YES


TABLE = load_dialplan(
    "name: b\nversion: '1'\nlanguages: [en]\nstart: bye\nstates: {bye: {hang_up: completed}}\n"
    "risk: {signals: {watchlist: 60}}\n",
    source="b.yaml",
).risk


@pytest.mark.parametrize(
    ("said", "scored"),
    [
        ((), (0, Risk.LOW)),
        ((Listed.NOT_ASKED,), (0, Risk.LOW)),
        ((Listed.NO,), (0, Risk.LOW)),
        ((Listed.UNKNOWN,), (0, Risk.UNKNOWN)),
        ((Listed.UNKNOWN, Listed.NO), (0, Risk.LOW)),
        ((Listed.YES,), (60, Risk.HIGH)),
        ((Listed.YES, Listed.NO), (60, Risk.HIGH)),
        ((Listed.YES, Listed.UNKNOWN), (60, Risk.HIGH)),
    ],
)
def test_a_voice_that_is_listed_stays_so_for_the_call(said: tuple[Listed, ...], scored: tuple[int, Risk]) -> None:
    weighing = Weighing(TABLE)
    for listed in said:
        weighing.voice(listed)
    found = weighing.weigh({}, failures=0, hours={}, wall=0.0, passed=0.0)
    assert found is not None
    assert (found.points, found.risk) == scored
