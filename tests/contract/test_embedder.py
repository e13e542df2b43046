"""What every embedder must do, and what CAM++ tells of real and synthetic voices."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ivr.adapters.campplus_embedder import WEIGHTS, CampplusEmbedder
from ivr.adapters.pinned import PinnedFile
from ivr.adapters.speechbrain_embedder import SpeechbrainEmbedder
from ivr.adapters.webrtc_vad import WebrtcFrameVad
from ivr.core.identity.calibration import CALIBRATIONS
from ivr.core.identity.verifier import CAMPPLUS, EARLIER, Costs, Verdict, judge
from ivr.core.identity.voiceprint import Consent, Template, Voiceprint
from ivr.core.identity.watchlist import Listed, Watched
from ivr.engine.speech.voices import VoiceModel, VoiceScorer, enrolled, heard_of, speech_only
from ivr.errors import DeniedError, ModelError, OperatorError
from ivr.ports.speech import Embedder
from ivr.testing.fake_speech import FakeEmbedder, FakeFrameVad, speak
from ivr.testing.fake_voiceprints import MemoryVoiceprints
from tests.conftest import RealVoice

FAKE = VoiceModel(FakeEmbedder(), FakeFrameVad, None)
CONSENT = Consent(1.0, "form 7", "os:anna", keeps_audio=False)
TORCH_SAYS = (-0.25279, -0.30593, 0.05208, -1.51668, 0.06794, 0.19553)


class Remembered:
    """An embedder that computes the same sound once: half of the tests below look at the same recordings."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[bytes, NDArray[np.float32]] = {}
        self.name = embedder.name

    def embed(self, pcm: bytes) -> NDArray[np.float32]:
        of = hashlib.sha256(pcm).digest()
        if of not in self._known:
            self._known[of] = self._embedder.embed(pcm)
        return self._known[of]


def real(embedder: Embedder) -> VoiceModel:
    return VoiceModel(embedder, WebrtcFrameVad, CALIBRATIONS[CAMPPLUS])


@pytest.fixture(scope="module")
def campplus() -> CampplusEmbedder:
    return CampplusEmbedder()


@pytest.fixture(scope="module")
def remembered(campplus: CampplusEmbedder) -> Remembered:
    return Remembered(campplus)


@pytest.fixture(scope="module", params=["fake", "campplus"])
def embedder(request: pytest.FixtureRequest, campplus: CampplusEmbedder) -> Embedder:
    return FakeEmbedder() if request.param == "fake" else campplus


def test_a_voice_is_a_unit_vector_and_always_the_same_one(embedder: Embedder, voice: RealVoice) -> None:
    pcm = voice("agent-pass")
    vector = embedder.embed(pcm)
    assert vector.dtype == np.float32
    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-5)
    assert np.array_equal(vector, embedder.embed(pcm))


def test_too_little_speech_is_an_error_and_not_a_vector(embedder: Embedder) -> None:
    with pytest.raises(OperatorError):
        embedder.embed(bytes(2 * 7000))


def test_it_has_a_name_so_that_models_are_never_mixed(embedder: Embedder) -> None:
    assert embedder.name


# --- CAM++ ----------------------------------------------------------------------------------------------------------


def test_the_numbers_are_those_of_the_network_as_torch_computes_it(campplus: CampplusEmbedder) -> None:
    """Torch's answer to these bands, written down once: another sum would be another voice for every customer."""
    steps, bands = np.meshgrid(np.arange(333), np.arange(80), indexing="ij")
    made = (3.0 * np.sin(0.37 * steps * (1.0 + bands / 40.0)) + np.cos(bands * 1.7 + steps * 0.011)).astype(np.float32)
    vector = campplus._network(made - made.mean(axis=0))
    assert len(vector) == 192
    assert vector[:6] == pytest.approx(TORCH_SAYS, abs=2e-4)


def test_a_person_is_accepted_when_she_says_something_else(remembered: Remembered, voice: RealVoice) -> None:
    herself, again = (remembered.embed(voice(name)[: 16000 * 6]) for name in ("agent-incorrect", "demo-instruct"))
    score = float(herself @ again)
    assert judge(score, 5.0, EARLIER[0]) is Verdict.ACCEPT
    assert judge(score, 5.0, Costs(), llr=CALIBRATIONS[CAMPPLUS].llr(score, 5.0)) is Verdict.ACCEPT


