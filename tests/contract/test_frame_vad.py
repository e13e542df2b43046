"""What whoever listens may rely on of the cheap voice detector, on every frame: the fake's and WebRTC's."""

from __future__ import annotations

import pytest

from ivr.adapters.webrtc_vad import WebrtcFrameVad
from ivr.core.media.frame import FRAME_BYTES
from ivr.errors import BugError
from ivr.ports.speech import FrameVad
from ivr.testing.fake_speech import FakeFrameVad
from tests.conftest import RealVoice


@pytest.fixture(params=[FakeFrameVad, WebrtcFrameVad])
def vad(request: pytest.FixtureRequest) -> FrameVad:
    detector: FrameVad = request.param()
    return detector


def frames(pcm: bytes) -> list[bytes]:
    return [pcm[begin : begin + FRAME_BYTES] for begin in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)]


def test_most_frames_of_a_voice_are_speech(vad: FrameVad, voice: RealVoice) -> None:
    spoken = frames(voice("agent-pass")[3200:19200])
    assert sum(vad.is_speech(frame) for frame in spoken) > len(spoken) * 0.6


def test_silence_is_none_also_soon_after_a_voice(vad: FrameVad, voice: RealVoice) -> None:
    silence = bytes(FRAME_BYTES)
    assert not any(vad.is_speech(silence) for _ in range(50))
    for frame in frames(voice("agent-pass")[3200:19200]):
        vad.is_speech(frame)
    after = [vad.is_speech(silence) for _ in range(30)]
    assert not any(after[15:])


@pytest.mark.parametrize("length", [0, 2, FRAME_BYTES - 2, FRAME_BYTES + 2, 2 * FRAME_BYTES])
def test_what_is_no_frame_is_a_bug_of_ours(vad: FrameVad, length: int) -> None:
    with pytest.raises(BugError):
        vad.is_speech(bytes(length))
