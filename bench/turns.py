"""How the two take turns, in made talks: interruptions, questions that nobody answers, holds and silences. Printed.

Each talk holds one thing that a rule looks for, or one that is nearly such; every time is off by up to a quarter of a
second, as those of recognizers are. Part of `python -m bench.inspection`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Final

from ivr.core.compliance.inspector import Inspector
from ivr.core.compliance.talk import BankSaid, CallerSaid, Speaker, Talk
from ivr.core.media.frame import SAMPLE_RATE

TALKS: Final = 200
"""Of each kind, in each language."""
OFF_SECONDS: Final = 0.25
LENGTH_SECONDS: Final = 400
_SAYS = {"en": "I wanted to tell you about the transfer of last week", "zh": "我想跟您说一下上个星期的那笔转账"}
_ASKS = {
    "en": ("what does it cost to close the account", "can you tell me when the card comes", "is there a fee for that"),
    "zh": ("关闭账户要多少钱", "您能告诉我卡什么时候到吗", "这个有没有手续费"),
}
_ANSWERS = {"en": "let me look that up for you now", "zh": "我现在帮您查一下"}
_NODS = {"en": "mm okay", "zh": "嗯好的"}


@dataclass(frozen=True, slots=True)
class _Made:
    """What is said from second to second, and where the caller is on hold or nobody is heard."""

    caller: tuple[tuple[str, float, float], ...] = ()
    agent: tuple[tuple[str, float, float], ...] = ()
    hold: float = 0.0
    silence: float = 0.0


_Maker = Callable[[Random, str], _Made]


def _cut(chance: Random, language: str) -> _Made:
    together = chance.uniform(1.3, 2.5)
    return _Made(((_SAYS[language], 20, 24),), ((_ANSWERS[language], 24 - together, 30),))


def _not_cut(chance: Random, language: str) -> _Made:
    """A nod, or two who change turns."""
    if chance.random() < 0.5:
        return _Made(((_SAYS[language], 20, 24),), ((_NODS[language], 22, 23),))
    return _Made(((_SAYS[language], 20, 24),), ((_ANSWERS[language], 24 - chance.uniform(0, 0.15), 30),))


def _unanswered(chance: Random, language: str) -> _Made:
    after = chance.uniform(9, 15)
    return _Made(((chance.choice(_ASKS[language]), 20, 23),), ((_SAYS[language], 23 + after, 29 + after),))


def _answered(chance: Random, language: str) -> _Made:
    after = chance.uniform(0.3, 7)
    return _Made(((chance.choice(_ASKS[language]), 20, 23),), ((_ANSWERS[language], 23 + after, 29 + after),))


KINDS: Final[dict[str, tuple[_Maker, _Maker]]] = {
    "cut_off": (_cut, _not_cut),
    "unanswered": (_unanswered, _answered),
    "long_hold": (
        lambda chance, language: _Made(hold=chance.uniform(121, 300)),
        lambda chance, language: _Made(hold=chance.uniform(5, 119)),
    ),
    "dead_air": (
        lambda chance, language: _Made(silence=chance.uniform(21, 60)),
        lambda chance, language: _Made(silence=chance.uniform(2, 19)),
    ),
}
"""Rule of service-uk.yaml -> talks in which it finds something, and talks in which it does not."""


def measure(inspector: Inspector, today: date) -> None:
    """Recall and precision of each rule."""
    chance = Random(17)
    for rule, makers in KINDS.items():
        for language in _SAYS:
            hits = [
                sum(
                    any(one.rule.endswith(f"/{rule}") for one in inspector.inspect(talk, today=today).found)
                    for talk in (_talk(maker(chance, language), language, chance) for _ in range(TALKS))
                )
                for maker in makers
            ]
            right, wrong = hits
            precise = right / (right + wrong) if right + wrong else 0.0
            print(f"{rule}, {language}: {TALKS} talks and {TALKS} nearly such", end=": ")
            print(f"recall {right / TALKS:.3f}, precision {precise:.3f}")


def _talk(made: _Made, language: str, chance: Random) -> Talk:
    def at(second: float) -> int:
        return round((second + chance.uniform(-OFF_SECONDS, OFF_SECONDS)) * SAMPLE_RATE)

    agent = (BankSaid(at(a), at(b), language, text, 0.8, Speaker.AGENT) for text, a, b in made.agent)
    caller = (CallerSaid(at(a), at(b), language, text, 0.8) for text, a, b in made.caller)
    length = LENGTH_SECONDS * SAMPLE_RATE
    talk = Talk(tuple(agent), tuple(caller), length, language=language, talks=((0, length),))
    spans = {name: ((at(40), at(40 + seconds)),) for name, seconds in (("holds", made.hold), ("silences", made.silence))
             if seconds}  # fmt: skip
    return replace(talk, holds=spans.get("holds", ()), silences=spans.get("silences", ()))
