"""Numbers in words, in English and Chinese: what `numerals` reads back is what was written here.

Synthesizers read figures by rules of their own, and not always rightly (espeak-ng says 1000000 in Chinese as ten
thousand), so figures never reach one.
"""

from __future__ import annotations

from decimal import Decimal

from ivr.core.speech.fillers import base

LANGUAGES = frozenset({"en", "zh"})
"""Languages whose numbers are written out here."""
MOST_DIGITS = 15
"""Before the decimal point."""
MOST_DECIMALS = 12
_TO_NINETEEN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TEN_NAMES = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES, _TENS = _TO_NINETEEN.split(), _TEN_NAMES.split()
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_FIRSTS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth"}
_FIRSTS |= {"twelve": "twelfth"}
_DIGITS_ZH = "零一二三四五六七八九"
MINUS = {
    "en": "minus",
    "zh": "负",
    **dict.fromkeys(("de", "nl", "pl", "sv", "da", "nb", "no", "cs", "ro", "id", "ms"), "minus"),
    "es": "menos",
    "pt": "menos",
    "fr": "moins",
    "it": "meno",
    "fi": "miinus",
    "hu": "mínusz",
    "el": "μείον",
    "ru": "минус",
    "uk": "мінус",
    "tr": "eksi",
    "vi": "âm",
    "th": "ลบ",
    "ko": "마이너스",
    "ja": "マイナス",
}
"""What stands for the sign of a number below zero: synthesizers are silent at "-" in several languages."""


class Unspeakable(Exception):
    """What cannot be read out for sure; the message says why, without a caller's value."""


class TwoReadings(Unspeakable):
    """What may be read in two ways; `likely` is how it is read where nobody can be asked to write it otherwise."""

    def __init__(self, message: str, likely: str) -> None:
        super().__init__(message)
        self.likely = likely


def speakable(number: Decimal) -> Decimal:
    """The number without what is not said: trailing zeros stay, -0 is 0. Raises Unspeakable for one too long."""
    if not number.is_finite():
        raise Unspeakable("it is no number")
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)  # it is finite
    if number.adjusted() >= MOST_DIGITS or -exponent > MOST_DECIMALS:
        raise Unspeakable("the number is too long to be read out")
    return abs(number) if number == 0 else number


def minus(language: str) -> str:
    """The word for the sign. Raises Unspeakable where there is none for the language."""
    word = MINUS.get(base(language))
    if word is None:
        raise Unspeakable(f"a number below zero has no words in {language}")
    return word


def number_in_words(number: Decimal, language: str) -> str:
    """'minus twelve point five zero', 负十二点五零. Raises Unspeakable, also for a language that is none of ours."""
    number, code = speakable(number), base(language)
    if code not in LANGUAGES:
        raise Unspeakable(f"numbers have no words in {language}")
    whole, _, decimals = format(abs(number), "f").partition(".")
    in_words = _whole_zh(int(whole)) if code == "zh" else _whole_en(int(whole))
    sign = minus(language) if number < 0 else ""
    if code == "zh":
        return sign + in_words + ("点" + "".join(_DIGITS_ZH[int(d)] for d in decimals) if decimals else "")
    point = "point " + " ".join(_ONES[int(d)] for d in decimals) if decimals else ""
    return " ".join(filter(None, (sign, in_words, point)))


def digits_in_words(digits: str, language: str) -> str:
    """'one two three', 一二三: figures only."""
    if base(language) == "zh":
        return "".join(_DIGITS_ZH[int(digit)] for digit in digits)
    return " ".join(_ONES[int(digit)] for digit in digits)


def ordinal_en(number: int) -> str:
    """'twenty-first'."""
    words = _whole_en(number)
    last = words.replace("-", " ").split()[-1]
    head = words.removesuffix(last)
    if last in _FIRSTS:
        return head + _FIRSTS[last]
    return head + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def year_en(year: int) -> str:
    """'nineteen oh five', 'two thousand one', 'twenty twenty-six'."""
    century, rest = divmod(year, 100)
    if not 1000 <= year <= 9999 or 2000 <= year < 2010 or (century % 10 == 0 and rest < 10):
        return _whole_en(year)
    if rest == 0:
        return f"{_whole_en(century)} hundred"
    return f"{_whole_en(century)} {'oh ' if rest < 10 else ''}{_whole_en(rest)}"


def _whole_en(number: int) -> str:
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10 - 2] + (f"-{_ONES[number % 10]}" if number % 10 else "")
    if number < 1000:
        rest = number % 100
        return f"{_ONES[number // 100]} hundred" + (f" and {_whole_en(rest)}" if rest else "")
    for size, name in _SCALES:
        if number >= size:
            rest = number % size
            gap = " and " if 0 < rest < 100 else " "
            return f"{_whole_en(number // size)} {name}" + (gap + _whole_en(rest) if rest else "")
    raise AssertionError


def _whole_zh(number: int) -> str:
    """两千零二万, 一百二十亿: 两 before 千, 万 and 亿, else 二; ten to nineteen without 一."""
    if number < 10:
        return _DIGITS_ZH[number]
    for size, name in ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十")):
        if number >= size:
            count, rest = divmod(number, size)
            if count == 2 and size >= 1000:
                head = "两"
            elif number < 20:
                head = ""
            else:
                head = _whole_zh(count)
            gap = "零" if 0 < rest < size // 10 else ""
            tail = _whole_zh(rest) if rest else ""
            # Within a number ten is 一十: 一百一十.
            return head + name + gap + ("一" + tail if 10 <= rest < 20 else tail)
    raise AssertionError
