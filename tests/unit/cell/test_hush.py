"""After a secret the caller's side stays covered until the last key has ceased to sound."""

from ivr.core.media.frame import FRAME_BYTES, SILENT_FRAME
from ivr.engine.cell.hush import MOST_FRAMES, QUIET_FRAMES, Hush
from ivr.testing.dtmf import tone


def _frames(pcm: bytes) -> list[bytes]:
    return [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]


def test_the_rest_of_a_tone_and_a_moment_more_is_covered() -> None:
    hush = Hush()
    rest = _frames(tone("8", 0.2))
    assert [hush.cover(frame) for frame in rest] == [SILENT_FRAME] * len(rest)
    for _ in range(QUIET_FRAMES):
        assert not hush.over
        hush.cover(SILENT_FRAME)
    assert hush.over


def test_a_line_that_is_never_quiet_is_kept_again_after_a_while() -> None:
    hush, noise = Hush(), tone("1", 0.02)
    for _ in range(MOST_FRAMES):
        assert not hush.over
        hush.cover(noise)
    assert hush.over


def test_what_was_said_before_and_comes_late_is_covered_through_its_pauses() -> None:
    """The caller's line stood still while they keyed in a secret, and their telephone sends tones beside its events."""
    hush, late = Hush(waiting=40), [SILENT_FRAME] * 20 + _frames(tone("8", 0.4))
    assert [hush.cover(frame) for frame in late] == [SILENT_FRAME] * 40
    for _ in range(QUIET_FRAMES):
        assert not hush.over
        hush.cover(SILENT_FRAME)
    assert hush.over


def test_behind_a_pause_that_was_no_secret_key_only_what_was_said_in_it_is_covered() -> None:
    hush, speech = Hush(0, waiting=3), tone("1", 0.02)
    for _ in range(3):
        assert not hush.over
        hush.cover(speech)
    assert hush.over


def test_without_a_secret_nothing_is_covered() -> None:
    assert Hush(most=0).over
