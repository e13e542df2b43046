"""The cell's link to the speech service: every request is answered, whatever becomes of the service."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.info import Describe, Info
from wyoming.tts import Synthesize

from ivr.core.identity.calibration import Calibration
from ivr.core.identity.verifier import Costs
from ivr.core.identity.voiceprint import Template, Voiceprint
from ivr.core.media.frame import FRAME_BYTES
from ivr.core.media.resample import from_pcm, resample, to_pcm
from ivr.core.orders.listening import Grammar
from ivr.core.speech.facts import (
    Hypothesis,
    OnsetJudged,
    Recognition,
    RecognitionFailed,
    SentenceCompared,
    SpeechFact,
    SynthesisFailed,
    Synthesized,
    VoiceJudged,
)
from ivr.core.speech.recognized import Written
from ivr.engine.speech.link import SpeechLink
from ivr.engine.speech.voices import VoiceModel, VoiceScorer
from ivr.engine.speech.wire import encode
from ivr.errors import SealError
from ivr.testing.fake_speech import (
    FakeEmbedder,
    FakeFrameVad,
    FakeRecognizer,
    FakeRecognizerStream,
    FakeSynthesizer,
    hear,
    speak,
)
from ivr.testing.fake_voiceprints import MemoryVoiceprints
from tests.contract.speech_service import fake_parts, speech_service

FLAT = Calibration("fake-1", 0.0, 2.0, 0.0, 0.0, 100, 100)
MENU = Grammar("en", {"balance": ("my balance",), "agent": ("an agent",)})
QUIET = bytes(FRAME_BYTES)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "speech.sock"


@pytest.fixture
def link(path: Path) -> Iterator[SpeechLink]:
    made = SpeechLink(str(path))
    yield made
    made.close()


def facts_of(link: SpeechLink, count: int, *, within: float = 5.0) -> list[SpeechFact]:
    """So many facts, hypotheses not counted; fails when they do not come in time."""
    found: list[SpeechFact] = []
    deadline = time.monotonic() + within
    while sum(not isinstance(fact, Hypothesis) for fact in found) < count:
        assert time.monotonic() < deadline, f"only {len(found)} facts came"
        found += link.pump(time.monotonic())
        time.sleep(0.005)
    return found


def say(link: SpeechLink, listen_id: int, pcm: bytes) -> None:
    for begin in range(0, len(pcm), FRAME_BYTES):
        link.audio(listen_id, pcm[begin : begin + FRAME_BYTES])


# --- while the service is there -------------------------------------------------------------------------------------


def test_an_utterance_becomes_its_choice(path: Path, link: SpeechLink) -> None:
    with speech_service(path):
        link.recognize(1, MENU)
        say(link, 1, QUIET * 5 + speak("my balance") + QUIET * 20)
        link.finish(1)
        assert facts_of(link, 1)[-1] == Recognition(1, "my balance", "balance", 0.97)


def test_what_is_heard_so_far_is_told_while_someone_speaks(path: Path, link: SpeechLink) -> None:
    with speech_service(path):
        link.recognize(1, MENU)
        say(link, 1, speak("my balance") + QUIET * 10)
        deadline = time.monotonic() + 5
        found: list[SpeechFact] = []
        while not found and time.monotonic() < deadline:
            found = link.pump(time.monotonic())
        assert isinstance(found[0], Hypothesis)


def test_all_four_things_can_be_asked_at_once(path: Path, link: SpeechLink) -> None:
    with speech_service(path):
        link.recognize(1, MENU)
        link.confirm_onset(2, speak("hello"))
        link.synthesize(3, "hello", "en")
        link.verify(4, "nobody", speak("hello"))
        say(link, 1, speak("an agent"))
        link.finish(1)
        found = {type(fact): fact for fact in facts_of(link, 4)}
    assert found[OnsetJudged] == OnsetJudged(2, 1.0)
    assert found[VoiceJudged] == VoiceJudged(4, None, "voices are not configured")
    recognition, synthesized = found[Recognition], found[Synthesized]
    assert isinstance(recognition, Recognition)
    assert recognition.choice == "agent"
    assert isinstance(synthesized, Synthesized)
    assert (hear(synthesized.pcm), synthesized.voice) == ("hello", "fake-1/fake-en")


def test_a_cancelled_utterance_is_never_heard_of_again(path: Path, link: SpeechLink) -> None:
    with speech_service(path):
        link.recognize(1, MENU)
        say(link, 1, speak("my balance") + QUIET * 20)
        link.finish(1)
        link.cancel(1)
        link.recognize(2, MENU)
        say(link, 2, speak("an agent"))
        link.finish(2)
        assert {getattr(fact, "listen_id", None) for fact in facts_of(link, 1)} == {2}
        assert link.filenos() == []


def test_errors_of_the_service_are_answers_too(path: Path, link: SpeechLink) -> None:
    with speech_service(path):
        link.recognize(1, Grammar("xx"))
        link.synthesize(2, "hello", "xx")
        link.finish(1)
        found = facts_of(link, 2)
    assert {type(fact) for fact in found} == {RecognitionFailed, SynthesisFailed}


def test_a_customers_voice_is_scored_and_a_broken_template_is_no_score(path: Path, link: SpeechLink) -> None:
    voice = speak("the quick brown fox jumps over a lazy dog, " * 6)
    embedder = FakeEmbedder()
    vector = tuple(float(value) for value in embedder.embed(voice))

    class Voiceprints(MemoryVoiceprints):
        def get(self, customer: str) -> Voiceprint | None:
            if customer == "broken":
                raise SealError("does not open")
            return super().get(customer)

    voiceprints = Voiceprints()
    voiceprints.put(Voiceprint("c1", embedder.name, (Template(vector, 5.0, 0.0),)))
    voiceprints.put(Voiceprint("other-model", "x", (Template(vector, 5.0, 0.0),)))
    scorer = VoiceScorer(VoiceModel(embedder, FakeFrameVad, FLAT), voiceprints, Costs(), lambda: 1.0)
    with speech_service(path, fake_parts(voices=scorer)):
        for number, customer in enumerate(["c1", "c2", "broken", "other-model", "c1"]):
            link.verify(number, customer, voice)
        link.verify(9, "c1", QUIET)
        found = {fact.request_id: fact for fact in facts_of(link, 6) if isinstance(fact, VoiceJudged)}
    assert found[0].score == pytest.approx(1.0, abs=0.01)
    assert found[0].llr == pytest.approx(2.0, abs=0.1)
    assert found[0].house == Costs().thresholds()
    assert not found[0].heard_before
    assert found[4].heard_before
    assert {number: found[number].score for number in (1, 2, 3, 9)} == dict.fromkeys((1, 2, 3, 9))
    assert found[1].reason == "not enrolled"
    assert all(found[number].reason for number in (2, 3, 9))


def test_the_result_is_ready_when_the_silence_after_speech_is_over(path: Path, link: SpeechLink) -> None:
    """A slow recognizer that began at the pause has answered by the end of the silence."""
    calls: list[float] = []

    class SlowStream(FakeRecognizerStream):
        def finish(self) -> Written:
            calls.append(time.monotonic())
            time.sleep(0.4)
            return super().finish()

    class SlowRecognizer(FakeRecognizer):
        def open(self, grammar: Grammar) -> FakeRecognizerStream:
            return SlowStream(grammar)

    with speech_service(path, fake_parts(recognizer=SlowRecognizer())):
        link.recognize(1, MENU)
        say(link, 1, QUIET * 5 + speak("my balance") + QUIET * 20)
        link.pump(time.monotonic())
        time.sleep(0.7)  # the rest of an end-of-speech silence
        link.finish(1)
        finished = time.monotonic()
        assert isinstance(facts_of(link, 1)[-1], Recognition)
        assert time.monotonic() - finished < 0.3
    assert len(calls) == 1


# --- when it is not -------------------------------------------------------------------------------------------------


def test_a_service_that_was_never_there_fails_everything_at_once(link: SpeechLink) -> None:
    link.recognize(1, MENU)
    link.confirm_onset(2, QUIET)
    link.synthesize(3, "hello", "en")
    link.verify(4, "c1", QUIET)
    link.compare(5, "hello", MENU)
    assert {type(fact) for fact in link.pump(0.0)} == {
        RecognitionFailed,
        OnsetJudged,
        SynthesisFailed,
        VoiceJudged,
        SentenceCompared,
    }
    assert not link.available
    link.audio(1, QUIET)
    link.finish(1)
    assert link.pump(1.0) == []


def becomes(link: SpeechLink, *, available: bool) -> bool:
    """Whether the link finds the service so within three seconds."""
    deadline = time.monotonic() + 3
    while link.available is not available and time.monotonic() < deadline:
        link.pump(time.monotonic())
        time.sleep(0.01)
    return link.available is available


def test_a_service_that_dies_fails_what_was_asked_within_a_second_and_is_found_again(
    path: Path, link: SpeechLink
) -> None:
    with speech_service(path) as service:
        assert becomes(link, available=True)
        link.recognize(1, MENU)
        link.pump(time.monotonic())
        service.stop()
        [failed] = facts_of(link, 1, within=1.0)
        assert isinstance(failed, RecognitionFailed)
    assert becomes(link, available=False)
    with speech_service(path):
        assert becomes(link, available=True)
        link.confirm_onset(2, speak("hello"))
        assert facts_of(link, 1) == [OnsetJudged(2, 1.0)]


@pytest.fixture
def mute(path: Path) -> Iterator[socket.socket]:
    """A service that hangs: it accepts and never reads or answers."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(16)
        yield listener


