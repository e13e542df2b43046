"""From cosines to likelihoods, and from what errors cost to a verdict."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.identity.calibration import CALIBRATIONS, Calibration, Trial, fitted
from ivr.core.identity.measures import cost_of_ratios, curve, det_plot
from ivr.core.identity.verifier import CAMPPLUS, Costs, Thresholds, Verdict, judge

SHIPPED = CALIBRATIONS[CAMPPLUS]


def trials(count: int, *, longer_is_surer: bool = False) -> list[Trial]:
    """Cosines of normal spread: the true log-likelihood ratio is (score - 0.5) * 20 for 5 s."""
    chance = random.Random(7)
    made = []
    for _ in range(count):
        for same in (True, False):
            seconds = chance.choice((3.0, 5.0, 10.0))
            middle = 0.6 if same else 0.4
            spread = 0.1 * (math.sqrt(5.0 / seconds) if longer_is_surer else 1.0)
            made.append(Trial(chance.gauss(middle, spread), seconds, same))
    return made


def test_the_fit_finds_the_likelihoods_that_made_the_trials() -> None:
    found = fitted(trials(4000), "m")
    assert found.llr(0.6, 5.0) == pytest.approx(2.0, abs=0.25)
    assert found.llr(0.5, 5.0) == pytest.approx(0.0, abs=0.15)
    assert found.llr(0.4, 5.0) == pytest.approx(-2.0, abs=0.25)


def test_the_same_cosine_says_more_the_longer_was_heard() -> None:
    found = fitted(trials(4000, longer_is_surer=True), "m")
    assert found.llr(0.6, 10.0) > found.llr(0.6, 5.0) > found.llr(0.6, 3.0)
    assert found.llr(0.4, 10.0) < found.llr(0.4, 3.0)


def test_a_ratio_ends_where_the_trials_end() -> None:
    few = fitted(trials(100), "m")
    assert few.llr(1.0, 5.0) == pytest.approx(math.log(101))
    assert few.llr(-1.0, 5.0) == pytest.approx(-math.log(101))
    assert few.llr(1.0, 5.0) < Costs().thresholds().accept, "a hundred others cannot carry one error in a thousand"


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.1, 60))
def test_nearer_is_never_less_likely(one: float, two: float, seconds: float) -> None:
    low, high = sorted((one, two))
    assert SHIPPED.llr(low, seconds) <= SHIPPED.llr(high, seconds)


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        ([Trial(0.9, 5.0, True)] * 40, "trials of each kind"),
        ([Trial(0.2, 5.0, True)] * 40 + [Trial(0.8, 5.0, False)] * 40, "no higher than others"),
    ],
)
def test_a_list_that_tells_nothing_makes_no_calibration(kept: list[Trial], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        fitted(kept, "m")


# --- what errors cost -----------------------------------------------------------------------------------------------


def test_each_verdict_is_the_one_that_costs_least_on_average() -> None:
    costs = Costs(prior=0.8, false_accept=1000.0, false_reject=10.0, unsure=1.0)
    for llr in (value / 10 for value in range(-100, 120)):
        odds = math.exp(llr) * costs.prior / (1 - costs.prior)
        likely = odds / (1 + odds)
        price = {
            Verdict.ACCEPT: (1 - likely) * costs.false_accept,
            Verdict.REJECT: likely * costs.false_reject,
            Verdict.UNSURE: costs.unsure,
        }
        assert price[judge(0.9, 5.0, costs, llr=llr)] == pytest.approx(min(price.values()), rel=1e-6)


@pytest.mark.parametrize(
    "wrong",
    [
        {"prior": 0.0},
        {"prior": 1.0},
        {"unsure": 0.0},
        {"unsure": 30.0},
        {"false_accept": 1.5, "false_reject": 1.5},
        {"false_accept": math.inf},
        {"prior": math.nan},
    ],
)
def test_costs_by_which_nothing_can_be_decided_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"prior|costs"):
        Costs(**wrong)


def test_what_is_missing_accepts_nobody() -> None:
    house = Costs().thresholds()
    assert judge(1.0, 60.0, None, llr=50.0, house=None) is Verdict.UNSURE, "nothing says what decides"
    assert judge(1.0, 60.0, None, llr=None, house=house) is Verdict.UNSURE, "not calibrated"
    assert judge(1.0, 60.0, Costs(), llr=math.nan) is Verdict.UNSURE
    assert judge(1.0, 2.0, Costs(), llr=50.0) is Verdict.UNSURE, "too short"
    assert judge(1.0, 60.0, None, llr=50.0, house=house) is Verdict.ACCEPT


def test_a_recording_is_rejected_however_near_it_is() -> None:
    for rule in (None, Costs(), Thresholds(0.7, 0.5)):
        assert judge(1.0, 60.0, rule, llr=50.0, house=Costs().thresholds(), heard_before=True) is Verdict.REJECT


def test_one_other_in_a_thousand_is_not_accepted_by_what_ships() -> None:
    """The cosines that 0.1 % of others reached, by length: docs/speech.md."""
    for seconds, cosine in ((3.0, 0.65), (5.0, 0.69), (10.0, 0.73)):
        llr = SHIPPED.llr(cosine, seconds)
        assert judge(cosine, seconds, Costs(), llr=llr) is Verdict.UNSURE


def test_what_ships_is_what_was_judged() -> None:
    """By `python -m bench.voices DIRECTORY --fit`: whoever changes it measures the tables of docs/speech.md anew."""
    judged = Calibration(CAMPPLUS, -37.7, 54.568, -15.789, 14.515, same=1323, others=38367)
    assert judged == SHIPPED
    limits = Costs().thresholds()
    # The cosines from which a voice is accepted, and below which it is rejected, at the usual costs.
    for seconds, accepted, rejected in ((3.0, 0.7775, 0.5195), (5.0, 0.8195, 0.597), (10.0, 0.8615, 0.6735)):
        assert SHIPPED.llr(accepted, seconds) == pytest.approx(limits.accept, abs=0.05)
        assert SHIPPED.llr(rejected, seconds) == pytest.approx(limits.reject, abs=0.05)


# --- measures -------------------------------------------------------------------------------------------------------


def test_the_measures_of_a_case_that_is_counted_by_hand() -> None:
    found = curve([0.9, 0.8, 0.7, 0.3], [0.6, 0.2, 0.1, 0.0])
    assert found.equal_error() == pytest.approx(0.25)
    assert found.missed_at(0.0) == pytest.approx(0.25)
    assert found.missed_at(0.25) == pytest.approx(0.0)
    assert found.least_cost(prior=0.5) == pytest.approx(0.25)


def test_ratios_that_say_nothing_cost_one_bit_and_wrong_ones_more() -> None:
    assert cost_of_ratios([0.0, 0.0], [0.0]) == pytest.approx(1.0)
    assert cost_of_ratios([20.0], [-20.0]) == pytest.approx(0.0, abs=1e-6)
    assert cost_of_ratios([-5.0], [5.0]) > 5.0


def test_a_plot_holds_its_curve_and_no_markup_of_its_name() -> None:
    picture = det_plot([("a<b", curve([0.9, 0.8], [0.1, 0.85]))])
    assert picture.startswith("<svg")
    assert picture.count("<polyline") == 1
    assert "a&lt;b: EER 50.00%" in picture
