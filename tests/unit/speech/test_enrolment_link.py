"""Enrolling a voice by the speech service: what a cell sends, and what it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.core.identity.calibration import Calibration
from ivr.core.identity.verifier import Costs
from ivr.core.identity.voiceprint import Consent
from ivr.core.media.frame import FRAME_BYTES
from ivr.core.speech.facts import EnrolmentConsent, EnrolmentJudged
from ivr.engine.speech.link import SpeechLink
from ivr.engine.speech.voices import VoiceModel, VoiceScorer
from ivr.testing.fake_speech import FakeEmbedder, FakeFrameVad, speak
from ivr.testing.fake_voiceprints import MemoryVoiceprints
from tests.contract.speech_service import fake_parts, speech_service
from tests.unit.speech.test_link import facts_of

FLAT = Calibration("fake-1", 0.0, 2.0, 0.0, 0.0, 100, 100)
QUIET = bytes(FRAME_BYTES)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "speech.sock"


@pytest.fixture
def link(path: Path) -> Iterator[SpeechLink]:
    made = SpeechLink(str(path))
    yield made
    made.close()


def test_a_voice_is_enrolled_once_with_its_consent_and_why_not_is_told(path: Path, link: SpeechLink) -> None:
    voice = bytes(32000) + speak("the quick brown fox jumps over a lazy dog, " * 20)
    kept = MemoryVoiceprints()
    scorer = VoiceScorer(VoiceModel(FakeEmbedder(), FakeFrameVad, FLAT), kept, Costs(), lambda: 5.0)
    consent = EnrolmentConsent("call 7: voice_consent", keeps_audio=True)
    with speech_service(path, fake_parts(voices=scorer)):
        link.enrol(1, "c1", consent, [voice, voice, QUIET])
        (poor,) = facts_of(link, 1)
        link.enrol(2, "c1", consent, [voice] * 3)
        (done,) = facts_of(link, 1)
        link.enrol(3, "c1", consent, [voice] * 3)
        (again,) = facts_of(link, 1)
    assert isinstance(poor, EnrolmentJudged)
    assert "Recording 3 holds 0.0 s" in poor.reason
    assert done == EnrolmentJudged(2)
    assert again == EnrolmentJudged(3, "enrolled already")
    voiceprint = kept.get("c1")
    assert voiceprint is not None
    assert voiceprint.consent == Consent(5.0, "call 7: voice_consent", "caller", keeps_audio=True)
    assert len(kept.recordings("c1")) == 3
    assert len(kept.heard("c1").sounds) == 3


def test_an_enrolment_that_nobody_can_carry_out_is_told_so(link: SpeechLink) -> None:
    link.enrol(1, "c1", EnrolmentConsent("call 7: voice_consent", keeps_audio=False), [])
    (fact,) = facts_of(link, 1)
    assert isinstance(fact, EnrolmentJudged)
    assert fact.reason
