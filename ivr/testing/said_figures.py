"""Made sentences with figures in them, and whether each is right: what holds figures to their source is tried on these.

The oracle is how a sentence was made, not how it is read. Figures are written as people and recognizers write them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from ivr.core.speech.numeral_words import digits_in_words, number_in_words, ordinal_en, year_en

RULES = """
name: figures
version: "1"
languages: [en, zh]
rules:
  rate:
    source: the price list
    counsel: check with counsel
    severity: critical
    number: rate
    of: bank.rates.rate
    named: {en: [rate, interest], zh: [利率, 收益率]}
  fee:
    source: the price list
    counsel: check with counsel
    severity: critical
    number: rate
    of: bank.rates.fee
    named: {en: [fee], zh: [手续费]}
  balance:
    source: the ledger
    counsel: check with counsel
    severity: critical
    number: amount
    of: bank.balance.amount
    currency: EUR
    named: {en: [balance], zh: [余额]}
  due:
    source: the contract
    counsel: check with counsel
    severity: critical
    number: date
    of: bank.loan.due
    named: {en: [due, payable], zh: [到期, 还款日]}
  possible:
    source: the price list
    counsel: check with counsel
    severity: critical
    number: rate
    between: [0, 100]
"""
"""The rules file that the sentences are made for."""
_MONTHS_WORDS = "January February March April May June July August September October November December"
_MONTHS = _MONTHS_WORDS.split()
_RATE, _FEE, _BALANCE, _DUE = "bank.rates.rate", "bank.rates.fee", "bank.balance.amount", "bank.loan.due"
Value = Decimal | date


@dataclass(frozen=True, slots=True)
class MadeSentence:
    """One."""

    language: str
    text: str
    official: Mapping[str, str]
    """As data sources answer."""
    right: bool
    """Every figure in it is the official one."""


def sentences(count: int, *, seed: int) -> Iterator[MadeSentence]:
    """So many, half of them wrong, half of them in Chinese."""
    chance = Random(seed)
    for number in range(count):
        yield _Maker(chance, "zh" if number % 2 else "en").made(right=number % 4 < 2)


class _Maker:
    """Of one sentence."""

    def __init__(self, chance: Random, language: str) -> None:
        self._chance, self._language = chance, language
        self._official: dict[str, Value] = {
            _RATE: Decimal(chance.choice((chance.randrange(1, 2000), 50 * chance.randrange(1, 40)))) / 100,
            _FEE: Decimal(chance.choice((chance.randrange(1, 500), 100 * chance.randrange(1, 9)))) / 100,
            _BALANCE: Decimal(chance.randrange(100, 10 ** chance.randrange(4, 10))) / 100,
            _DUE: date(2026, 12, 1) + timedelta(days=chance.randrange(1500)),
        }

    def made(self, *, right: bool) -> MadeSentence:
        """A sentence about one thing, or about two."""
        names = self._chance.choice(([_RATE], [_FEE], [_BALANCE], [_DUE], [_RATE, _FEE], [_BALANCE, _DUE]))
        said = {name: self._official[name] for name in names}
        if not right:
            self._spoil(said)
        right = all(self._official[name] == value for name, value in said.items())
        told = {name: str(value) for name, value in self._official.items()}
        return MadeSentence(self._language, self._sentence(said), told, right)

    def _spoil(self, said: dict[str, Value]) -> None:
        if _FEE in said and _RATE in said and self._chance.random() < 0.3:
            said[_RATE], said[_FEE] = said[_FEE], said[_RATE]
            return
        name = self._chance.choice(list(said))
        value = said[name]
        while value == self._official[name]:
            value = self._other(self._official[name])
        said[name] = value

    def _other(self, value: Value) -> Value:
        """As slips of the tongue and of a recognizer are: a digit, a place, the next one."""
        if isinstance(value, date):
            return value + timedelta(days=self._chance.choice((-366, -365, -31, -30, -10, -1, 1, 10, 30, 31, 365, 366)))
        factors = [Decimal(10), Decimal("0.1"), Decimal(100), Decimal(2)]
        steps = [Decimal(step) for step in ("0.01", "0.1", "1", "10", "50", "100", "190")]
        change: Callable[[], Decimal] = self._chance.choice(
            (
                lambda: value * self._chance.choice(factors),
                lambda: value + self._chance.choice(steps),
                lambda: abs(value - self._chance.choice(steps)),
                lambda: self._digit_changed(value),
            )
        )
        return round(change(), 2)

    def _digit_changed(self, value: Decimal) -> Decimal:
        digits = list(f"{value:.2f}")
        places = [place for place, sign in enumerate(digits) if sign.isdigit()]
        digits[self._chance.choice(places)] = str(self._chance.randrange(10))
        return Decimal("".join(digits))

    # --- words --------------------------------------------------------------------------------------------------------

    def _sentence(self, said: Mapping[str, Value]) -> str:
        parts = [self._part(name, self._slurred(self._spelt(name, value))) for name, value in said.items()]
        if self._language == "zh":
            before = self._chance.choice(("", "您好，", "嗯，请您听好，", "第一，", "十分感谢您的来电，"))
            after = self._chance.choice(("", "。", "，请问还有别的问题吗？", "，如需人工服务请按1。", "，一定记得。"))
            return before + "，".join(parts) + after
        before = self._chance.choice(("", "Well, ", "Thank you for calling. ", "One moment please: ", "As of today "))
        after = self._chance.choice(("", ".", ", is that all right?", ". Press 1 for a colleague.", " at the moment."))
        return before + self._chance.choice((" and ", ", and ")).join(parts) + after

    def _slurred(self, spelt: str) -> str:
        """Now and then as it is in truth: hesitating, or without the unit."""
        kind = self._chance.random()
        if kind < 0.1 and " " in spelt:
            at = self._chance.choice([place for place, sign in enumerate(spelt) if sign == " "])
            return spelt[:at] + self._chance.choice((" um", ", uh,", " er")) + spelt[at:]
        if kind < 0.2 and self._language == "zh" and len(spelt) > 1:
            at = self._chance.randrange(1, len(spelt))
            return spelt[:at] + self._chance.choice(("呃", "嗯，", "，", " ")) + spelt[at:]
        if kind < 0.3:
            for unit in (" percent", " per cent", "%", " ％", "欧元", " euros"):
                spelt = spelt.removesuffix(unit)
        return spelt

    def _part(self, name: str, spelt: str) -> str:
        english = {
            _RATE: ("the rate is {}", "you pay an interest of {} a year", "our interest rate stands at {}"),
            _FEE: ("the fee is {}", "there is a fee of {}", "we take a fee of {} for it"),
            _BALANCE: (
                "your balance is {}",
                "the balance on your account comes to {}",
                "you have a balance of {} left",
            ),
            _DUE: ("it is due on {}", "the loan is payable by {}", "your payment falls due on {}"),
        }
        chinese = {
            _RATE: ("利率是{}", "年化收益率为{}", "目前的利率是{}"),
            _FEE: ("手续费是{}", "我们收取的手续费为{}"),
            _BALANCE: ("您的余额是{}", "账户余额为{}", "现在余额一共是{}"),
            _DUE: ("到期日是{}", "还款日为{}", "您的贷款到期的日子是{}"),
        }
        forms = chinese if self._language == "zh" else english
        return self._chance.choice(forms[name]).format(spelt)

    def _spelt(self, name: str, value: Value) -> str:
        if isinstance(value, date):
            return self._chance.choice(_days_zh(value) if self._language == "zh" else _days_en(value))
        if name == _BALANCE:
            return self._chance.choice(_sums_zh(value) if self._language == "zh" else _sums_en(value))
        return self._chance.choice(_rates_zh(value) if self._language == "zh" else _rates_en(value))


def _short(value: Decimal) -> Decimal:
    """Without zeros at the end."""
    found = value.normalize()
    exponent = found.as_tuple().exponent
    return found.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else found


def _rates_en(value: Decimal) -> list[str]:
    short = _short(value)
    words = number_in_words(short, "en")
    found = [f"{short}%", f"{short} per cent", f"{short:f} percent", f"{words} percent", f"{words} per cent"]
    found += [f"{value:.2f} %", f"{words.replace('-', ' ')} percent", f"{int(value * 100)} basis points"]
    if short % 1 == Decimal("0.5") and short > 1:
        found.append(f"{number_in_words(Decimal(int(short)), 'en')} and a half per cent")
    return found


def _rates_zh(value: Decimal) -> list[str]:
    short = _short(value)
    words = number_in_words(short, "zh")
    return [f"{short}%", f"百分之{words}", f"{value:.2f}%", f"百分之{short}", f"百分之 {words}", f"{short} ％"]


def _sums_en(value: Decimal) -> list[str]:
    whole, cents = divmod(int(value * 100), 100)
    words = number_in_words(_short(value), "en")
    found = [f"€{value:,.2f}", f"EUR {value:.2f}", f"{value:,.2f} euros", f"{value:.2f} euro", f"{words} euros"]
    if cents and whole:
        head = f"{number_in_words(Decimal(whole), 'en')} euros"
        found += [f"{head} and {number_in_words(Decimal(cents), 'en')} cents", f"{whole:,} euros and {cents} cents"]
    return found


def _sums_zh(value: Decimal) -> list[str]:
    words = number_in_words(_short(value), "zh")
    return [f"{value:.2f}欧元", f"{value:,.2f}欧元", f"{words}欧元", f"€{value:,.2f}", f"欧元{value:.2f}"]


def _days_en(day: date) -> list[str]:
    month, place = _MONTHS[day.month - 1], ordinal_en(day.day)
    return [
        f"{month} {day.day}, {day.year}",
        f"{day.day} {month} {day.year}",
        f"the {place} of {month} {day.year}",
        f"{month} {place} {year_en(day.year)}",
        f"{month} {place}, {day.year}",
        day.isoformat(),
    ]


def _days_zh(day: date) -> list[str]:
    year = digits_in_words(str(day.year), "zh")
    month, number = (number_in_words(Decimal(one), "zh") for one in (day.month, day.day))
    return [
        f"{day.year}年{day.month}月{day.day}日",
        f"{year}年{month}月{number}日",
        f"{year}年{month}月{number}号",
        day.isoformat(),
        f"{day.year} 年 {day.month} 月 {day.day} 日",
    ]
