"""What rules found in a talk that goes on: told once, however often the recognizer changes its mind about the words."""

from __future__ import annotations

from typing import Final

from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.orders.alerts import RuleFound
from ivr.core.orders.evidence import Alerted

MOST: Final = 200
"""Alerts of a call. More are no news to anybody; the call is read after its end."""
NEAR_SAMPLES: Final = 3 * SAMPLE_RATE
"""The place of words in an utterance that goes on is by their share of it, and moves as it grows."""


class Alerts:
    """Of one call."""

    def __init__(self) -> None:
        self._told: list[Alerted] = []

    def found(self, found: RuleFound) -> list[Alerted]:
        """A rule found something; what is new is evidence."""
        known = any(
            one.rule == found.rule
            and one.speaker == found.speaker
            and found.first_sample < one.last_sample + NEAR_SAMPLES
            and one.first_sample < found.last_sample + NEAR_SAMPLES
            for one in self._told
        )
        possible = 0 <= found.first_sample <= found.last_sample and 0 <= found.confidence <= 1
        if known or not possible or len(self._told) >= MOST:
            return []
        alert = Alerted(
            found.rule, found.severity, found.what, found.say, found.speaker, found.first_sample, found.last_sample,
            found.confidence,
        )  # fmt: skip
        self._told.append(alert)
        return [alert]
