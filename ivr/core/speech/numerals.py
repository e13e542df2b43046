"""Numbers as people say them and as recognizers write them, in English and Chinese. Strict: what is not one is None.

What has two readings ("one fifty") is none: a wrong number is worse than asking again.
"""

from __future__ import annotations

import re
from decimal import Decimal

from ivr.core.speech.fillers import base

_WRITTEN = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.(?!\d{3}\Z)\d+)?\Z", re.ASCII)
"""2500, 2,500, 2500.20: the point is the decimal sign, commas part groups of three. 2.500 may be either: none."""
MOST_DIGITS = 15
MOST_DECIMALS = 12

_SIGN = {"en": re.compile(r"(?:minus|negative)\b\s*|[-−](?=\d)"), "zh": re.compile(r"负|[-−](?=\d)")}


def signed(said: str, language: str) -> tuple[int, str]:
    """(1 or -1, what follows the sign)"""
    found = _SIGN[base(language)].match(said) if base(language) in _SIGN else None
    return (1, said) if found is None else (-1, said[found.end() :])


# --- English --------------------------------------------------------------------------------------------------------

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_BELOW_TWENTY = {word: number for number, word in enumerate(_ONES.split())}
UNITS = {word: number for word, number in _BELOW_TWENTY.items() if number < 10}
_TEENS = {word: number for word, number in _BELOW_TWENTY.items() if number >= 10}
_TEN_NAMES = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = {word: number * 10 for number, word in enumerate(_TEN_NAMES.split(), 2)}
_SCALES = (("trillion", 10**12), ("billion", 10**9), ("million", 10**6), ("thousand", 1000))


def written_number(token: str) -> Decimal | None:
    """A number in figures."""
    if not _WRITTEN.match(token) or len(token) > MOST_DIGITS + 6:
        return None
    return Decimal(token.replace(",", ""))


def below_hundred(words: list[str]) -> int | None:
    """'seven', 'twelve', 'forty', 'forty two'."""
    match words:
        case [one] if one in UNITS or one in _TEENS or one in _TENS:
            return UNITS.get(one) or _TEENS.get(one) or _TENS.get(one) or 0
        case [ten, unit] if ten in _TENS and UNITS.get(unit):
            return _TENS[ten] + UNITS[unit]
        case [figures] if re.fullmatch(r"[1-9]\d?|0", figures, re.ASCII):
            return int(figures)
    return None


def _below_thousand(words: list[str], *, first: bool) -> int | None:
    """With 'hundred'; `first`: nothing larger stands before it, so 'twelve hundred' is a number too."""
    if "hundred" not in words:
        if len(words) == 1 and re.fullmatch(r"[1-9]\d{2}", words[0], re.ASCII):
            return int(words[0])
        return below_hundred(words)
    at = words.index("hundred")
    head, tail = words[:at], words[at + 1 :]
    hundreds = 1 if head == ["a"] else below_hundred(head)
    if hundreds is None or hundreds == 0 or (hundreds > 9 and not (first and hundreds % 10)):
        return None
    if not tail:
        return hundreds * 100
    rest = below_hundred(tail[1:] if tail[0] == "and" else tail)
    return hundreds * 100 + rest if rest else None


def _whole(words: list[str]) -> int | None:
    total, first = 0, True
    for scale, factor in _SCALES:
        if scale not in words:
            continue
        at = words.index(scale)
        head, words = words[:at], words[at + 1 :]
        count = 1 if head == ["a"] and first else _below_thousand(head, first=False)
        if not count:
            return None
        total, first = total + count * factor, False
        if not words:
            return total
        if words[0] == "and":
            # 'two thousand and five': what follows has no scale of its own.
            words = words[1:]
            if "hundred" in words or any(scale in words for scale, _ in _SCALES):
                return None
    rest = _below_thousand(words, first=first)
    if rest is None or (not first and rest == 0):
        return None
    return total + rest


