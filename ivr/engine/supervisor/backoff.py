"""How long to wait before a child is started again. Pure."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_SECONDS = 0.25
LAST_SECONDS = 15.0
STEADY_SECONDS = 30.0
"""A child that lived so long has recovered: its next failure is a first one."""


@dataclass(slots=True)
class BackOff:
    """Doubles with each failure in a row."""

    _failures: int = 0

    def delay(self, *, lived: float, clean: bool) -> float:
        """Seconds to wait after a child lived `lived` seconds; `clean`: it ended because it was meant to."""
        if clean or lived >= STEADY_SECONDS:
            self._failures = 0
            return 0.0
        self._failures += 1
        return float(min(FIRST_SECONDS * 2 ** (self._failures - 1), LAST_SECONDS))
