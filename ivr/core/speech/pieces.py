"""Sentences put together of pieces that were spoken ahead: which pieces a sentence is made of, if it is made of them.

A piece is known by its words, and by what follows it: one that was spoken before a comma goes on, one before a full
stop ends. A sentence of which one word is in no piece is not put together at all, so no voice changes within a
sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

COMMA_SECONDS = 0.18
END_SECONDS = 0.35
_TOKEN = re.compile(r"[\u3400-\u9fff]|[A-Za-zÀ-ɏ]+(?:[-'’][A-Za-zÀ-ɏ]+)*|[,;:，、；：.!?。！？…]+|\w")
_COMMAS = frozenset(",;:，、；：")
COMMA, END = ",", "."
_PAUSES = {COMMA: COMMA_SECONDS, END: END_SECONDS}
_WRONG_ENDING = 0.1
"""What a piece costs that was spoken for another place of a sentence; one piece more costs 1."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence between two pieces."""

    seconds: float


def tokens(words: str) -> tuple[str, ...]:
    """Words in small letters, Chinese signs one by one, pauses as COMMA or END; quotes and brackets are nothing."""
    return tuple(map(_token, _TOKEN.findall(words)))


def _token(found: str) -> str:
    if found[0].isalnum():
        return found.lower().replace("’", "'")
    return COMMA if _COMMAS.issuperset(found) else END


class Pieces(Generic[T]):
    """What was spoken ahead by one voice: words -> sound."""

    def __init__(self, spoken: Iterable[tuple[str, T]]) -> None:
        """`spoken`: (words, ending with the comma or full stop that they were spoken before; sound)."""
        self._known: dict[tuple[str, ...], dict[bool, T]] = {}
        for words, sound in spoken:
            row = tokens(words)
            ends = row[-1:] == (END,)
            inner = _without_pauses_around(row)
            if inner:
                self._known.setdefault(inner, {})[ends] = sound
        self._longest = max(map(len, self._known), default=0)

    def cover(self, words: str) -> list[T | Pause] | None:
        """The fewest pieces that say exactly these words, and the pauses between them; None when there are none."""
        row = tokens(words)
        # From the end: what the rest of the row costs, and what stands first in it.
        cost: list[float] = [0.0] * (len(row) + 1)
        first: list[tuple[int, T | Pause] | None] = [None] * (len(row) + 1)
        for begin in range(len(row) - 1, -1, -1):
            cost[begin] = float("inf")
            if row[begin] in _PAUSES:
                cost[begin], first[begin] = cost[begin + 1], (begin + 1, Pause(_PAUSES[row[begin]]))
            for end in range(begin + 1, min(len(row), begin + self._longest) + 1):
                endings = self._known.get(row[begin:end])
                if endings is None:
                    continue
                ends = end == len(row) or row[end] == END
                price = cost[end] + (1.0 if ends in endings else 1.0 + _WRONG_ENDING)
                if price < cost[begin]:
                    cost[begin], first[begin] = price, (end, endings.get(ends, next(iter(endings.values()))))
        return _followed(first) if row and cost[0] < float("inf") else None


def _followed(first: list[tuple[int, T | Pause] | None]) -> list[T | Pause]:
    found: list[T | Pause] = []
    at = 0
    while (step := first[at]) is not None:
        at, part = step
        found.append(part)
    return found


def _without_pauses_around(row: tuple[str, ...]) -> tuple[str, ...]:
    spoken = [place for place, token in enumerate(row) if token not in _PAUSES]
    return row[spoken[0] : spoken[-1] + 1] if spoken else ()
