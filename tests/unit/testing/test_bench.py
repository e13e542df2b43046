"""The bench's arithmetic: a figure that is reported met must be."""

import pytest

from bench.figures import Figure, table
from bench.prompts import said, wrong


def test_percentiles_are_of_the_samples() -> None:
    figure = Figure("x", "ms", tuple(float(n) for n in range(1, 101)), goal=95)
    assert figure.percentile(50) == pytest.approx(50.5)
    assert figure.percentile(95) == pytest.approx(95.05)
    assert figure.verdict == "missed"


def test_a_goal_is_met_at_the_95th_percentile() -> None:
    assert Figure("x", "ms", (1.0, 2.0, 3.0), goal=3).verdict == "met"
    assert Figure("x", "calls", (8.0,), goal=10, more_is_better=True).verdict == "missed"
    assert Figure("x", "ms", (1.0,)).verdict == ""


def test_what_could_not_be_measured_is_said_so() -> None:
    assert "not measured" in table([Figure("x", "ms", (), goal=1)])


@pytest.mark.parametrize(
    ("language", "meant", "heard", "errors"),
    [
        ("en", "To log in, press 1.", "to login press one", 0),
        ("en", "Read the fund's documents.", "Read the funds documents", 0),
        ("en", "I am a machine.", "I'm a machine", 0),
        ("en", "I am a machine.", "and a machine", 2),
        ("en", "At most one percent.", "At most 1%.", 0),
        ("zh", "请按1。", "請案一", 0),
        ("zh", "请按1。", "喜按2", 2),
        ("zh", "请按1键。", "请按1", 1),
    ],
)
def test_a_prompt_is_judged_by_its_sound(language: str, meant: str, heard: str, errors: int) -> None:
    assert wrong(said(meant, language), said(heard, language)) == errors
