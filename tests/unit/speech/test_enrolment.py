"""Whether an enrolment is of one person: each piece is held against the rest, so one odd piece is no other person."""

from __future__ import annotations

import numpy as np

from ivr.core.identity.calibration import CALIBRATIONS
from ivr.core.identity.verifier import CAMPPLUS
from ivr.core.identity.voiceprint import cosine
from ivr.core.speech.enrolment import ANOTHER_VOICE, Spoken, is_one_voice

SIZE = 192
SECONDS = 5.4
WHOLE, HALF = 0.5, 0.8
"""How much of a piece is the moment and not the person (variance, the person's being 1): more in a shorter one."""
CALIBRATION = CALIBRATIONS[CAMPPLUS]
CUSTOMER, OTHER = 0, 1


def piece(person: int, moment: int, variance: float) -> list[float]:
    """A vector: the person, and the moment, which is like no other moment."""
    vector = np.zeros(SIZE)
    vector[person], vector[10 + moment] = 1.0, np.sqrt(variance)
    return [float(number) for number in vector / np.linalg.norm(vector)]


def recording(number: int, first: int = CUSTOMER, second: int = CUSTOMER) -> Spoken:
    """Of one person, or of two, one after the other."""
    at = 3 * number
    halves = piece(first, at + 1, HALF), piece(second, at + 2, HALF)
    whole = np.array(piece(first, at, WHOLE)) + np.array(piece(second, at, WHOLE))
    return Spoken((whole / np.linalg.norm(whole)).tolist(), halves, SECONDS)


def enrolment(*last: Spoken, of: int = 3) -> list[Spoken]:
    return [*(recording(number) for number in range(of - len(last))), *last]


def test_short_pieces_of_one_person_may_be_little_alike() -> None:
    said = enrolment(of=5)
    one, two = said[0].halves[0], said[1].halves[1]
    assert CALIBRATION.llr(cosine(one, two), SECONDS / 2) < ANOTHER_VOICE
    assert is_one_voice(said, CALIBRATION)


def test_another_person_s_recording_is_found() -> None:
    assert not is_one_voice(enrolment(recording(2, OTHER, OTHER)), CALIBRATION)


def test_another_person_in_half_of_a_recording_is_found() -> None:
    assert not is_one_voice(enrolment(recording(2, CUSTOMER, OTHER)), CALIBRATION)


def test_two_people_who_take_turns_in_each_recording_are_found() -> None:
    assert not is_one_voice([recording(number, CUSTOMER, OTHER) for number in range(3)], CALIBRATION)


def test_nothing_is_known_without_a_calibration() -> None:
    assert is_one_voice(enrolment(recording(2, OTHER, OTHER)), None)
