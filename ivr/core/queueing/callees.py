"""Whom the engine may dial, and when: by the clock of whoever is dialled.

Rule: a number that no prefix allows is never dialled, nor one whose prefix names no hours. A prefix that lies in
several time zones is dialled only when it is a permitted hour in all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.core.queueing.hours import LOOK_AHEAD_DAYS, Hours

NUMBER = re.compile(r"\+?[0-9]{7,15}")
"""What may be dialled: no short numbers of services, and no more digits than E.164 6.1 has."""
STEPS_MAX = 4 * LOOK_AHEAD_DAYS
"""Looks for an hour that several zones permit; where there is none within these, there is none."""


@dataclass(frozen=True, slots=True)
class Callees:
    """Prefixes of numbers, and their hours."""

    allowed: Mapping[str, tuple[Hours, ...]] = field(default_factory=dict)
    """Prefix as numbers are left with it (+852, 00852, 0) -> hours, one for each zone. The longest prefix counts."""
    never: tuple[str, ...] = ()
    """Prefixes within those that are not dialled all the same: premium numbers."""

    def permitted_from(self, number: str, at: float) -> float | None:
        """The first time from `at` on, seconds since the epoch, at which the number may be dialled; None: never."""
        hours = self._hours(number)
        for _ in range(STEPS_MAX if hours else 0):
            opens = [one.opens_at(at) for one in hours]
            times = [time for time in opens if time is not None]
            if len(times) < len(opens):
                return None
            if max(times) == at:
                return at
            at = max(times)
        return None

    def _hours(self, number: str) -> tuple[Hours, ...]:
        if not NUMBER.fullmatch(number) or number.startswith(self.never):
            return ()
        prefix = max((one for one in self.allowed if one and number.startswith(one)), key=len, default="")
        return self.allowed.get(prefix, ()) if prefix else ()
