"""Voices: comparing templates, and verdicts that fail closed."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.core.identity.verifier import Thresholds, Verdict, judge
from ivr.core.identity.voiceprint import Template, Voiceprint, cosine, similarity

THRESHOLDS = Thresholds(accept=0.9, reject=0.75)


def template(*vector: float) -> Template:
    return Template(vector, 5.0, 0.0)


def test_a_voice_is_wholly_similar_to_itself_and_not_at_all_to_a_right_angle() -> None:
    assert cosine((1.0, 2.0, 3.0), (2.0, 4.0, 6.0)) == pytest.approx(1.0)
    assert cosine((1.0, 0.0), (0.0, 1.0)) == 0.0


@pytest.mark.parametrize(("a", "b"), [((1.0,), (1.0, 2.0)), ((), ()), ((0.0, 0.0), (1.0, 0.0))])
def test_what_cannot_be_compared_is_an_error_and_not_a_score(a: tuple[float, ...], b: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="vector"):
        cosine(a, b)


def test_a_voice_is_compared_with_the_mean_of_its_enrolments() -> None:
    voiceprint = Voiceprint("c", "m", (template(1.0, 0.0), template(0.0, 1.0)))
    assert similarity(voiceprint, (1.0, 1.0)) == pytest.approx(1.0)
    assert similarity(voiceprint, (1.0, 0.0)) == pytest.approx(math.sqrt(0.5))


def test_a_voiceprint_without_enrolments_scores_nothing() -> None:
    with pytest.raises(ValueError, match="without templates"):
        similarity(Voiceprint("c", "m", ()), (1.0,))


def test_templates_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="one size"):
        Voiceprint("c", "m", (template(1.0, 0.0),)).with_template(template(1.0))


@pytest.mark.parametrize(
    ("score", "verdict"),
    [
        (0.95, Verdict.ACCEPT),
        (0.9, Verdict.ACCEPT),
        (0.85, Verdict.UNSURE),
        (0.75, Verdict.UNSURE),
        (0.7, Verdict.REJECT),
    ],
)
def test_a_score_falls_into_one_of_three_bands(score: float, verdict: Verdict) -> None:
    assert judge(score, 5.0, THRESHOLDS) is verdict


@pytest.mark.parametrize("score", [None, math.nan, math.inf, 1.5, -3.0])
def test_no_score_or_an_impossible_one_is_unsure(score: float | None) -> None:
    assert judge(score, 5.0, THRESHOLDS) is Verdict.UNSURE


@given(st.floats(-1, 1))
def test_too_little_speech_is_never_accepted(score: float) -> None:
    assert judge(score, 1.0, THRESHOLDS) is Verdict.UNSURE


def test_thresholds_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValueError, match="reject <= accept"):
        Thresholds(accept=0.5, reject=0.8)


def test_neither_vectors_nor_customers_show_in_text() -> None:
    text = repr(Voiceprint("10012345", "m", (template(0.125),)))
    assert "10012345" not in text
    assert "0.125" not in repr(template(0.125))
