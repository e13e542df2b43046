"""Gone is who sends neither sound nor reports; who sends from elsewhere is told of once."""

from __future__ import annotations

from ivr.core.call.line_watch import ASTRAY_A_SECOND, Dropped, LineWatch, Seen
from ivr.core.orders.legs import CallerVanished, MediaAstray


def watched(*signs: int, held: bool = False, every: float = 1.0) -> list[tuple[int, Seen]]:
    """(second, what was told) for signs of life counted at each look."""
    watch = LineWatch(60.0, 300.0)
    return [
        (second, seen)
        for second, count in enumerate(signs)
        for seen in watch.look(signs=count, astray=0, held=held, now=1000.0 + second * every)
    ]


def test_a_minute_without_a_sign_of_life_is_the_end_and_told_once() -> None:
    assert watched(*[7] * 200) == [(60, CallerVanished())]


def test_a_report_every_five_seconds_is_life_enough() -> None:
    assert watched(*[second // 5 for second in range(1000)]) == []


def test_on_hold_silence_may_last_longer_and_not_for_ever() -> None:
    assert watched(*[7] * 1000, held=True) == [(300, CallerVanished())]


def test_back_from_hold_the_shorter_limit_counts_at_once() -> None:
    watch = LineWatch(60.0, 300.0)
    assert watch.look(signs=1, astray=0, held=True, now=0.0) == []
    assert watch.look(signs=1, astray=0, held=True, now=200.0) == []
    assert watch.look(signs=2, astray=0, held=False, now=201.0) == []
    assert watch.look(signs=2, astray=0, held=False, now=261.0) == [CallerVanished()]


def test_in_doubt_a_shorter_limit_counts_until_the_next_sign_of_life() -> None:
    watch = LineWatch(60.0, 300.0)
    assert watch.look(signs=1, astray=0, held=True, now=0.0) == []
    watch.doubt(10.0, now=1.0)
    assert watch.look(signs=2, astray=0, held=True, now=9.0) == []
    assert watch.look(signs=2, astray=0, held=True, now=100.0) == []
    watch.doubt(10.0, now=100.0)
    assert watch.look(signs=2, astray=0, held=True, now=109.9) == []
    assert watch.look(signs=2, astray=0, held=True, now=110.0) == [CallerVanished()]


def test_every_dropped_packet_is_counted_and_a_stream_of_them_told_once() -> None:
    watch = LineWatch(60.0, 300.0)
    counts = [0, 3, 3, 3 + ASTRAY_A_SECOND, 100, 1000]
    seen = [watch.look(signs=at, astray=count, held=False, now=float(at)) for at, count in enumerate(counts)]
    assert [one.packets for told in seen for one in told if isinstance(one, Dropped)] == [3, 25, 72, 900]
    assert [MediaAstray() in told for told in seen] == [False, False, False, True, False, False]
