"""A row of known sounds is told by ear: which they were, and in which order."""

from __future__ import annotations

import numpy as np

from ivr.testing.listening import row_heard

ROW = "47190382"


def sounds() -> dict[str, bytes]:
    chance = np.random.default_rng(1)
    quiet = np.zeros(800)
    return {
        digit: np.concatenate([chance.normal(0, 3000, 4000 + 400 * int(digit)), quiet]).astype("<i2").tobytes()
        for digit in "0123456789"
    }


def test_sounds_are_told_in_their_order_with_a_pause_before_them_and_a_packet_lost() -> None:
    digits = sounds()
    heard = bytearray(bytes(2 * 2400) + b"".join(digits[digit] for digit in ROW) + bytes(2 * 6400))
    heard[20000:20320] = bytes(320)
    assert row_heard(digits, bytes(heard)) == ROW


def test_nothing_is_made_up_of_silence_or_of_a_sound_that_was_cut() -> None:
    digits = sounds()
    assert row_heard(digits, bytes(32000)) == ""
    assert row_heard(digits, digits["4"][4000:] + bytes(32000)) == ""
