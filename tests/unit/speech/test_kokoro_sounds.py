"""What Kokoro is given to say: Mandarin by pypinyin with mended words, English by espeak-ng, each inside the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ivr.adapters.kokoro import english, mandarin
from ivr.adapters.kokoro.network import MOST_SIGNS
from ivr.adapters.kokoro.signs import NUMBERS
from ivr.adapters.kokoro.synthesizer import PART_SIGNS, KokoroSynthesizer, in_parts
from ivr.adapters.kokoro.voices import VOICES


@pytest.fixture(scope="module")
def kokoro() -> Iterator[KokoroSynthesizer]:
    """Its network is not loaded: nothing here speaks."""
    speaker = KokoroSynthesizer()
    yield speaker
    speaker.close()


@pytest.mark.parametrize(
    ("text", "pinyin"),
    [
        ("提前还款", "ti2 qian2 huan2 kuan3"),
        ("应还金额", "ying1 huan2 jin1 e2"),
        ("本期未还", "ben3 qi1 wei4 huan2"),
        ("投行业务", "tou2 hang2 ye4 wu4"),
        ("我行", "wo3 hang2"),
        ("发卡行", "fa1 ka3 hang2"),
        ("银行行长", "yin2 hang2 hang2 zhang3"),
        ("还有还是", "hai2 you3 hai2 shi4"),
        ("重置密码", "chong2 zhi4 mi4 ma3"),
        ("重听请按九", "chong2 ting1 qing3 an4 jiu3"),
        ("重要提示", "zhong4 yao4 ti2 shi4"),
        ("长期转账", "chang2 qi1 zhuan3 zhang4"),
    ],
)
def test_the_words_of_a_bank_are_read_as_a_bank_reads_them(text: str, pinyin: str) -> None:
    assert " ".join(mandarin.syllables(text)) == pinyin


@pytest.mark.parametrize(
    ("syllable", "signs"),
    [
        ("huan2", "xwa↗n"),
        ("yin2", "i↗n"),
        ("zhi1", "ꭧɨ→"),
        ("ci4", "ʦʰɨ↘"),
        ("jiu3", "ʨjou↓"),
        ("er4", "ɚ↘"),
        ("yu2", "y↗"),
        ("xue2", "ɕɥe↗"),
        ("lü4", "ly↘"),
        ("gui4", "kwei↘"),
        ("lun4", "lwə↘n"),
        ("de5", "tɤ"),
        ("bo1", "pwo→"),
    ],
)
def test_a_syllable_sounds_as_misaki_writes_it(syllable: str, signs: str) -> None:
    assert mandarin.sounds(syllable) == signs


def test_every_syllable_that_pypinyin_knows_has_signs_that_the_network_reads() -> None:
    from pypinyin.constants import PINYIN_DICT

    read = {mandarin.syllables(chr(code))[0] for code in PINYIN_DICT if 0x4E00 <= code <= 0x9FA5}
    unknown = {syllable for syllable in read if not _has_signs(syllable)}
    assert unknown <= {"fiao4"}  # a word of Suzhou: 覅


def _has_signs(syllable: str) -> bool:
    try:
        return set(mandarin.sounds(syllable)) <= NUMBERS.keys()
    except KeyError:
        return False


def test_english_is_what_espeak_says_in_the_signs_of_kokoro(kokoro: KokoroSynthesizer) -> None:
    assert kokoro.phonemes("Hello, world.", "bf_emma") == "həlˈQ, wˈɜːld."
    assert kokoro.phonemes("Hello, world.", "am_michael") == "həlˈO, wˈɜɹld."


def test_a_language_inside_the_other_is_said_by_its_own_rules(kokoro: KokoroSynthesizer) -> None:
    assert kokoro.phonemes("您的PIN", "zf_xiaobei") == "ni↗n tɤ pˈɪn"
    assert kokoro.phonemes("say 好的", "bf_emma").endswith("xau↓ tɤ")


def test_capitals_are_letters_where_they_make_no_word(kokoro: KokoroSynthesizer) -> None:
    spelt = kokoro.phonemes("E T F", "zf_xiaobei")
    assert kokoro.phonemes("ETF", "zf_xiaobei") == spelt
    assert kokoro.phonemes("do NOT", "bf_emma") == kokoro.phonemes("do not", "bf_emma")


def test_all_signs_of_both_languages_are_signs_of_the_network(kokoro: KokoroSynthesizer) -> None:
    for voice in VOICES:
        said = kokoro.phonemes("The quick brown fox (jumps) over: a lazy dog? 快速！的（狐狸）；“跳”。", voice)
        assert set(said) <= NUMBERS.keys()


def test_a_long_text_is_parted_where_people_breathe() -> None:
    sentence = "a" * 80 + ", " + "b" * 37 + "."
    pair = f"{sentence} {sentence}"
    assert in_parts(" ".join([sentence] * 5)) == [pair, pair, sentence]
    clauses = ["a" * 199 + ",", "b" * 199 + ",", "c" * 80 + "."]
    assert in_parts(" ".join(clauses)) == [clauses[0], f"{clauses[1]} {clauses[2]}"]
    assert [len(part) for part in in_parts("a" * 700)] == [PART_SIGNS, PART_SIGNS, 700 - 2 * PART_SIGNS]
    assert in_parts("") == []


def test_no_part_is_longer_than_the_network_takes() -> None:
    assert PART_SIGNS <= MOST_SIGNS


def test_tied_letters_become_one_sign() -> None:
    assert english.kokoro_signs("d^ʒˈa^ɪ", british=True) == "ʤˈI"


@pytest.mark.parametrize("voice", ["bf_emma", "am_michael"])
def test_who_says_i_is_not_swallowed(kokoro: KokoroSynthesizer, voice: str) -> None:
    assert kokoro.phonemes("I agree.", voice).startswith("ˌI ")
    assert kokoro.phonemes("I am here.", voice).startswith("ˌI əm ")
    assert kokoro.phonemes("I'll see.", voice).startswith("ˌIl ")
    assert kokoro.phonemes("Ideas and ivory.", voice) == kokoro.phonemes("ideas and ivory.", voice)
    assert "ˌI" not in kokoro.phonemes("The idea of an aisle.", voice)
