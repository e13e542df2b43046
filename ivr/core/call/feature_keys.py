"""An agent's feature codes, found among all the keys that they press; the other keys are meant for those who hear them.

Rules: a code is known as soon as it is whole, so none begins another. One with an argument ends with #. What begins
like a code and is none is let go of, as is what is begun and not gone on with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ivr.core.orders.desk import DeskAct

GAP_SECONDS: Final = 3.0
"""Between two keys of one code at most."""
LONGEST_ARGUMENT: Final = 12
END: Final = "#"
WITH_ARGUMENT: Final = frozenset({DeskAct.CONSULT, DeskAct.PASS_ON, DeskAct.HAND_OVER, DeskAct.ASSIST, DeskAct.AWAY})
"""Acts that need to be told whom, where to or why."""
PAUSE, RESUME = "pause", "resume"
"""Of the recording."""
DEFAULT_CODES: Final[Mapping[str, str]] = {
    DeskAct.BACK: "*0",
    DeskAct.HOLD: "*1",
    DeskAct.CONSULT: "*2",
    DeskAct.CONFERENCE: "*3",
    DeskAct.TRANSFER: "*4",
    DeskAct.PASS_ON: "*5",
    DeskAct.HAND_OVER: "*6",
    PAUSE: "*7",
    RESUME: "*8",
    DeskAct.MUTE: "*9",
    DeskAct.AWAY: "**",
    DeskAct.ASSIST: "*#2",
    DeskAct.LOG_OUT: "*#0",
    DeskAct.READY: "*#1",
}


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was keyed in whole."""

    act: str
    """A DeskAct, PAUSE or RESUME."""
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Through:
    """A key that is part of no code."""

    key: str


def clashes(codes: Mapping[str, str]) -> list[tuple[str, str]]:
    """Pairs of acts of which one's code begins the other's, so that the longer one could never be keyed in."""
    used = {act: code for act, code in codes.items() if code}
    pairs = ((one, other) for one in used for other in used if one != other)
    return sorted((one, other) for one, other in pairs if used[other].startswith(used[one]))


class FeatureKeys:
    """One agent's."""

    __slots__ = ("_codes", "_last", "_pressed")

    def __init__(self, codes: Mapping[str, str]) -> None:
        """`codes`: act -> keys; one that is empty cannot be asked for by keys."""
        self._codes = {code: act for act, code in codes.items() if code}
        self._pressed = ""
        self._last = float("-inf")

    def press(self, key: str, *, now: float) -> Code | Through | None:
        """One key; returns what it completes or is, None while a code may follow."""
        if now - self._last > GAP_SECONDS:
            self._pressed = ""
        self._last = now
        self._pressed += key
        pressed = self._pressed
        for code, act in self._codes.items():
            if not pressed.startswith(code):
                continue
            if act not in WITH_ARGUMENT:
                return self._found(Code(act))
            argument = pressed[len(code) :]
            if argument.endswith(END):
                return self._found(Code(act, argument[:-1]))
            if (not argument or argument.isdigit()) and len(argument) <= LONGEST_ARGUMENT:
                return None
        if any(code.startswith(pressed) for code in self._codes):
            return None
        self._pressed = ""
        return Through(key) if len(pressed) == 1 else None

    def _found(self, code: Code) -> Code:
        self._pressed = ""
        return code


def described(codes: Mapping[str, str]) -> Iterator[str]:
    """Each act with its keys, for people."""
    for act, code in codes.items():
        if code:
            yield f"{act}: {code}{'…' + END if act in WITH_ARGUMENT else ''}"
