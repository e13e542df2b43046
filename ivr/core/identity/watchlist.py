"""Voices that the line is to notice: compared with every one of them, which says how likely it is, and refuses nobody.

Rule: the longer the list, the surer it has to be. Of N voices one is taken for the caller's by chance N times as often.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ivr.core.identity.calibration import Calibration
from ivr.core.identity.voiceprint import Template, Voiceprint, similarity
from ivr.core.typed import Written

ONE_CALL_IN: Final = 1000.0
"""Calls of which one is of somebody on the list: the prior. Ours; more are rarer still in most banks."""
LEAST_SECONDS: Final = 3.0
"""Of speech; less says too little beside many."""
MOST_LISTED: Final = 200
"""Voices; beyond, chance finds more than the list does."""
MOST_DAYS: Final = 366


class Listed(Written):
    """What the list says of a caller's voice."""

    NOT_ASKED = ""
    NO = "no"
    YES = "yes"
    """Likelier one of its voices than not, by the list's length."""
    UNKNOWN = "unknown"
    """It could not be compared."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A voice on the list."""

    name: str = field(repr=False)
    """By which people know the entry; no customer's name."""
    model: str
    templates: tuple[Template, ...]
    added_at: float
    """Wall clock, seconds since the epoch."""
    until: float
    """When it leaves the list by itself."""
    by: str
    """Who added it."""
    why: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Of a voice to the list."""

    listed: Listed
    llr: float | None = field(default=None, repr=False)
    """Log-likelihood ratio of the nearest voice (natural logarithm)."""


def likeness(
    watched: Sequence[Watched], vector: Sequence[float], seconds: float, calibration: Calibration | None, model: str
) -> Likeness:
    """Of a voice to those on the list that are of its model. `seconds`: net speech."""
    if not watched:
        return Likeness(Listed.NO)
    known = [one for one in watched if one.model == model]
    if calibration is None or seconds < LEAST_SECONDS or not known:
        return Likeness(Listed.UNKNOWN)
    nearest = max(similarity(Voiceprint(one.name, one.model, one.templates), vector) for one in known)
    llr = calibration.llr(nearest, seconds)
    return Likeness(Listed.YES if llr >= threshold(len(known), calibration) else Listed.NO, llr)


def threshold(voices: int, calibration: Calibration) -> float:
    """From which ratio on the nearest of so many is likelier it than not; no further than the calibration goes."""
    return min(math.log(ONE_CALL_IN * voices), math.log(calibration.others + 1.0))
