"""Sums of money as people say and recognizers write them. What is not surely one sum of this currency is None."""

from __future__ import annotations

import re
from decimal import Decimal

from ivr.core.speech.currency_words import CurrencyWords, currency_words
from ivr.core.speech.fillers import bare, base
from ivr.core.speech.numerals import chinese_digit, chinese_number, english_number, signed

_LETTER = r"[^\W\d_]"


def amount_said(text: str, language: str, currency: str) -> Decimal | None:
    """The sum, exact to the currency's smallest coin, below zero after 'minus'; None when it is none, or of another
    currency."""
    sign, said = signed(bare(text, language), language)
    words = currency_words(currency, language)
    if base(language) == "zh":
        found = _chinese("".join(said.split()), words)
    elif base(language) == "en":
        found = _english(said, words)
    else:
        found = None
    if found is None or found != round(found, words.places):
        return None
    return sign * found.quantize(Decimal(1).scaleb(-words.places))


def _named(name: str) -> str:
    """A pattern for a name as a whole word; signs such as $ need no gap."""
    head = rf"(?<!{_LETTER})" if name[0].isalpha() else ""
    tail = rf"(?!{_LETTER})" if name[-1].isalpha() else ""
    return head + re.escape(name) + tail


def _english(said: str, words: CurrencyWords) -> Decimal | None:
    names = "|".join(map(_named, words.names))
    parts = [part.strip(" ,") for part in re.split(names, said)]
    if len(parts) == 1:
        return _coins_en(parts[0], words) if _coin_in(parts[0], words) else english_number(parts[0])
    if len(parts) == 3 and parts[0] == "" and parts[2] == "":  # '$2,500 USD'
        return english_number(parts[1])
    if len(parts) != 2:
        return None
    before, after = parts
    if not before:  # '$2,500.20', 'EUR 20'
        return english_number(after)
    whole = english_number(before)
    if whole is None or not after:
        return whole
    if whole != whole.to_integral_value():
        return None
    after = after.removeprefix("and ").strip()
    if _coin_in(after, words):
        coins = _coins_en(after, words)
    else:
        # 'two euros twenty'; 'two euros five' may mean five cents or fifty.
        bare_coins = english_number(after)
        ten_or_more = bare_coins is not None and 10 <= bare_coins < 100 and bare_coins == int(bare_coins)
        coins = bare_coins / 100 if bare_coins is not None and ten_or_more and words.places == 2 else None
    return None if coins is None or coins >= 1 else whole + coins


def _coin_in(said: str, words: CurrencyWords) -> bool:
    return any(re.search(_named(name), said) for name in words.coins)


def _coins_en(said: str, words: CurrencyWords) -> Decimal | None:
    """'twenty cents'."""
    for name, worth in words.coins.items():
        if found := re.fullmatch(rf"(.+?)\s*{_named(name)}", said):
            count = english_number(found[1])
            if count is None or count != count.to_integral_value():
                return None
            return count * worth / Decimal(10**words.places)
    return None


def _chinese(said: str, words: CurrencyWords) -> Decimal | None:
    symbols = [name for name in words.names if name[0] in "$¥€£"]
    for name in symbols:
        said = said.removeprefix(name)
    for name in ("人民币", "港币", "港元", "美元", "欧元", "英镑"):
        if said.startswith(name) and name in words.names:
            said = said.removeprefix(name)
            break
    names = "|".join(map(re.escape, words.names))
    split = re.fullmatch(rf"(.+?)(?:{names})(.*)", said)
    if split is None:
        return _coins_zh(said, words) if _ends_in_coin(said, words) else chinese_number(said)
    whole, rest = chinese_number(split[1]), split[2]
    if whole is None or not rest:
        return whole
    if whole != whole.to_integral_value():
        return None
    if rest in ("整", "钱"):
        return whole
    coins = _coins_zh(rest, words)
    return None if coins is None else whole + coins


def _ends_in_coin(said: str, words: CurrencyWords) -> bool:
    return any(name in said for name in words.coins)


def _coins_zh(said: str, words: CurrencyWords) -> Decimal | None:
    """五毛, 五毛二, 五角二分, 零五分; after the whole, 五 alone is 五毛."""
    smallest = Decimal(10**words.places)
    if words.coins.get("毛") is None:
        for name, worth in words.coins.items():
            if said.endswith(name):
                count = chinese_number(said.removesuffix(name).removeprefix("零"))
                return count * worth / smallest if count is not None and count < 100 else None
        return None
    form = re.fullmatch(r"(?:(.)(?:毛|角)钱?)?(?:(零?)(.)(分?)钱?)?", said)
    if form is None or not said:
        return None
    tenths = chinese_digit(form[1]) if form[1] else 0
    last = chinese_digit(form[3]) if form[3] else 0
    if tenths is None or last is None:
        return None
    if form[1] or form[4] or form[2]:
        return (tenths * 10 + last) / smallest if tenths or last else None
    return last * 10 / smallest if last else None
