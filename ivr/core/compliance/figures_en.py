"""Figures within an English sentence: 'three and a half per cent', '$2,500.20', 'the third of March 2027', '2.5k'.

A run of words that may be of a figure is parted behind a unit only: 'one fifty per cent' is unread, and no 50.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ivr.core.compliance.said_figure import LEADING_ZERO, SaidFigure
from ivr.core.speech.currency_words import currency_words
from ivr.core.speech.numerals import english_number, signed
from ivr.core.speech.spoken_amount import amount_said
from ivr.core.speech.spoken_date import Days, dates_said

CURRENCIES = ("EUR", "USD", "GBP", "CNY", "HKD", "CHF", "JPY", "SGD")
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion trillion "
    "dozen double triple nil nought half quarter quarters third thirds"
)
_NUMERALS = frozenset(_ONES.split()) - {"third"}
_JOINTS = frozenset({"and", "point", "a", "an", "oh", "minus", "negative", "of", "the"})
"""Within a figure only; one never begins (but for a sign) or ends with them."""
_MONTHS = "january february march april may june july august september october november december"
_DAYS = "monday tuesday wednesday thursday friday saturday sunday"
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth thirtieth"
)
_MONTH = frozenset(_MONTHS.split()) | {name[:3] for name in _MONTHS.split()} | {"sept"}
_OF_DATES = _MONTH | frozenset(_DAYS.split()) | frozenset(_ORDINALS.split())
_PER = frozenset({"percent", "%", "pct"})
_POINTS = frozenset({"bp", "bps", "basis", "points"})
_SCALES = {"k": 1000, "m": 10**6, "mn": 10**6, "bn": 10**9}
_MONEY = {name: code for code in CURRENCIES for name in currency_words(code, "en").names}
_COINS = frozenset(name for code in CURRENCIES for name in currency_words(code, "en").coins)
_MONEY_WORDS = frozenset(word for name in _MONEY for word in name.split() if word.isalpha() and len(word) > 1)
_SIGNS = frozenset("$€£¥")
_TOKEN = re.compile(
    r"(?<!\w)\.\d+|\d[\d.,/:½¼¾-]*(?:(?:st|nd|rd|th)\b)?|[½¼¾%‰$€£¥]|[^\W\d_]+(?:'[a-z]+)?|[-−](?=[\d$€£¥])|[,;.:!?()]"
)
LONGEST = 40
"""Words of a run; a longer one is no figure that anybody says, and trying all its parts would take long."""
LONGEST_TOKEN = 24
"""Signs of a number in figures; the same holds."""
_COMMA_OF_A_DAY = re.compile(r"(?<=\d|[a-z]),(?= (?:19|20|21)\d\d\b)")
_NO_FIGURE_BEFORE = frozenset({"press", "say", "option", "number", "key", "dial", "extension", "step", "line"})
_NO_FIGURE_AFTER_WORDS = (
    "time times people person month months year years day days week weeks hour hours minute minutes second "
    "seconds digit digits fund funds question questions thing things of more moment"
)
_NO_FIGURE_AFTER = frozenset(_NO_FIGURE_AFTER_WORDS.split())
"""What a bare number counts beside them is no rate and no sum."""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    first: int
    last: int


def english_figures(text: str, today: date) -> Iterator[SaidFigure]:
    """Every figure in a text in lower case and plain signs, in order."""
    tokens = [_token(found) for found in _TOKEN.finditer(_COMMA_OF_A_DAY.sub(" ", text))]
    at = 0
    while at < len(tokens):
        end, looked = _run(tokens, at)
        if end > at:
            yield from _parted(text, tokens, at, end, today)
        at = max(end, looked, at + 1)


def _token(found: re.Match[str]) -> _Token:
    text = found[0]
    kept = text.rstrip(".,:-/") if text[0].isdigit() else text
    return _Token(kept, found.start(), found.start() + len(kept))


def _run(tokens: Sequence[_Token], at: int) -> tuple[int, int]:
    """Behind the last token that may be of the figure that begins here (`at`: none does), and how far was looked."""
    end = last = at
    while end < len(tokens) and _may_be_of_figure(tokens[end].text, begun=end > at):
        end += 1
        if tokens[end - 1].text not in _JOINTS:
            last = end
    figures = any(_is_figure(token.text) for token in tokens[at:last])
    # Behind the last of the figure there are joints, which may begin the next.
    return (last, last) if figures else (at, end)


def _is_figure(word: str) -> bool:
    return (
        word[0].isdigit()
        or word[-1].isdigit()
        or word in _NUMERALS
        or word in "½¼¾"
        or word in _PER
        or word in _ORDINALS.split()
    )


def _may_be_of_figure(word: str, *, begun: bool) -> bool:
    if (
        word[-1].isdigit()
        or word[0].isdigit()
        or word in _NUMERALS
        or word in _OF_DATES
        or word in _SIGNS
        or word in "½¼¾%‰-−"
    ):
        return True
    if begun and word in _SCALES:
        return True
    if word in _MONEY or word in _MONEY_WORDS or word in _COINS or word in _POINTS or word in ("percent", "pct", "per"):
        return begun or word in ("percent", "pct") or word in _MONEY
    return word in _JOINTS and (begun or word in ("a", "minus", "negative", "point"))


def _parted(text: str, tokens: Sequence[_Token], at: int, end: int, today: date) -> Iterator[SaidFigure]:
    """The figures of a run, when each but the last ends in a unit; else one that is unread."""
    found: list[SaidFigure] = []
    start = at
    if end - at > LONGEST or any(len(token.text) > LONGEST_TOKEN for token in tokens[at:end]):
        yield SaidFigure(tokens[at].first, tokens[end - 1].last, text[tokens[at].first : tokens[end - 1].last])
        return
    while start < end:
        if tokens[start].text in ("and", "of", "the", "per") or (found and tokens[start].text == "a"):
            start += 1
            continue
        taken = next(
            (one for stop in range(end, start, -1) if (one := _read(text, tokens, start, stop, today)) is not None),
            None,
        )
        if taken is None or (taken.number is not None and _goes_on(tokens, taken, end)):
            if not any(_is_figure(token.text) for token in tokens[start:end]):
                break
            yield SaidFigure(
                tokens[start].first, tokens[end - 1].last, text[tokens[start].first : tokens[end - 1].last]
            )
            return
        found.append(taken)
        start = next((place for place in range(start, end) if tokens[place].first >= taken.last), end)
    yield from (one for one in found if not _counts_something(text, one))


def _goes_on(tokens: Sequence[_Token], taken: SaidFigure, end: int) -> bool:
    """Whether more of the run stands behind a bare number."""
    return any(token.first >= taken.last for token in tokens[:end])


def _counts_something(text: str, figure: SaidFigure) -> bool:
    if figure.number is None:
        return False
    before = re.findall(r"[a-z]+", text[: figure.first])[-1:]
    after = re.match(r"\s*([a-z]+)", text[figure.last :])
    return bool(before and before[0] in _NO_FIGURE_BEFORE) or bool(after and after[1] in _NO_FIGURE_AFTER)


def _read(text: str, tokens: Sequence[_Token], start: int, stop: int, today: date) -> SaidFigure | None:
    """The one figure that these tokens are from end to end."""
    words = [token.text for token in tokens[start:stop]]
    first, last = tokens[start].first, tokens[stop - 1].last
    said = text[first:last]
    if words[-1] in _JOINTS:
        return None
    if (rate := _rate(words)) is not None:
        return SaidFigure(first, last, said, rate=rate)
    if any(word in _MONTH for word in words) or re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}", said):
        days = dates_said(said, "en", Days(today))
        return SaidFigure(first, last, said, days=days) if days else None
    amounts = _amounts(words, said)
    if amounts:
        return SaidFigure(first, last, said, amounts=amounts)
    number = _number(words)
    return None if number is None else SaidFigure(first, last, said, number=number)


def _rate(words: list[str]) -> Decimal | None:
    if words[-1] in ("percent", "pct", "%"):
        return _number(words[:-1])
    if words[-2:] == ["per", "cent"]:
        return _number(words[:-2])
    if words[-1] == "‰":
        number = _number(words[:-1])
        return None if number is None else number / 10
    if words[-1] in ("bp", "bps") or words[-2:] == ["basis", "points"]:
        number = _number(words[: -1 if words[-1] in ("bp", "bps") else -2])
        return None if number is None else number / 100
    return None


def _amounts(words: list[str], said: str) -> tuple[tuple[str, Decimal], ...]:
    plain = _scaled(words) if any(word in _SIGNS or word in _MONEY or word in _MONEY_WORDS for word in words) else None
    if plain is None and not any(word in _COINS for word in words):
        return ()
    found = []
    for code in CURRENCIES:
        names = currency_words(code, "en")
        if not any(re.search(rf"(?<![a-z]){re.escape(name)}(?![a-z])", said) for name in (*names.names, *names.coins)):
            continue
        value = amount_said(plain or said, "en", code)
        if value is not None:
            found.append((code, value))
    return tuple(found)


def _scaled(words: list[str]) -> str:
    """'$2.5k' and '2.5 million euros' in figures; other words as they are."""
    said = " ".join(words)
    said = re.sub(r"([$€£¥]|[-−]) (?=[\d$€£¥])", r"\1", said)
    factor = re.search(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)\s?(k|mn?|bn|hundred|thousand|million|billion)\b", said)
    if factor is None:
        return said
    scale = {**_SCALES, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}[factor[2]]
    value = Decimal(factor[1].replace(",", "")) * scale
    return f"{said[: factor.start()]}{value.normalize():f}{said[factor.end() :]}"


def _number(words: list[str]) -> Decimal | None:
    said = " ".join("zero" if word == "oh" and "point" in words else word for word in words)
    sign, said = signed(re.sub(r"^([-−]) ", r"\1", said), "en")
    if LEADING_ZERO.match(said):
        return None
    for ending, part in ((" and a half", "0.5"), (" and a quarter", "0.25"), (" and three quarters", "0.75")):
        if said.endswith(ending):
            whole = _number(said.removesuffix(ending).split())
            return None if whole is None or whole != int(whole) else sign * (whole + Decimal(part))
    number = english_number(_scaled(said.split())) if said else None
    return None if number is None else sign * number
