"""The gate: when speech begins, when a pause is the end."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from ivr.core.media.frame import FRAME_SAMPLES, samples
from ivr.core.speech.gate import Ended, Gate, GateConfig, GateFact, GateState, OnsetSuspected

CONFIG = GateConfig()


def feed(gate: Gate, flags: Iterable[bool], start: int = 0) -> list[tuple[int, GateFact]]:
    """Facts with the sample of the frame at which they came."""
    facts = []
    for index, flag in enumerate(flags, start=start):
        fact = gate.push(flag, index * FRAME_SAMPLES)
        if fact is not None:
            facts.append((index * FRAME_SAMPLES, fact))
    return facts


def spoken(seconds: float) -> list[bool]:
    return [True] * round(seconds / 0.02)


def silent(seconds: float) -> list[bool]:
    return [False] * round(seconds / 0.02)


def test_silence_tells_nothing() -> None:
    gate = Gate(CONFIG)
    assert feed(gate, silent(60)) == []
    assert gate.state is GateState.QUIET


def test_speech_is_suspected_within_100_ms_and_begins_before_its_first_frame() -> None:
    gate = Gate(CONFIG)
    [(noticed, fact)] = feed(gate, [*silent(1), *spoken(0.1)])
    assert noticed - samples(1.0) <= samples(0.1)
    assert fact == OnsetSuspected(samples(1.0) - samples(CONFIG.pre_roll))


def test_pre_roll_never_reaches_before_the_call() -> None:
    assert feed(Gate(CONFIG), spoken(0.2))[0][1] == OnsetSuspected(0)


def test_single_noisy_frames_are_not_an_onset() -> None:
    assert feed(Gate(CONFIG), [True, False, False] * 200) == []


def test_an_onset_with_one_hole_in_it_is_an_onset() -> None:
    assert len(feed(Gate(CONFIG), [True, True, False, True, True])) == 1


def test_an_utterance_ends_after_its_silence_where_its_speech_ended() -> None:
    gate = Gate(CONFIG)
    feed(gate, spoken(1))
    gate.confirm()
    [(noticed, fact)] = feed(gate, silent(1), start=50)
    assert fact == Ended(samples(1.0))
    assert noticed + FRAME_SAMPLES - samples(1.0) == samples(CONFIG.end_silence)
    assert gate.state is GateState.QUIET


def test_a_pause_for_breath_is_trailing_and_not_the_end() -> None:
    gate = Gate(CONFIG)
    feed(gate, spoken(1))
    gate.confirm()
    assert feed(gate, silent(0.4), start=50) == []
    trailing = gate.state
    assert feed(gate, spoken(0.5), start=70) == []
    assert (trailing, gate.state) == (GateState.TRAILING, GateState.SPEAKING)


def test_flickering_noise_after_speech_does_not_keep_it_open() -> None:
    gate = Gate(CONFIG)
    feed(gate, spoken(1))
    gate.confirm()
    facts = feed(gate, [True, False, False, False, False] * 20, start=50)
    assert [type(fact) for _, fact in facts] == [Ended]


def test_a_word_that_is_over_before_it_is_confirmed_still_ends() -> None:
    gate = Gate(CONFIG)
    feed(gate, spoken(0.2))
    assert feed(gate, silent(0.3), start=10) == []
    gate.confirm()
    [(_, fact)] = feed(gate, silent(1), start=25)
    assert fact == Ended(samples(0.2))


def test_a_rejected_onset_is_forgotten_and_not_suspected_again_at_once() -> None:
    gate = Gate(CONFIG)
    [(first, _)] = feed(gate, spoken(0.08))
    gate.reject()
    [(second, _)] = feed(gate, spoken(1), start=4)
    assert second - first >= samples(CONFIG.refractory)


def test_babble_asks_the_stronger_detector_at_most_five_times_a_second() -> None:
    gate, asked = Gate(CONFIG), 0
    for index in range(500):
        if isinstance(gate.push(True, index * FRAME_SAMPLES), OnsetSuspected):
            asked += 1
            gate.reject()
    assert 10 < asked <= 50


def test_a_suspicion_that_nobody_answers_is_dropped() -> None:
    gate = Gate(CONFIG)
    feed(gate, spoken(0.1))
    feed(gate, silent(2), start=5)
    assert gate.state is GateState.QUIET


def test_answers_that_come_too_late_change_nothing() -> None:
    gate = Gate(CONFIG)
    gate.confirm()
    gate.reject()
    assert gate.state is GateState.QUIET


def test_endless_talk_is_ended_for_the_caller() -> None:
    gate = Gate(GateConfig(max_speech=2.0))
    feed(gate, spoken(0.1))
    gate.confirm()
    [(noticed, fact), *_] = feed(gate, spoken(3), start=5)
    assert isinstance(fact, Ended)
    assert noticed + FRAME_SAMPLES == samples(2.0)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["", "confirm", "reject"])), max_size=400))
def test_facts_alternate_and_lie_within_the_time_line(steps: list[tuple[bool, str]]) -> None:
    gate, suspected = Gate(GateConfig(max_speech=3.0)), False
    for index, (flag, answer) in enumerate(steps):
        now = (index + 1) * FRAME_SAMPLES
        fact = gate.push(flag, index * FRAME_SAMPLES)
        if isinstance(fact, OnsetSuspected):
            suspected = True
            assert 0 <= fact.sample < now
        if isinstance(fact, Ended):
            assert suspected
            assert gate.onset == 0
            assert 0 < fact.sample <= now
            suspected = False
        if answer == "confirm":
            gate.confirm()
        elif answer == "reject":
            gate.reject(index * FRAME_SAMPLES)


def test_an_utterance_that_makes_sense_already_ends_after_a_shorter_silence() -> None:
    gate = Gate(GateConfig(end_silence=0.7))
    sample = 0
    for _ in range(20):
        gate.push(True, sample)
        gate.confirm()
        sample += FRAME_SAMPLES
    gate.hasten(0.3)
    quiet = 0
    while not isinstance(gate.push(False, sample), Ended):
        sample += FRAME_SAMPLES
        quiet += 1
    assert 0.26 <= quiet * FRAME_SAMPLES / 8000 <= 0.34


def test_hastening_one_utterance_leaves_the_next_its_time() -> None:
    gate = Gate(GateConfig(end_silence=0.7))
    gate.hasten(0.1)
    gate.reset()
    sample = 0
    for _ in range(20):
        gate.push(True, sample)
        gate.confirm()
        sample += FRAME_SAMPLES
    for _ in range(20):
        assert not isinstance(gate.push(False, sample), Ended)
        sample += FRAME_SAMPLES


def paused(gate: Gate) -> int:
    """Speech, and the beginning of a pause; the sample after it."""
    frames = [*spoken(0.4), *silent(0.2)]
    for index, flag in enumerate(frames):
        gate.push(flag, index * FRAME_SAMPLES)
        gate.confirm()
    return len(frames) * FRAME_SAMPLES


def ends_after(gate: Gate, sample: int, flags: Iterable[bool]) -> float | None:
    """Seconds of the flags until it ends."""
    for index, flag in enumerate(flags):
        if isinstance(gate.push(flag, sample + index * FRAME_SAMPLES), Ended):
            return (index + 1) * FRAME_SAMPLES / 8000
    return None


def test_a_pause_after_which_more_is_to_come_lasts_longer() -> None:
    gate = Gate(CONFIG)
    sample = paused(gate)
    gate.prolong(1.5)
    assert ends_after(gate, sample, silent(3)) == 1.3


def test_the_next_pause_is_as_usual() -> None:
    gate = Gate(CONFIG)
    sample = paused(gate)
    gate.prolong(1.5)
    assert ends_after(gate, sample, [*spoken(0.4), *silent(3)]) == 0.4 + 0.7


def test_a_pause_is_never_made_shorter() -> None:
    gate = Gate(CONFIG)
    sample = paused(gate)
    gate.prolong(0.3)
    assert ends_after(gate, sample, silent(3)) == 0.5


def test_what_makes_sense_as_it_stands_is_not_waited_for() -> None:
    for first in (Gate.hasten, Gate.prolong):
        gate = Gate(CONFIG)
        sample = paused(gate)
        first(gate, 0.35)
        gate.hasten(0.35)
        gate.prolong(1.5)
        assert ends_after(gate, sample, silent(3)) == 0.16


def test_who_speaks_on_is_not_given_more_time() -> None:
    gate = Gate(CONFIG)
    for index in range(20):
        gate.push(True, index * FRAME_SAMPLES)
        gate.confirm()
    gate.prolong(1.5)
    assert ends_after(gate, 20 * FRAME_SAMPLES, silent(3)) == 0.7


def test_however_long_a_pause_may_last_an_utterance_has_its_limit() -> None:
    gate = Gate(GateConfig(max_speech=1.0))
    sample = paused(gate)
    gate.prolong(60.0)
    assert ends_after(gate, sample, silent(3)) == 0.4
