"""What keeps a wrong clock, or a wrong rule, from erasing what no mend brings back.

Rules. Time that the audit log does not know of is not trusted: a clock that is days ahead of the log's newest trusted
entry erases nothing until a security officer confirms it. However much is due, retention erases only so much a day;
an officer lifts that too. The log's own entries under a wrong clock make it no more right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from ivr.core.vault.retention import DAY_SECONDS
from ivr.errors import DeniedError

CLOCK_CONFIRMED, CAP_LIFTED = "clock.confirmed", "erasure.cap_lifted"
LEAD_DAYS = 4.0
"""A running engine leaves an entry every few hours; a line that was closed over a long weekend needs no officer."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What retention may do without an officer's word."""

    most_a_day: int
    lead_days: float = LEAD_DAYS

    def trusted(self, known: float | None, entries: Iterable[tuple[float, bool]]) -> float | None:
        """The newest time that is trusted, after entries (when, whether it confirms the clock) behind `known`."""
        for at, confirms in entries:
            if known is None or confirms:
                known = at
            elif at <= known + self.lead_days * DAY_SECONDS:
                known = max(known, at)
        return known

    def check_clock(self, now: float, known: float | None) -> None:
        """Raises DeniedError when `now` is days past the newest trusted time."""
        if known is not None and now > known + self.lead_days * DAY_SECONDS:
            raise DeniedError(
                f"nothing is erased: the clock says {_day(now)}, and the newest entry of the audit log that is trusted "
                f"is of {_day(known)}. Set the clock right; if it is right and the engine stood still for so long, a "
                "security officer confirms it: ivr retention clock --reason '...'"
            )

    def room(self, erased: int, lifted: int) -> int:
        """How many erasures are left today, after so many and with so many more allowed by an officer."""
        return max(0, self.most_a_day + lifted - erased)


def _day(at: float) -> str:
    try:
        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
    except (OverflowError, ValueError):
        return f"{at:.0f} s after 1970"
