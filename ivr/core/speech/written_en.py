"""English texts in words: 'US$1,200.50' as 'one thousand two hundred point five zero US dollars'."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from ivr.core.speech.numeral_words import (
    TwoReadings,
    Unspeakable,
    digits_in_words,
    number_in_words,
    ordinal_en,
    year_en,
)
from ivr.core.speech.writing import Rule, Writer, unsure

_SIGNS = {"HK$": "HKD", "US$": "USD", "S$": "SGD", "A$": "AUD", "C$": "CAD", "$": "USD"}
_SIGNS |= {"€": "EUR", "£": "GBP", "¥": "CNY", "￥": "CNY", "CN¥": "CNY"}
# What is said: one, several.
_MONEY = {
    "EUR": ("euro", "euros"),
    "USD": ("US dollar", "US dollars"),
    "GBP": ("pound", "pounds"),
    "CNY": ("yuan", "yuan"),
    "HKD": ("Hong Kong dollar", "Hong Kong dollars"),
    "SGD": ("Singapore dollar", "Singapore dollars"),
    "AUD": ("Australian dollar", "Australian dollars"),
    "CAD": ("Canadian dollar", "Canadian dollars"),
    "CHF": ("Swiss franc", "Swiss francs"),
    "JPY": ("yen", "yen"),
}
_MONEY_NAMED_BY_SIGN = {"$": ("dollar", "dollars")}
_PLACES = {"JPY": 0}
_YEAR = "January February March April May June July August September October November December"
_MONTHS = _YEAR.split()
_MONTH = {name.lower(): name for name in _MONTHS} | {name[:3].lower(): name for name in _MONTHS} | {"sept": "September"}
_UNITS = {
    "km": ("kilometre", "kilometres"),
    "kg": ("kilogram", "kilograms"),
    "GB": ("gigabyte", "gigabytes"),
    "MB": ("megabyte", "megabytes"),
    "hrs": ("hour", "hours"),
    "min": ("minute", "minutes"),
    "mins": ("minute", "minutes"),
    "°C": ("degree Celsius", "degrees Celsius"),
}
_SCALES = {"k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million", "bn": "billion"}
_SCALES |= {"B": "billion", "tn": "trillion"}
_ABBREVIATIONS = {
    "mr": "Mister",
    "mrs": "Missis",
    "ms": "Miz",
    "dr": "Doctor",
    "e.g": "for example",
    "i.e": "that is",
    "etc": "et cetera",
    "vs": "versus",
    "approx": "approximately",
    "incl": "including",
    "excl": "excluding",
    "ltd": "Limited",
    "inc": "Incorporated",
    "co": "Company",
    "corp": "Corporation",
    "dept": "department",
    "tel": "telephone",
    "ext": "extension",
    "acct": "account",
    "max": "maximum",
    "p.a": "per year",
}
_ROW_WORDS = (
    "call|dial|phone|telephone|tel|number|hotline|helpline|fax|account|card|pin|code|reference|extension|ending in"
)
"""After these, figures are a row, no number."""
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_SHORT = r"\d{1,3}(?:,\d{3})*(?:\.\d+)?"
_MINUS = r"(?:[-−–](?=[\d$€£¥A-Z])|minus )?"
_MONTH_NAMES = "(?:" + "|".join((*_MONTHS, *(f"{name[:3]}\\.?" for name in _MONTHS), r"Sept\.?")) + ")"
_SIGN = "(?:" + "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True)) + ")"
_CODE = "(?:" + "|".join(_MONEY) + ")"
_SCALE = r"(?:\s?(?:thousand|million|billion|trillion)\b|(?:k|K|mn|m|M|bn|B|tn)\b)"


def _number(text: str) -> str:
    return number_in_words(Decimal(text.replace(",", "")), "en")


def _negative(sign: str) -> str:
    return "minus " if sign else ""


def _scale(text: str | None) -> str:
    scale = (text or "").strip()
    return f" {_SCALES.get(scale, scale)}" if scale else ""


def _digits(text: str) -> str:
    """Groups stay groups: a comma is a breath."""
    groups = re.findall(r"\d+", text)
    return ("plus " if text.lstrip().startswith("+") else "") + ", ".join(digits_in_words(one, "en") for one in groups)


def _sum(number: str, currency: str, names: tuple[str, str], scale: str | None) -> str:
    value = Decimal(number.replace(",", ""))
    places = _PLACES.get(currency, 2)
    if not scale and value != round(value, places):
        raise Unspeakable(f"{number} is finer than the currency's smallest coin; write the sum in words")
    return f"{_number(number)}{_scale(scale)} {names[0] if value == 1 and not scale else names[1]}"


def _money(match: re.Match[str]) -> str:
    sign, symbol, number, scale, named = match.groups()
    currency = _SIGNS.get(symbol, symbol)
    names = _MONEY_NAMED_BY_SIGN.get(symbol, _MONEY[currency])
    if named:
        code = _SIGNS.get(named.strip(), named.strip())
        if code in _MONEY:
            names = _MONEY[code]
        elif not named.strip().lower().endswith(names[1].split()[-1].lower().rstrip("s")):
            names = (named.strip(), named.strip())
    return _negative(sign) + _sum(number, currency, names, scale)


def _money_after(match: re.Match[str]) -> str:
    sign, number, scale, symbol = match.groups()
    currency = _SIGNS.get(symbol, symbol)
    return _negative(sign) + _sum(number, currency, _MONEY_NAMED_BY_SIGN.get(symbol, _MONEY[currency]), scale)


def _per_cent(match: re.Match[str]) -> str:
    return f"{_negative(match[1])}{_number(match[2])} {'per cent' if match[3] == '%' else 'per mille'}"


def _day(year: str | None, month: str, day: str, *, weekday: str = "") -> str:
    name = _MONTH[month.lower().rstrip(".")]
    try:
        date(int(year or 2024), _MONTHS.index(name) + 1, int(day))
    except ValueError as error:
        raise Unspeakable(f"there is no {day} {name}; write a day that there is") from error
    return f"{name} {ordinal_en(int(day))}" + (f", {year_en(int(year))}" if year else "")


def _year(match: re.Match[str]) -> str:
    return f"{match[1]} {year_en(int(match[2]))}"


def _iso_day(match: re.Match[str]) -> str:
    month = int(match[2])
    if not 1 <= month <= 12:
        raise Unspeakable(f"{match[0]} is no day; write a day that there is")
    return _day(match[1], _MONTHS[month - 1], match[3])


def _time(match: re.Match[str]) -> str:
    hour, minute, half = int(match[1]), match[2], match[3]
    if half:
        if not 1 <= hour <= 12:
            raise Unspeakable(f"{match[0].strip()} is no time of day; write 9 a.m., or 21:00")
        half = half.lower().replace(".", "")
        tail = f" {half[0]} m"
    else:
        if hour == 0 or hour > 12:
            hour, tail = hour % 12 or 12, " p m" if hour > 12 else " a m"
        else:
            tail = "" if minute != "00" else " o'clock"
        minute = minute or "00"
    spoken = _number(str(hour))
    if minute and minute != "00":
        spoken += f" {'oh ' if minute[0] == '0' else ''}{_number(str(int(minute)))}"
    return spoken + tail


def _range(match: re.Match[str]) -> str:
    low, high, unit = match.groups()
    if Decimal(low.replace(",", "")) >= Decimal(high.replace(",", "")):
        raise Unspeakable(f"{match[0].strip()} may be a range, a number or a date; write it in words")
    return f"{_number(low)} to {_number(high)}{' per cent' if unit else ''}"


def _unit(match: re.Match[str]) -> str:
    sign, number, unit = match.groups()
    names = _UNITS[unit]
    return f"{_negative(sign)}{_number(number)} {names[0] if Decimal(number.replace(',', '')) == 1 else names[1]}"


def _mixed(match: re.Match[str]) -> str:
    """A4, 5G, MT103: letters stay, short numbers are numbers, longer ones rows of figures."""
    parts = re.findall(r"\d+|[^\W\d_]+|-", match[0])
    words = (
        digits_in_words(part, "en") if part.isdigit() and (len(part) > 2 or part[0] == "0") else
        _number(part) if part.isdigit() else part.replace("-", "")
        for part in parts
    )  # fmt: skip
    return " ".join(filter(None, words))


def _plain(match: re.Match[str]) -> str:
    sign, number = match.groups()
    whole = number.partition(".")[0]
    if len(whole) > 1 and whole[0] == "0":
        raise Unspeakable(f"{number} may be a number or a row of figures; put spaces between the figures")
    return _negative(sign) + _number(number)


def _long(match: re.Match[str]) -> str:
    """Five figures and more without commas: a sum that is read out, or somebody's number."""
    text = f"{match[2]} may be a number or a row of figures; write commas (12,345), or spaces between the figures"
    raise TwoReadings(text, _negative(match[1]) + _number(match[2]))


