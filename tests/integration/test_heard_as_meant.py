"""Values said to a real call, and judged by what the caller's phone received: which of some values was it?

A recognizer writes down a synthetic voice too badly to be believed. Asked which of ten texts fits the sound best, it is
mostly right, where a guess is right once in ten: so a sign that is silent, a lost digit or a sum a hundred times too
large shows at once. `test_said_as_meant.py` judges each word, by phonemes; this one all that comes after them.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from ivr.adapters.pyttsx3_tts import Pyttsx3Synthesizer
from ivr.adapters.whisper_model import WhisperModel
from ivr.adapters.whisper_weights import BASE, TINY_EN
from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.runtime.render import spoken
from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE
from ivr.core.speech.written_out import in_words
from ivr.ports.telephony import LegIncoming, LegUp
from tests.contract.telephone_lines import PjsipLine

AFTER_SECONDS = 0.4
"""Of silence after a prompt: the last packets are on their way."""
WEIGHTS = {"en": TINY_EN, "zh": BASE}
EACH = 20
"""Of a kind in a language."""
Value = str | Decimal


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: how one is drawn, and what it becomes where something goes wrong."""

    type: ValueType
    drawn: Callable[[random.Random], Value]
    mistaken: Callable[[Value], set[Value]]


def other_digits(text: str) -> set[str]:
    """With each digit another one, one at a time, and each digit lost."""
    places = [place for place, sign in enumerate(text) if sign.isdigit()]
    changed = {text[:place] + str((int(text[place]) + 3) % 10) + text[place + 1 :] for place in places}
    return changed | {text[:place] + text[place + 1 :] for place in places}


def a_sum(dice: random.Random) -> Value:
    """Up to a million, some of them debts, some with cents."""
    return Decimal(dice.choice((1, 1, -1)) * dice.randrange(2, 10 ** dice.randint(2, 6))).scaleb(-dice.choice((0, 2)))


def other_sums(value: Value) -> set[Value]:
    """The other sign, ten and a hundred times as much, other digits."""
    assert isinstance(value, Decimal)
    sign = 1 if value > 0 else -1
    written = str(abs(value)).rstrip(".")
    near = {Decimal(text) * sign for text in other_digits(written) if text[-1:].isdigit()}
    return {one for one in ({-value, value * 10, value * 100} | near) if one}


def other_days(value: Value) -> set[Value]:
    """The next month, day and year, and ten days on."""
    year, month, day = (int(part) for part in str(value).split("-"))
    days = (
        (year, month % 12 + 1, day),
        (year, month, day % 28 + 1),
        (year + 1, month, day),
        (year, month, (day + 9) % 28 + 1),
    )
    return {f"{one[0]}-{one[1]:02}-{one[2]:02}" for one in days}


KINDS = {
    "sums": Kind(ValueType.AMOUNT, a_sum, other_sums),
    "digits": Kind(
        ValueType.DIGITS,
        lambda dice: "".join(dice.choice("0123456789") for _ in range(dice.choice((4, 6, 8)))),
        lambda value: set(other_digits(str(value))),
    ),
    "dates": Kind(
        ValueType.DATE,
        lambda dice: f"20{dice.randrange(20, 30)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}",
        other_days,
    ),
}


def words(value: Value, kind: Kind, language: str) -> str:
    """As the synthesizer gets it."""
    currency = {"en": "USD", "zh": "CNY"}[language] if kind.type is ValueType.AMOUNT else None
    return in_words(spoken(value, kind.type, language, currency=currency), language)


class Judge:
    """Plays prompts to a robot that has dialled in, and says which words its phone received."""

    def __init__(self, line: PjsipLine, leg: int, models: Path) -> None:
        self._line, self._leg = line, leg
        self._voice = Pyttsx3Synthesizer()
        self._models = {language: WhisperModel(one.directory(models)) for language, one in WEIGHTS.items()}

    async def hears(self, text: str, language: str, texts: set[str]) -> str:
        """Say a text; returns which of some texts fits best what came."""
        pcm = self._voice.synthesize(text, language=language)
        since = time.monotonic()
        length = len(pcm) / SAMPLE_BYTES / SAMPLE_RATE
        await self._line.passes(length + AFTER_SECONDS, to={self._leg: pcm})
        model = self._models[language]
        heard = model.hear(self._line.robot.heard(since))
        asked = sorted(texts)
        scores = model.scores(heard, [model.tokens(_written(one, language)) for one in asked], language)
        return asked[max(range(len(asked)), key=scores.__getitem__)]

    async def hears_value(self, value: Value, kind: Kind, language: str) -> bool:
        """Whether a value came as itself, and not as one that it may be mistaken for."""
        said = words(value, kind, language)
        texts = {words(one, kind, language) for one in (value, *kind.mistaken(value))}
        return await self.hears(said, language, texts) == said

    def close(self) -> None:
        """Give the voice back."""
        self._voice.close()


def _written(text: str, language: str) -> str:
    return " " + text if language == "en" else text.replace(" ", "").replace("，", "")


@pytest.fixture
async def judge(tmp_path: Path) -> AsyncIterator[Judge]:
    line = PjsipLine()
    await line.open()
    await line.rings_in()
    leg = (await line.until(LegIncoming)).leg
    line.telephony.answer(leg)
    await line.until(LegUp)
    made = Judge(line, leg, tmp_path)
    yield made
    made.close()
    await line.close()


async def test_a_phone_receives_the_value_that_was_meant(judge: Judge) -> None:
    assert await judge.hears_value("2028-06-02", KINDS["dates"], "en")
    debt = Decimal(-1200)
    assert await judge.hears_value(debt, KINDS["sums"], "zh")
    texts = {words(one, KINDS["sums"], "zh") for one in (debt, -debt)}
    left_alone = await judge.hears("-1200人民币", "zh", texts)
    assert left_alone == words(-debt, KINDS["sums"], "zh"), "a sign that the synthesizer leaves out is not heard"


@pytest.mark.soak
async def test_phones_receive_the_values_that_were_meant(judge: Judge) -> None:
    dice, right = random.Random(8), {}
    for language in WEIGHTS:
        for name, kind in KINDS.items():
            right[language, name] = sum(
                [await judge.hears_value(kind.drawn(dice), kind, language) for _ in range(EACH)]
            )
    # Measured: 107 of 120. Whisper base tells Chinese digits of this voice apart in every other trial only.
    assert sum(right.values()) >= 0.8 * EACH * len(right), right
    assert min(right.values()) >= 0.25 * EACH, right
