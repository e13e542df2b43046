"""What every synthesizer must do."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ivr.adapters.campplus_embedder import CampplusEmbedder
from ivr.adapters.pyttsx3_tts import Pyttsx3Synthesizer
from ivr.adapters.wyoming_tts import WyomingSynthesizer
from ivr.core.media.frame import SAMPLE_RATE, samples
from ivr.core.media.levelled import PEAK
from ivr.errors import ModelError
from ivr.ports.speech import Synthesizer
from ivr.testing.fake_speech import FakeSynthesizer
from tests.contract.speech_service import speech_service


def fake(path: Path) -> Iterator[Synthesizer]:
    yield FakeSynthesizer()


def espeak(path: Path) -> Iterator[Synthesizer]:
    synthesizer = Pyttsx3Synthesizer()
    yield synthesizer
    synthesizer.close()


def wyoming(path: Path) -> Iterator[Synthesizer]:
    with speech_service(path / "speech.sock") as service:
        yield WyomingSynthesizer(f"unix://{service.path}")


SYNTHESIZERS: dict[str, Callable[[Path], Iterator[Synthesizer]]] = {"fake": fake, "espeak": espeak, "wyoming": wyoming}


@pytest.fixture(scope="module", params=list(SYNTHESIZERS))
def synthesizer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synthesizer]:
    yield from SYNTHESIZERS[request.param](tmp_path_factory.mktemp("speech"))


def alike(one: bytes, other: bytes) -> bool:
    """Of a length within 30 ms: espeak-ng's breath noise is random, so not every sample is the same."""
    return bool(one) and abs(len(one) - len(other)) <= 2 * samples(0.03)


@pytest.mark.parametrize(("language", "text"), [("en", "Your balance is ready."), ("zh", "您的余额已准备好。")])
def test_a_text_becomes_speech_in_its_language(synthesizer: Synthesizer, language: str, text: str) -> None:
    pcm = synthesizer.synthesize(text, language=language)
    audio = np.frombuffer(pcm, "<i2").astype(float)
    assert len(audio) > SAMPLE_RATE // 10
    assert np.sqrt(np.mean(audio**2)) > 300


def test_each_of_its_voices_speaks(synthesizer: Synthesizer) -> None:
    for name, language in synthesizer.voices().items():
        assert synthesizer.synthesize("one two", language=language, voice=name)


def test_the_same_text_lasts_the_same_whatever_was_said_before(synthesizer: Synthesizer) -> None:
    first = synthesizer.synthesize("Funds may lose value.", language="en")
    synthesizer.synthesize("Something else.", language="en")
    assert alike(synthesizer.synthesize("Funds may lose value.", language="en"), first)


def test_it_has_a_name_for_what_it_renders(synthesizer: Synthesizer) -> None:
    assert synthesizer.name


def test_it_says_which_of_its_voices_speaks(synthesizer: Synthesizer) -> None:
    named = {synthesizer.speaker(language=lang, voice=name) for name, lang in synthesizer.voices().items()}
    assert len(named) == len(synthesizer.voices())
    assert {synthesizer.speaker(language=language) for language in ("en", "zh")} <= named


@pytest.mark.parametrize("request_", [{"language": "xx"}, {"language": "en", "voice": "nobody"}])
def test_a_voice_it_does_not_have_is_an_error(synthesizer: Synthesizer, request_: dict[str, str]) -> None:
    with pytest.raises(ModelError):
        synthesizer.synthesize("hello", **request_)
    with pytest.raises(ModelError):
        synthesizer.speaker(**request_)


def test_many_threads_may_ask_at_once(synthesizer: Synthesizer) -> None:
    texts = [f"This is sentence number {index}." for index in range(12)]
    alone = [synthesizer.synthesize(text, language="en") for text in texts]
    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(lambda text: synthesizer.synthesize(text, language="en"), texts))
    assert all(alike(one, other) for one, other in zip(together, alone, strict=True))


# --- espeak-ng in its worker process --------------------------------------------------------------------------------


@pytest.fixture
def worker() -> Iterator[Pyttsx3Synthesizer]:
    synthesizer = Pyttsx3Synthesizer()
    yield synthesizer
    synthesizer.close()


def worker_pid(synthesizer: Pyttsx3Synthesizer) -> int:
    process = synthesizer._worker
    assert process is not None
    return process.pid


def test_a_worker_that_was_killed_is_replaced_unnoticed(worker: Pyttsx3Synthesizer) -> None:
    first = worker.synthesize("hello", language="en")
    os.kill(worker_pid(worker), signal.SIGKILL)
    assert alike(worker.synthesize("hello", language="en"), first)


def test_a_worker_that_hangs_is_replaced(worker: Pyttsx3Synthesizer, monkeypatch: pytest.MonkeyPatch) -> None:
    first = worker.synthesize("hello", language="en")
    monkeypatch.setattr("ivr.adapters.pyttsx3_tts.SENTENCE_SECONDS", 0.5)
    hung = worker_pid(worker)
    os.kill(hung, signal.SIGSTOP)
    assert alike(worker.synthesize("hello", language="en"), first)
    assert worker_pid(worker) != hung


def test_what_is_said_to_a_caller_leaves_no_file(worker: Pyttsx3Synthesizer) -> None:
    worker.synthesize("warm up", language="en")
    opened = Path(f"/proc/{worker_pid(worker)}/fd")
    worker.synthesize("Your balance is one hundred dollars.", language="en")
    files = [str(entry.readlink()) for entry in opened.iterdir()]
    assert not [name for name in files if name.endswith(".wav")]


def test_prompts_are_trimmed_and_of_an_ordinary_loudness(worker: Pyttsx3Synthesizer) -> None:
    audio = np.frombuffer(worker.synthesize("Welcome.", language="en"), "<i2").astype(float)
    assert np.abs(audio).max() <= PEAK + 1
    assert np.abs(audio[: SAMPLE_RATE // 20]).max() > 60
    assert np.abs(audio[-SAMPLE_RATE // 5 :]).max() > 60


def test_a_caller_in_a_rehearsal_does_not_sound_like_the_prompts(worker: Pyttsx3Synthesizer) -> None:
    text = "I would like to buy a fund and to know the balance of my account"
    prompt, caller = (worker.synthesize(text, language="en", voice=name) for name in ("en", "en-man"))
    embedder = CampplusEmbedder()
    again = worker.synthesize("Please tell me what I can do here today", language="en", voice="en-man")
    mine = embedder.embed(caller)
    assert float(mine @ embedder.embed(again)) > float(mine @ embedder.embed(prompt))


def test_an_operators_voice_for_a_language_changes_the_name_of_what_is_rendered() -> None:
    usual, other = Pyttsx3Synthesizer(), Pyttsx3Synthesizer({"en": "en-man"})
    try:
        assert usual.name != other.name
        assert alike(usual.synthesize("hello", language="en", voice="en-man"), other.synthesize("hello", language="en"))
    finally:
        usual.close()
        other.close()