def test_a_service_that_hangs_costs_no_time_and_is_given_up(mute: socket.socket, link: SpeechLink) -> None:
    link.recognize(1, MENU)
    link.confirm_onset(2, QUIET)
    link.synthesize(3, "hello", "en")
    link.finish(1)
    began = time.monotonic()
    assert link.pump(0.0) == []
    assert link.pump(0.5) == [OnsetJudged(2, None)]
    assert {type(fact) for fact in link.pump(60.0)} == {RecognitionFailed, SynthesisFailed}
    assert time.monotonic() - began < 0.5


def test_audio_that_nobody_takes_is_not_kept_for_ever(mute: socket.socket, link: SpeechLink) -> None:
    link.recognize(1, MENU)
    for _ in range(500):
        link.audio(1, QUIET * 50)
    [failed] = link.pump(0.0)
    assert isinstance(failed, RecognitionFailed)


@pytest.mark.parametrize(
    "answer",
    [
        b"garbage\n",
        encode("error", {"text": "no"}),
        encode("audio-start", {"rate": 44100, "width": 2, "channels": 1}) + encode("audio-stop"),
    ],
    ids=["garbage", "error", "wrong format"],
)
def test_a_service_that_answers_nonsense_is_a_failure(path: Path, link: SpeechLink, answer: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(16)
        link.synthesize(1, "hello", "en")
        peer, _ = listener.accept()
        with peer:
            peer.sendall(answer)
            [failed] = facts_of(link, 1)
    assert isinstance(failed, SynthesisFailed)


# --- other clients --------------------------------------------------------------------------------------------------


def test_the_socket_is_there_when_it_answers_gone_when_it_ends_and_ours_alone(path: Path) -> None:
    with speech_service(path):
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()


def test_a_service_takes_the_place_of_one_that_was_killed(path: Path, link: SpeechLink) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))  # its file stays behind
    with speech_service(path):
        link.confirm_onset(1, speak("hello"))
        assert facts_of(link, 1) == [OnsetJudged(1, 1.0)]


