"""Digits drawn by chance that a caller is asked to say: what a recording of the customer cannot know beforehand.

Rule: no digit stands twice in a row. "Double four" and "four four" are said and understood alike, and every digit is
then one word of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby, pairwise

CHALLENGE = "challenge"
"""What stands for them in a prompt."""
LEAST, MOST = 6, 10
"""How many digits may be asked for. Fewer hold too little speech to know a voice by, more are hard to keep in mind."""
_TEN = 10
_STEPS = (3, 7, 9, 1, 2, 4, 5, 6, 8)


def drawn(count: int, below: Callable[[int], int]) -> str:
    """So many digits. `below(n)` gives a number from 0 to n - 1, each as likely, and not to be foreseen."""
    last = below(_TEN)
    digits = [last]
    for _ in range(count - 1):
        # One of the nine others: a step of 1 to 9 around the circle.
        last = (last + 1 + below(_TEN - 1)) % _TEN
        digits.append(last)
    return "".join(map(str, digits))


def is_sound(digits: str, count: int) -> bool:
    """Whether these may be asked for: so many, and none twice in a row."""
    plain = digits.isascii() and digits.isdigit()
    return plain and len(digits) == count and all(before != after for before, after in pairwise(digits))


def are_said(digits: str, said: str | None) -> bool:
    """Whether what was heard is the row. A digit twice in a row is the recognizer's stutter: none was drawn so."""
    return said is not None and digits == "".join(digit for digit, _ in groupby(said))


def rehearsed(number: int, count: int) -> str:
    """So many digits where nothing is left to chance, in a proof or a simulation; 90 numbers give 90 of them."""
    step = _STEPS[number // _TEN % len(_STEPS)]
    return "".join(str((number + place * step) % _TEN) for place in range(count))
