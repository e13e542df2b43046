"""The bench's arithmetic: a figure that is reported met must be."""

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.figures import Figure, table
from bench.prompts import said, wrong
from bench.voices import ENOUGH, Speaker, everybody
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.media.resample import from_pcm


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
        ("zh", "余额为4750欧元。", "余额位,4,750欧元。", 0),
        ("zh", "余额为66551.95欧元。", "余额位66,551.95欧元", 0),
        ("en", "It is 1750 euros.", "It is 1,750 euros.", 0),
    ],
)
def test_a_prompt_is_judged_by_its_sound(language: str, meant: str, heard: str, errors: int) -> None:
    assert wrong(said(meant, language), said(heard, language)) == errors


TONES = np.arange(400, 3000, 30)
"""Hz: each second of each speaker has one of its own."""


class HearsTones:
    """Its vector says which tones there are: two sounds are alike if they share a second, and only then."""

    name = "tones"

    def embed(self, pcm: bytes) -> NDArray[np.float32]:
        sound = from_pcm(pcm)
        loud = np.abs(np.fft.rfft(sound, len(sound)))[TONES * len(sound) // SAMPLE_RATE]
        return np.asarray(loud > loud.max() / 3, np.float32)


def test_who_is_measured_shares_no_sound_with_what_they_were_enrolled_with() -> None:
    tones = iter(TONES)
    at = np.arange(SAMPLE_RATE) / SAMPLE_RATE

    def speaker(name: str, seconds: int) -> Speaker:
        return Speaker(name, [np.sin(2 * np.pi * next(tones) * at).astype(np.float32) for _ in range(seconds)])

    lengths = {"much": 36, "some": 14, "enough": int(ENOUGH), "little": 5}
    found = everybody([speaker(name, seconds) for name, seconds in lengths.items()], HearsTones(), "clean")
    own = [row.trial for row in found if row.customer == row.other]
    assert {row.customer for row in found} == {"much", "some", "enough"}, "who says too little is nobody's customer"
    assert {row.other for row in found} == set(lengths)
    assert {(trial.same, trial.score) for trial in own} == {(True, 0.0)}
    assert sorted(trial.seconds for trial in own) == [3.0] * 5 + [5.0] * 3 + [10.0] * 2
    assert not any(row.trial.same for row in found if row.customer != row.other)
