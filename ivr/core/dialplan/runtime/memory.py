"""What of a step's memory decides how it goes on: every step says it in the types of its slots.

The proof takes two moments of a step for the same when all that decides is the same, and goes on from one of them. So
a slot whose type says nothing is no slot: texts, numbers and truths are compared as they are, all else needs a word.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import cache
from types import NoneType
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from ivr.core.dialplan.runtime.question import Question
from ivr.errors import BugError

T = TypeVar("T")


class Decides(Enum):
    """What of a slot decides."""

    NOTHING = "nothing"
    PRESENCE = "presence"
    NUMBER = "number"
    TIME_LEFT = "time left"
    STANDING = "standing"


Given = Annotated[T, Decides.NOTHING]
"""What the step was made with: the same as long as it runs."""
Unjudged = Annotated[T, Decides.NOTHING]
"""Kept for the record or for an order; no decision depends on it."""
Whether = Annotated[T, Decides.PRESENCE]
"""That there is one decides (that it is not 0, for an order's id), not which."""
HowMany = Annotated[T, Decides.NUMBER]
"""How many there are decides."""
Deadline = Annotated[float, Decides.TIME_LEFT]
"""A time on the call's clock: what decides is how long it is until then; past is past."""
Asked = Annotated[Question | None, Decides.STANDING]
"""The open question: how it stands decides."""

_Reading = Callable[[Any, float], object]
_READINGS: dict[Decides, _Reading] = {
    Decides.PRESENCE: lambda value, now: value is not None and value != 0,
    Decides.NUMBER: lambda value, now: len(value),
    Decides.TIME_LEFT: lambda value, now: max(value - now, 0.0),
    Decides.STANDING: lambda value, now: None if value is None else value.signature(),
}
_AS_IT_IS = (bool, int, str, Enum)


def deciding(step: Any) -> tuple[tuple[str, _Reading | None], ...]:
    """(slot, what of it decides) for a class of steps; None: its value as it is. Raises BugError where none is said."""
    return _deciding(step)


@cache
def _deciding(step: Any) -> tuple[tuple[str, _Reading | None], ...]:
    hints = get_type_hints(step, include_extras=True)
    found: list[tuple[str, _Reading | None]] = []
    for slot in step.__slots__:
        decides, plain = _said(step, slot, hints.get(slot))
        if decides is not Decides.NOTHING:
            reading = None if decides is None else _READINGS[decides]
            optional = decides is Decides.TIME_LEFT and not plain
            found.append((slot, _or_none(reading) if optional and reading is not None else reading))
    return tuple(found)


def questions(step: Any) -> frozenset[str]:
    """The slots of a class of steps that hold a question."""
    return _questions(step)


@cache
def _questions(step: Any) -> frozenset[str]:
    hints = get_type_hints(step, include_extras=True)
    return frozenset(slot for slot in step.__slots__ if Decides.STANDING in getattr(hints[slot], "__metadata__", ()))


def _said(step: Any, slot: str, hint: Any) -> tuple[Decides | None, bool]:
    """What a slot's type says, and whether it says it of the whole (not of the one that may be None)."""
    options = [option for option in (get_args(hint) or (hint,)) if option is not NoneType]
    for option, whole in ((hint, True), *((option, False) for option in options)):
        if get_origin(option) is Annotated:
            return next(mark for mark in option.__metadata__ if isinstance(mark, Decides)), whole
    if not all(isinstance(option, type) and issubclass(option, _AS_IT_IS) for option in options):
        raise BugError(f"{step.__name__}.{slot}: say in its type what of it decides (see runtime/memory.py)")
    return None, True


def _or_none(reading: _Reading) -> _Reading:
    return lambda value, now: None if value is None else reading(value, now)