def test_how_loud_a_line_is_hardly_matters(remembered: Remembered, voice: RealVoice) -> None:
    pcm = speech_only(voice("demo-instruct")[: 16000 * 5], WebrtcFrameVad())
    quiet = (np.frombuffer(pcm, "<i2") // 4).astype("<i2").tobytes()
    assert float(remembered.embed(pcm) @ remembered.embed(quiet)) > 0.97


def test_nothing_but_silence_has_no_voice(campplus: CampplusEmbedder) -> None:
    with pytest.raises(OperatorError, match="silence"):
        campplus.embed(bytes(32000))


def test_enrolment_makes_a_template_of_each_recording(remembered: Remembered, voice: RealVoice) -> None:
    recordings = [voice(name)[: 16000 * 6] for name in ("demo-instruct", "demo-congrats", "agent-incorrect")]
    voiceprint = enrolled("c1", recordings, real(remembered), at=1.0, consent=CONSENT)
    assert len(voiceprint.templates) == 3
    assert voiceprint.model == CAMPPLUS
    assert voiceprint.consent == CONSENT
    assert all(3.0 <= template.speech_seconds <= 6.0 for template in voiceprint.templates)


def test_enrolment_says_all_that_is_wrong_with_the_recordings() -> None:
    with pytest.raises(OperatorError, match=r"3 recordings are the least.*Recording 2 holds"):
        enrolled("c1", [speak("a" * 900), bytes(160000)], FAKE, at=1.0, consent=None)


def test_two_people_in_one_enrolment_are_refused(remembered: Remembered, voice: RealVoice) -> None:
    her = [voice(name)[: 16000 * 6] for name in ("demo-instruct", "demo-congrats")]
    slower = np.interp(np.arange(0, 48000, 0.72), np.arange(48000), np.frombuffer(her[0], "<i2"))
    with pytest.raises(OperatorError, match="More than one person"):
        enrolled("c1", [*her, slower.astype("<i2").tobytes()], real(remembered), at=1.0, consent=None)


def test_what_was_said_before_is_a_recording_and_what_is_said_anew_is_not(
    remembered: Remembered, voice: RealVoice
) -> None:
    recordings = [voice(name)[: 16000 * 6] for name in ("demo-instruct", "demo-congrats", "agent-incorrect")]
    kept = MemoryVoiceprints()
    kept.put(enrolled("c1", recordings, real(remembered), at=1.0, consent=CONSENT))
    kept.hear("c1", heard_of(recordings, 1.0))
    scorer = VoiceScorer(real(remembered), kept, Costs(), lambda: 2.0)
    anew = voice("demo-instruct")[16000 * 8 : 16000 * 13]
    first, again = scorer.score("c1", anew), scorer.score("c1", anew)
    assert first.score == again.score
    assert first.llr is not None
    assert first.llr > 0.0
    assert (first.heard_before, again.heard_before) == (False, True)
    assert scorer.score("c1", recordings[0]).heard_before


def test_a_voice_of_the_watchlist_is_noticed_another_is_not_and_what_does_not_open_is_unknown(
    remembered: Remembered, voice: RealVoice
) -> None:
    recordings = [voice(name)[: 16000 * 6] for name in ("demo-instruct", "demo-congrats", "agent-incorrect")]
    kept = MemoryVoiceprints()
    scorer = VoiceScorer(real(remembered), kept, Costs(), lambda: 2.0)
    anew = voice("demo-instruct")[16000 * 8 : 16000 * 13]
    assert scorer.listed(anew).listed is Listed.NO
    templates = enrolled("c1", recordings, real(remembered), at=1.0, consent=None).templates
    entry = Watched("case-1", remembered.name, templates, 1.0, 3.0, "os:olga", "a fraud")
    kept.watch(entry)
    assert scorer.listed(anew).listed is Listed.YES
    kept.watch(replace(entry, until=2.0))
    assert scorer.listed(anew).listed is Listed.NO
    kept.watch(replace(entry, model="another"))
    assert scorer.listed(anew).listed is Listed.UNKNOWN


def test_an_agents_voice_is_theirs_another_is_not_and_who_enrolled_none_is_compared_with_nothing(
    remembered: Remembered, voice: RealVoice
) -> None:
    recordings = [voice(name)[: 16000 * 6] for name in ("demo-instruct", "demo-congrats", "agent-incorrect")]
    kept = MemoryVoiceprints()
    scorer = VoiceScorer(real(remembered), kept, Costs(), lambda: 2.0)
    anew = voice("demo-instruct")[16000 * 8 : 16000 * 13]
    kept.put(enrolled("anna", recordings, real(remembered), at=1.0, consent=CONSENT))
    assert scorer.score_agent("anna", anew) is None, "a customer of an agent's name is no agent"
    kept.put_agent(enrolled("anna", recordings, real(remembered), at=1.0, consent=CONSENT))
    lower = np.interp(np.arange(0, 40000, 0.72), np.arange(40000), np.frombuffer(anew, "<i2"))
    verdicts = []
    for pcm in (anew, lower.astype("<i2").tobytes()):
        compared = scorer.score_agent("anna", pcm)
        assert compared is not None
        verdicts.append(judge(compared.score, 5.0, None, llr=compared.llr, house=scorer.agents))
    assert verdicts == [Verdict.ACCEPT, Verdict.REJECT]


def test_a_template_of_another_model_is_not_compared_and_the_reason_says_what_to_do() -> None:
    kept = MemoryVoiceprints()
    kept.put(Voiceprint("c1", "fake-0", (Template((1.0, 0.0), 5.0, 1.0),)))
    with pytest.raises(DeniedError, match="another model: ivr voiceprint renew"):
        VoiceScorer(FAKE, kept, Costs(), lambda: 1.0).score("c1", speak("a" * 900))


def test_weights_that_are_not_the_pinned_ones_are_refused() -> None:
    with pytest.raises(ModelError, match="not the file that was pinned"):
        PinnedFile(WEIGHTS.package, WEIGHTS.path, "0" * 64).verified()
    with pytest.raises(ModelError, match="tools/install"):
        PinnedFile("no_such_package", "weights", "0" * 64).verified()


def test_the_model_is_named_by_its_weights() -> None:
    assert CAMPPLUS.partition("/")[2] == WEIGHTS.sha256[:16]


def test_ecapa_without_its_weights_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="ivr models get ecapa"):
        SpeechbrainEmbedder(tmp_path)