async def test_a_stock_wyoming_client_is_served(path: Path) -> None:
    audio = to_pcm(resample(from_pcm(QUIET * 10 + speak("my balance") + QUIET * 10), 8000, 16000))
    with speech_service(path):
        async with AsyncClient.from_uri(f"unix://{path}") as client:
            await client.write_event(Describe().event())
            described = await client.read_event()
            assert described is not None
            info = Info.from_event(described)
            assert info.asr[0].models[0].languages == ["en", "zh"]
            await client.write_event(Transcribe(language="en").event())
            await client.write_event(AudioStart(rate=16000, width=2, channels=1).event())
            await client.write_event(AudioChunk(rate=16000, width=2, channels=1, audio=audio).event())
            await client.write_event(AudioStop().event())
            transcript = await client.read_event()
            assert transcript is not None
            assert Transcript.from_event(transcript).text
            await client.write_event(Synthesize(text="hello").event())
            kinds = []
            while (event := await client.read_event()) is not None:
                kinds.append(event.type)
                if AudioStop.is_type(event.type):
                    break
            assert kinds == ["audio-start", "audio-chunk", "audio-stop"]


@pytest.mark.parametrize(
    "hostile",
    [
        b"garbage\n",
        b"x" * 70000,
        encode("audio-stop"),
        encode("transcribe", {"context": {"choices": ["a"]}}),
        encode("synthesize", {}),
        encode("judge-onset", {"rate": 16000, "width": 2, "channels": 1}, QUIET),
        b"".join((encode("audio-start"), encode("audio-chunk", {"rate": 1}, QUIET), encode("audio-stop"))),
        encode("no-such-event"),
        encode("transcribe", {"context": "text", "language": 7}),
    ],
    ids=range(9),
)
def test_a_hostile_client_hurts_nobody_else(path: Path, link: SpeechLink, hostile: bytes) -> None:
    with speech_service(path):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(str(path))
            client.sendall(hostile)
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
        link.confirm_onset(1, speak("hello"))
        assert facts_of(link, 1) == [OnsetJudged(1, 1.0)]


def test_an_onset_is_judged_at_once_while_recognizers_and_synthesizer_are_busy(path: Path, link: SpeechLink) -> None:
    release = threading.Event()

    class StuckStream(FakeRecognizerStream):
        def finish(self) -> Written:
            release.wait(10)
            return super().finish()

    class StuckRecognizer(FakeRecognizer):
        def open(self, grammar: Grammar) -> FakeRecognizerStream:
            return StuckStream(grammar)

    class StuckSynthesizer(FakeSynthesizer):
        def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
            release.wait(10)
            return super().synthesize(text, language=language, voice=voice)

    with speech_service(path, fake_parts(StuckRecognizer(), StuckSynthesizer())):
        try:
            for number in range(6):
                link.recognize(number, MENU)
                say(link, number, speak("my balance"))
                link.finish(number)
                link.synthesize(number, "hello", "en")
            link.confirm_onset(99, speak("hello"))
            assert facts_of(link, 1, within=2.0)[-1] == OnsetJudged(99, 1.0)
        finally:
            release.set()
        assert len(facts_of(link, 12)) >= 12
