"""What waits too long is made up for in quiet frames, and in no others."""

from __future__ import annotations

from array import array
from collections import deque

import pytest

from ivr.core.media.delay import KEPT_FRAMES, QUIET, SURE_FRAMES, Delay
from ivr.core.media.frame import FRAME_SAMPLES, SILENT_FRAME


def level(sample: int) -> bytes:
    return array("h", [sample] * FRAME_SAMPLES).tobytes()


SPEECH = level(QUIET + 1)


class Listener:
    """Takes a frame for each one that comes, as a cell does."""

    def __init__(self, waiting: list[bytes]) -> None:
        self.waiting, self.heard, self.delay = deque(waiting), list[bytes](), Delay()

    def hears(self, *came: bytes) -> None:
        for frame in came:
            self.waiting.append(frame)
            taken = self.waiting.popleft()
            if self.delay.leaves_out(taken):
                taken = self.waiting.popleft()
            self.heard.append(taken)
            self.delay.waits(len(self.waiting))


def test_what_came_at_once_is_heard_whole_and_late_as_long_as_somebody_speaks() -> None:
    listener = Listener([SPEECH] * 15)
    listener.hears(*[SPEECH] * 500)
    assert listener.heard == [SPEECH] * 500
    assert listener.delay.left_out == 0
    assert listener.delay.is_watched


def test_in_a_pause_it_comes_back_to_where_it_was() -> None:
    listener = Listener([SPEECH] * 15)
    listener.hears(*[SPEECH] * SURE_FRAMES, *[SILENT_FRAME] * 100)
    assert len(listener.waiting) == KEPT_FRAMES
    assert listener.delay.left_out == 15 - KEPT_FRAMES
    assert not listener.delay.is_watched
    assert listener.heard.count(SPEECH) == 15 + SURE_FRAMES


def test_of_each_two_quiet_frames_one_is_heard() -> None:
    listener = Listener([SPEECH] * 15)
    listener.hears(*[SPEECH] * SURE_FRAMES, *[SILENT_FRAME] * 20)
    assert listener.heard.count(SILENT_FRAME) == listener.delay.left_out == 5  # 15 of speech came before


@pytest.mark.parametrize("sample", [QUIET + 1, -QUIET - 1])
def test_a_frame_is_loud_on_either_side_of_zero(sample: int) -> None:
    listener = Listener([level(sample)] * 15)
    listener.hears(*[level(sample)] * 2 * SURE_FRAMES)
    assert listener.delay.left_out == 0


def test_a_burst_that_ends_by_itself_costs_nothing() -> None:
    listener = Listener([SILENT_FRAME] * 15)
    listener.hears(*[SILENT_FRAME] * (SURE_FRAMES - 1))
    listener.waiting.clear()
    listener.delay.waits(0)
    listener.hears(*[SILENT_FRAME] * 500)
    assert listener.delay.left_out == 0
    assert not listener.delay.is_watched


def test_what_waits_for_something_is_never_left_out() -> None:
    """A line whose packets come three at a time."""
    delay = Delay()
    for _ in range(200):
        for waiting in (KEPT_FRAMES + 2, KEPT_FRAMES + 1, KEPT_FRAMES):
            assert not delay.leaves_out(SILENT_FRAME)
            delay.waits(waiting)