def english_number(text: str) -> Decimal | None:
    """'two thousand five hundred', '2,500.20', 'seven point five', '2 thousand'."""
    words = text.replace("-", " ").split()
    if len(words) == 1 and (number := written_number(words[0])) is not None:
        return number
    if "point" not in words:
        whole = _whole(words) if words else None
        return None if whole is None else Decimal(whole)
    at = words.index("point")
    whole = _whole(words[:at]) if at else None
    decimals = [str(UNITS[word]) if word in UNITS else word for word in words[at + 1 :]]
    digits = "".join(decimals)
    if (
        whole is None
        or not re.fullmatch(rf"\d{{1,{MOST_DECIMALS}}}", digits, re.ASCII)
        or any(len(word) > 1 for word in decimals)
    ):
        return None
    return Decimal(f"{whole}.{digits}")


# --- Chinese --------------------------------------------------------------------------------------------------------

DIGITS_ZH = {**dict(zip("零〇一二三四五六七八九", [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], strict=True)), "两": 2}
_UNITS_ZH = (("千", 1000), ("百", 100), ("十", 10))


def chinese_digit(sign: str) -> int | None:
    """One digit, in Chinese or in figures."""
    return int(sign) if sign in "0123456789" and sign else DIGITS_ZH.get(sign)


def _section_zh(text: str, *, short: bool) -> int | None:
    """Below 10,000: 一千二百零五. `short`: a last digit alone counts in the next lower unit, as in 三百五."""
    if re.fullmatch(r"\d{1,4}", text, re.ASCII):
        return int(text)
    total, floor, rest, gap = 0, 10000, text, False
    for sign, unit in _UNITS_ZH:
        if sign not in rest:
            continue
        head, _, rest = rest.partition(sign)
        skipped = head.startswith(("零", "〇"))
        head = head[1:] if skipped else head
        digit = chinese_digit(head) if len(head) == 1 else 1 if not head and sign == "十" else None
        if not digit or (total and (floor > unit * 10) != skipped) or (skipped and not total):
            return None
        total, floor, gap = total + digit * unit, unit, True
    if not rest:
        return total or None
    skipped = rest.startswith(("零", "〇")) and len(rest) > 1
    digit = chinese_digit(rest[1:] if skipped else rest) if len(rest) - skipped == 1 else None
    if digit is None or (gap and digit == 0):
        return None
    if not gap:
        return None if skipped else digit
    if floor == 10:
        return None if skipped else total + digit
    # 三百五 is 350, 三百零五 is 305.
    return total + digit if skipped else total + digit * floor // 10 if short else None


def _whole_zh(text: str) -> int | None:
    if re.fullmatch(r"\d+", text, re.ASCII):
        return int(text) if len(text) <= MOST_DIGITS else None
    total, rest, last = 0, text, 0
    for sign, unit in (("亿", 10**8), ("万", 10**4)):
        if sign not in rest:
            continue
        head, _, rest = rest.partition(sign)
        # 一万亿: what counts the 亿 may be of 万 itself.
        large = sign == "亿" and "万" in head
        part = _whole_zh(head) if large else _section_zh(head.removeprefix("零") if total else head, short=False)
        if not part or sign in rest:
            return None
        total, last = total + part * unit, unit
    if not rest:
        return total or None
    if not total:
        return _section_zh(rest, short=True)
    if (digit := chinese_digit(rest)) is not None:
        return total + digit * last // 10 if digit else None  # 两万五 is 25000
    skipped = rest.startswith(("零", "〇"))
    part = _section_zh(rest[1:] if skipped else rest, short=True)
    if not part or (not skipped and last == 10**8) or part >= 10000:
        return None
    # 一万五百 is not said, 一万零五百 is; figures need no 零.
    if not skipped and part < 1000 and not rest.isascii():
        return None
    return total + part


def chinese_number(text: str) -> Decimal | None:
    """一千二百, 两万五, 3万, 2.5万, 十二点五, 1,200.50."""
    if (number := written_number(text)) is not None:
        return number
    if scaled := re.fullmatch(r"(\d+\.\d+)(万|亿)", text, re.ASCII):
        return Decimal(scaled[1]) * (10**4 if scaled[2] == "万" else 10**8)
    head, point, tail = text.partition("点")
    whole = _whole_zh(head) if head else None
    if whole is None:
        return None
    if not point:
        return Decimal(whole)
    digits = [chinese_digit(sign) for sign in tail]
    if not 1 <= len(digits) <= MOST_DECIMALS or None in digits:
        return None
    return Decimal(f"{whole}.{''.join(map(str, digits))}")
