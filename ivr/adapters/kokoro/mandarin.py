"""Mandarin as the signs that Kokoro was trained on: pypinyin's syllables, with the words that it misreads mended.

The sounds of a syllable are those of misaki 0.9.4 (Apache-2.0, by Kokoro's author; its `transcription.py` is adapted
from pinyin-to-ipa, MIT). misaki itself would bring word lists of six other languages and a segmenter that is no longer
kept."""

from __future__ import annotations

import re
from functools import cache
from types import ModuleType

_INITIALS = {
    "b": "p",
    "p": "pʰ",
    "m": "m",
    "f": "f",
    "d": "t",
    "t": "tʰ",
    "n": "n",
    "l": "l",
    "g": "k",
    "k": "kʰ",
    "h": "x",
    "j": "ʨ",
    "q": "ʨʰ",
    "x": "ɕ",
    "zh": "ꭧ",
    "ch": "ꭧʰ",
    "sh": "ʂ",
    "r": "ɻ",
    "z": "ʦ",
    "c": "ʦʰ",
    "s": "s",
}
_FINALS = {
    "a": "a0",
    "ai": "ai0",
    "an": "a0n",
    "ang": "a0ŋ",
    "ao": "au0",
    "e": "ɤ0",
    "ei": "ei0",
    "en": "ə0n",
    "eng": "ə0ŋ",
    "i": "i0",
    "ia": "ja0",
    "ian": "jɛ0n",
    "iang": "ja0ŋ",
    "iao": "jau0",
    "ie": "je0",
    "in": "i0n",
    "iou": "jou0",
    "ing": "i0ŋ",
    "iong": "jʊ0ŋ",
    "ong": "ʊ0ŋ",
    "ou": "ou0",
    "u": "u0",
    "uei": "wei0",
    "ua": "wa0",
    "uai": "wai0",
    "uan": "wa0n",
    "uen": "wə0n",
    "uang": "wa0ŋ",
    "ueng": "wə0ŋ",
    "uo": "wo0",
    "o": "wo0",
    "ü": "y0",
    "üe": "ɥe0",
    "üan": "ɥɛ0n",
    "ün": "y0n",
}
"""Final -> sounds; the tone stands where 0 is."""
_ALONE = {"er": "ɚ0", "o": "ɔ0", "ê": "ɛ0", "m": "m0", "n": "n0", "ng": "ŋ0", "hm": "hm0", "hng": "hŋ0"}
"""Syllables without an initial that are not finals of the table."""
_BUZZED = "ɨ0"
"""The i of zhi, chi, shi, ri, zi, ci and si."""
_TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}

MENDED = {
    "还款": "huán kuǎn",
    "应还": "yīng huán",
    "未还": "wèi huán",
    "待还": "dài huán",
    "还贷": "huán dài",
    "还息": "huán xī",
    "还本": "huán běn",
    "还债": "huán zhài",
    "投行": "tóu háng",
    "我行": "wǒ háng",
    "他行": "tā háng",
    "贵行": "guì háng",
    "该行": "gāi háng",
    "发卡": "fā kǎ",
    "发卡行": "fā kǎ háng",
    "开户行": "kāi hù háng",
    "收款行": "shōu kuǎn háng",
    "付款行": "fù kuǎn háng",
    "重置": "chóng zhì",
    "重听": "chóng tīng",
    "重拨": "chóng bō",
    "重输": "chóng shū",
    "还清": "huán qīng",
    "接通": "jiē tōng",
}
"""Words of banking and of telephones that pypinyin 0.55 reads otherwise, or might after an update -> pinyin."""

_PAUSES = str.maketrans(
    {"、": ", ", "，": ", ", "：": ": ", "；": "; ", "。": ". ", "．": ". ", "！": "! ", "？": "? "}
    | {"（": " (", "）": ") "}
    | dict.fromkeys("“”‘’「」『』《》〈〉【】", " ")
)
_SIGNS = re.compile(r"[\u3400-\u9fff]+")


def kokoro_signs(text: str) -> str:
    """A text's sounds in Kokoro's signs; what is neither a Chinese sign nor punctuation stays as it is."""
    return re.sub(" +", " ", _SIGNS.sub(lambda row: _row(row[0]), text.translate(_PAUSES))).strip()


def syllables(text: str) -> list[str]:
    """Pinyin of a row of Chinese signs, with the tone as a figure (5: none): one for each sign."""
    pypinyin = _pypinyin()
    found: list[str] = pypinyin.lazy_pinyin(
        text, style=pypinyin.Style.TONE3, neutral_tone_with_five=True, v_to_u=True, tone_sandhi=False
    )
    return found


def sounds(syllable: str) -> str:
    """A syllable's sounds in Kokoro's signs: `huan2` is `xwa↗n`. Raises KeyError for what is no syllable."""
    from pypinyin.contrib.tone_convert import to_finals, to_initials

    plain, tone = syllable[:-1], _TONES[syllable[-1]]
    if plain in _ALONE:
        return _ALONE[plain].replace("0", tone)
    initial, final = to_initials(plain, strict=True), to_finals(plain, strict=True, v_to_u=True)
    buzzed = final == "i" and initial in ("zh", "ch", "sh", "r", "z", "c", "s")
    return (_INITIALS[initial] if initial else "") + (_BUZZED if buzzed else _FINALS[final]).replace("0", tone)


def _row(signs: str) -> str:
    read = iter(syllables(signs))
    words = ("".join(_sounds_or_none(next(read, "")) for _ in word) for word in _words(signs))
    return " ".join(word for word in words if word)


def _sounds_or_none(syllable: str) -> str:
    """Nothing for a sign that pypinyin does not know: it comes back as it is."""
    try:
        return sounds(syllable)
    except (KeyError, IndexError):
        return ""


def _words(signs: str) -> list[str]:
    """Words of a row: where Kokoro makes the short breaks between them."""
    from pypinyin.seg import mmseg

    _pypinyin()
    words: list[str] = list(mmseg.seg.cut(signs))
    return words


@cache
def _pypinyin() -> ModuleType:
    import pypinyin  # tens of megabytes: only where Chinese is spoken

    pypinyin.load_phrases_dict({word: [[syllable] for syllable in read.split()] for word, read in MENDED.items()})
    return pypinyin
