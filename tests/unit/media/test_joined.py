"""Pieces of speech are put together without clicks and without holes."""

from __future__ import annotations

import numpy as np

from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.media.joined import EDGE_SECONDS, GAP_SECONDS, joined
from ivr.core.media.resample import from_pcm, to_pcm

TONE = 8000 * np.sin(2 * np.pi * 300 * np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE).astype(np.float32)
QUIET = np.zeros(SAMPLE_RATE // 4, np.float32)
PIECE = to_pcm(np.concatenate((QUIET, TONE, QUIET)))


def seconds(pcm: bytes) -> float:
    return len(pcm) / 2 / SAMPLE_RATE


def test_the_quiet_round_each_piece_is_cut_and_a_short_gap_stays() -> None:
    both = seconds(joined([PIECE, PIECE]))
    assert abs(both - (2 * 0.5 + GAP_SECONDS)) <= 4 * EDGE_SECONDS + 0.01


def test_a_pause_is_as_long_as_it_is_asked_for() -> None:
    assert abs(seconds(joined([PIECE, 0.3, PIECE])) - seconds(joined([PIECE, PIECE])) - (0.3 - GAP_SECONDS)) < 0.001
    assert joined([PIECE, 0.3]) == joined([PIECE])


def test_no_join_clicks() -> None:
    steepest = float(np.abs(np.diff(TONE)).max())
    assert float(np.abs(np.diff(from_pcm(joined([PIECE, PIECE])))).max()) <= steepest * 1.05


def test_silence_and_nothing_are_silent() -> None:
    assert joined([]) == b""
    assert not from_pcm(joined([to_pcm(QUIET)])).any()