def _row(match: re.Match[str]) -> str:
    """A telephone number, from seven figures on."""
    if len(re.findall(r"\d", match[0])) < 7:
        raise Unspeakable(f"{match[0]} may be one number or several; write commas (10,000), or words between them")
    return _digits(match[0])


def _abbreviation(match: re.Match[str]) -> str:
    ends = match.end() == len(match.string)
    return _ABBREVIATIONS[match[1].lower()] + ("." if ends else "")


def _address(match: re.Match[str]) -> str:
    said = match[0].replace("@", " at ").replace(".", " dot ").replace("/", " slash ").replace("-", " dash ")
    said = re.sub(r"\d+", lambda found: f" {digits_in_words(found[0], 'en')} ", said)
    return " ".join(re.sub(r"^www\b", "w w w", said).split())


_LEFT = r"(?<![\w.,])"
_RIGHT = r"(?!\w|[.,]\d)"
RULES: tuple[Rule, ...] = (
    # Addresses, before their dots are anything else.
    (r"\b(?:[\w.-]+@)?[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|info|gov|eu|hk|cn|uk|de|ch|sg)\b(?:/[\w-]+)*", _address),
    # Days.
    (r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?![\w-])", _iso_day),
    (rf"\b({_MONTH_NAMES}) (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (\d{{4}}))?{_RIGHT}", lambda m: _day(m[3], m[1], m[2])),
    (
        rf"{_LEFT}(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({_MONTH_NAMES})(?:,? (\d{{4}}))?{_RIGHT}",
        lambda m: _day(m[3], m[2], m[1]),
    ),
    (rf"\b({_MONTH_NAMES}|in|since|year|until|by) ((?:19|20)\d\d)(?=[.,;:!?)]?(?:\s|$))(?! [a-z]+s\b)", _year),
    (r"\b24/7\b", lambda m: "twenty-four seven"),
    (r"(?<!\w)\d+(?:/\d+)+(?!\w)", unsure("{} may be a day or a fraction; write it in words")),
    (r"(?<![\w.])\d{1,4}\.\d{1,2}\.\d{1,4}(?![\w])", unsure("{} may be a day or something else; write it in words")),
    # Times.
    (r"(?<![\w.,:])(\d{1,2})(?:[:.]([0-5]\d))?\s?([AaPp]\.?[Mm]\b\.?)", _time),
    (r"(?<![\w.,:])([01]?\d|2[0-3]):([0-5]\d)()(?![\w:])", _time),
    (r"(?:(?<=:\d\d)|(?<=[ap]m))\s?[-–—]\s?(?=\d{1,2}(?::\d\d|\s?[ap]\.?m))", lambda m: " to "),
    (r"(?<![\w.,:])\d+(?::\d+)+(?![\w:])", unsure("{} is no time of day; write it in words")),
    # Money.
    (
        rf"{_LEFT}{_SIGN}\s?{_NUMBER}{_SCALE}?\s?[-–—]\s?{_SIGN}?\s?{_NUMBER}",
        unsure("{} is a range or a difference; write 'to' or 'minus'"),
    ),
    (
        rf"{_LEFT}({_MINUS})({_SIGN}|{_CODE}(?= ?\d))\s?({_NUMBER})({_SCALE})?"
        rf"(\s?{_CODE}\b|\s(?:[A-Z][a-z]+ |US )?(?:euros?|dollars?|pounds?|yuan|yen|francs?)\b)?{_RIGHT}",
        _money,
    ),
    (rf"{_LEFT}({_MINUS})({_NUMBER})({_SCALE})?\s?({_SIGN}|{_CODE}\b)", _money_after),
    # Rates, and from one number to another.
    (rf"{_LEFT}({_MINUS})({_NUMBER})\s?([%‰])(?!\s?[-–—]\s?\d)", _per_cent),
    (rf"(?<![\w.,/-])({_SHORT})%?\s?[-–—]\s?({_SHORT})(%)?(?![\w/-]|[.,]\d)", _range),
    # Telephone numbers and other rows of figures.
    (r"(?<![\w.,])\+\d[\d ()-]{5,}\d(?!\w)", lambda m: _digits(m[0])),
    (r"(?<![\w.,+-])1-\d{3}-\d{3}-\d{4}(?!\w)", lambda m: _digits(m[0])),
    (r"(?<![\w.,+-])(?:\(\d{2,5}\) ?)?\d{2,}(?:[ -]\d{2,}){1,5}(?!\w|[.,]\d)", _row),
    (r"(?<![\w.,+-])\d(?: \d{3})+(?!\w|[.,]\d)", _row),
    (
        rf"\b((?i:{_ROW_WORDS})(?: is| no\.| number)?:? )(\d{{4,}}|\d[\d -]{{5,}}\d){_RIGHT}",
        lambda m: m[1] + _digits(m[2]),
    ),
    (r"(?<!\w)\d{2,}s\b", unsure("{} is no number; write it in words")),
    # Ordinals, units, words of letters and figures.
    (rf"{_LEFT}(\d+)(?:st|nd|rd|th)\b", lambda m: ordinal_en(int(m[1]))),
    (rf"{_LEFT}({_MINUS})({_NUMBER})\s?({'|'.join(_UNITS)})\b", _unit),
    (rf"{_LEFT}(?=[^\W_]*\d)(?=[^\W_]*[^\W\d_])[^\W_]+(?!\w)", _mixed),
    # Numbers.
    (rf"{_LEFT}({_MINUS})({_NUMBER})(?= (?:[A-Z][A-Za-z]+ ){{0,2}}(?:euro|dollar|pound|yuan|yen|franc))", _plain),
    (rf"{_LEFT}({_MINUS})([1-9]\d{{4,}}(?:\.\d+)?){_RIGHT}", _long),
    (rf"{_LEFT}({_MINUS})({_NUMBER}){_RIGHT}", _plain),
    # Abbreviations, and signs between words.
    (r"\bNo\. (?=\d)", lambda m: "number "),
    (rf"\b((?i:{'|'.join(map(re.escape, _ABBREVIATIONS))}))\.", _abbreviation),
    (r"\b(Mrs?|Ms|Dr)\b", _abbreviation),
    (r"\ba/c\b", lambda m: "account"),
    (r"\band/or\b", lambda m: "and or"),
    (r"(?<=[a-z])\s?/\s?(?=[a-z])", lambda m: " or "),
)
_NAMES = {"&": "and", "+": "plus", "=": "equals", "@": "at", "#": "hash", "*": "star", "°": "degrees", "§": "section"}
_NAMES |= {"½": "a half", "¼": "a quarter", "¾": "three quarters", "×": "times", "™": "", "®": "", "©": ""}
WRITER = Writer.of(RULES, _NAMES, lambda digits: digits_in_words(digits, "en"), " ")
