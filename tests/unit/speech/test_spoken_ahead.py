"""Prompts by a slow voice: several at once, from where a stopped run was; sentences with values of pieces, in one
voice."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ivr.adapters.files.dialplans.prompts import PromptFiles
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.publication import Publication, Rendering
from ivr.core.dialplan.runtime.pieces import piece_clips
from ivr.core.orders.playing import Clip, PlayPrompt
from ivr.engine.cell.player import Player
from ivr.engine.publishing.prompts import PromptRenderer, PublishedPrompts
from ivr.engine.speech.by_voice import ByVoice
from ivr.errors import ModelError
from ivr.ports.telephony import LegStats
from ivr.testing.fake_speech import FakeSpeechLink, FakeSynthesizer, hear, speak

CLIPS = tuple(Clip("en", f"sentence {word}") for word in ("one", "two", "three", "four"))
PLAN = """
name: small
version: "1"
languages: [en, zh]
values:
  balance: {type: amount, currency: EUR}
  owner: text
  card: digits
start: hello
states:
  hello:
    say:
      en: "Welcome. Your balance is {balance}. The card {card} is yours, {owner}."
      zh: "欢迎。您的余额为{balance}。{owner}的卡{card}。"
    go: bye
  bye: {hang_up: completed}
"""


class Slow(FakeSynthesizer):
    """Speaks only while as many others speak; fails at one text, if told."""

    name = "slow-1"

    def __init__(self, at_once: int = 1, fails_at: str = "") -> None:
        self.texts: list[str] = []
        self._together = threading.Barrier(at_once)
        self._fails_at = fails_at

    def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
        self._together.wait(timeout=30)
        if text == self._fails_at:
            raise ModelError("stopped")
        self.texts.append(text)
        return super().synthesize(text, language=language, voice=voice)


def renderer(directory: Path, voice: Slow, at_once: int = 1) -> PromptRenderer:
    return PromptRenderer(PromptFiles(directory), voice, lambda name: b"", at_once)


def test_as_many_are_spoken_at_once_as_the_machine_has_room_for(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    voice = Slow(at_once=2)  # one alone would wait for ever
    made = renderer(tmp_path, voice, 2).render(CLIPS, {}, {}, lambda done, of: told.append((done, of)))
    assert len(made) == 4
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        renderer(tmp_path, Slow(fails_at="sentence three")).render(CLIPS, {}, {})
    again = Slow()
    made = renderer(tmp_path, again).render(CLIPS, {}, {})
    assert "sentence three" in again.texts
    assert "sentence one" not in again.texts
    assert len(made) == 4


def test_what_a_stopped_run_left_damaged_is_spoken_again(tmp_path: Path) -> None:
    renderer(tmp_path, Slow()).render(CLIPS[:1], {}, {})
    (sound,) = tmp_path.glob("*.pcm")
    sound.write_bytes(b"\0" * 10)
    again = Slow()
    renderer(tmp_path, again).render(CLIPS[:1], {}, {})
    assert again.texts == ["sentence one"]


@pytest.fixture
def cell(tmp_path: Path) -> PublishedPrompts:
    """What a cell has of PLAN, whose pieces were spoken."""
    pieces = piece_clips(load_dialplan(PLAN, source="small.yaml"))
    voice = Slow()
    made: dict[str, Rendering] = renderer(tmp_path, voice).render(pieces, {}, {})
    return PublishedPrompts((), made, PromptFiles(tmp_path), renderer=voice.name, sounds={}, pieces=pieces)


def test_the_fixed_parts_of_a_sentence_with_values_are_spoken_ahead() -> None:
    texts = {clip.text for clip in piece_clips(load_dialplan(PLAN, source="small.yaml"))}
    assert {"Your balance is,", "您的余额为", "forty-five,", "euros.", "两千", "欧元。"} <= texts


def test_a_sentence_that_may_hold_a_name_has_no_pieces_as_a_name_is_none() -> None:
    texts = {clip.text for clip in piece_clips(load_dialplan(PLAN, source="small.yaml"))}
    assert not [text for text in texts if "yours" in text or "的卡" in text]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Your balance is 12345.67 euros."),
        ("en", "Your balance is minus 2 euros."),
        ("zh", "您的余额为2000.05欧元。"),
    ],
)
def test_a_sentence_with_a_value_is_put_together_in_the_cell(cell: PublishedPrompts, language: str, text: str) -> None:
    assert cell.joined(Clip(language, text, dynamic=True))


def test_what_is_in_no_piece_is_left_to_the_synthesizer_as_a_whole(cell: PublishedPrompts) -> None:
    for text in ("Your balance is 12 dollars.", "Your funds are 12 euros."):
        assert cell.joined(Clip("en", text, dynamic=True)) is None
    assert cell.joined(Clip("en", "Your balance is 12 euros.", voice="fake-zh", dynamic=True)) is None
    assert cell.joined(Clip("fr", "12 euros", dynamic=True)) is None


class Ready:
    """Prompts of which one sentence can be put together."""

    def pcm(self, clip: Clip) -> bytes:
        raise AssertionError("it holds a caller's data")

    def joined(self, clip: Clip) -> bytes | None:
        return speak("joined") if "balance" in clip.text else None

    def spoken_by(self, clip: Clip) -> str:
        return clip.spoken_by("fake")


@pytest.mark.parametrize(("text", "played"), [("your balance is 5", True), ("dear Anna", False)])
def test_what_is_put_together_is_played_though_the_speech_service_is_down(text: str, played: bool) -> None:
    player = Player(Ready(), FakeSpeechLink(available=False), b"", lambda: LegStats(0, 0, 0, 0, 0))
    player.play(PlayPrompt(1, (Clip("en", text, dynamic=True),)))
    assert (player.frame(0) is not None) == played


class Named(FakeSynthesizer):
    """One that has these voices."""

    def __init__(self, name: str, voices: dict[str, str]) -> None:
        self.name = name
        self._voices = voices

    def voices(self) -> dict[str, str]:
        return self._voices

    def speaker(self, *, language: str, voice: str | None = None) -> str:
        return f"{self.name} {voice}"

    def synthesize(self, text: str, *, language: str, voice: str | None = None) -> bytes:
        if (voice not in self._voices) if voice else (language not in self._voices.values()):
            raise ModelError("no such voice")
        return speak(f"{self.name} {voice}")


GOOD, PLAIN = Named("good", {"emma": "en", "bei": "zh"}), Named("plain", {"en": "en", "zh": "zh", "ko": "ko"})


@pytest.mark.parametrize(
    ("language", "voice", "by"),
    [
        ("en", None, "good None"),
        ("ko", None, "plain None"),
        ("en", "emma", "good emma"),
        ("en-GB", "en", "plain en"),
        ("zh", None, "plain zh"),
    ],
)
def test_a_voice_is_spoken_by_whoever_has_it(language: str, voice: str | None, by: str) -> None:
    both = ByVoice([GOOD, PLAIN], {"zh": "zh"})
    assert hear(both.synthesize("hello", language=language, voice=voice)) == by
    assert both.speaker(language=language, voice=voice) == by
    assert both.name == "good+plain"


def test_each_prompt_has_who_of_several_spoke_it(tmp_path: Path) -> None:
    both, files = ByVoice([GOOD, PLAIN], {}), PromptFiles(tmp_path)
    clips = (Clip("en", "hello"), Clip("ko", "annyeong"), Clip("en", "five", voice="en"))
    made = PromptRenderer(files, both, lambda name: b"").render(clips, {}, {})
    again = PromptRenderer(files, both, lambda name: b"").render(clips, {}, {})  # what lies there was theirs, too
    assert again == made
    prompts = PublishedPrompts(clips, made, files, renderer=both.name, sounds={}, pieces=clips)
    assert [prompts.spoken_by(clip) for clip in clips] == ["good None", "plain None", "plain en"]
    said = Clip("en", "hello hello", dynamic=True)
    assert prompts.joined(said)
    assert prompts.spoken_by(said) == "good None"


def test_of_what_an_earlier_version_published_the_record_has_the_renderer(tmp_path: Path) -> None:
    both, files = ByVoice([GOOD, PLAIN], {}), PromptFiles(tmp_path)
    made = PromptRenderer(files, both, lambda name: b"").render(CLIPS[:1], {}, {})
    document = Publication(1.0, "os:olga", both.name, (), made).encode()
    earlier = document.replace(b',"voice":"good None"', b"")
    assert earlier != document
    publication = Publication.decode(earlier)
    assert publication.encode() == earlier  # it is named by its hash
    prompts = PublishedPrompts(CLIPS[:1], publication.prompts, files, renderer=both.name, sounds={})
    assert prompts.spoken_by(CLIPS[0]) == "good+plain/en"


def test_where_the_slow_one_is_absent_the_languages_own_stands_in_for_its_voices() -> None:
    plain = ByVoice([PLAIN], {"en": "emma"}, absent=GOOD.voices())
    assert hear(plain.synthesize("hello", language="en", voice="emma")) == "plain None"
    assert plain.speaker(language="en", voice="emma") == "plain None"
    assert hear(plain.synthesize("hello", language="en")) == "plain None"
    with pytest.raises(ModelError):
        plain.synthesize("hello", language="en", voice="nobody")
