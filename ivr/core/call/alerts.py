"""What rules found while a call goes on: in a talk, told once however often the recognizer changes its mind about the
words, and in what the line was about to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from ivr.core.call.journal import from_json
from ivr.core.call.record import CallRecord
from ivr.core.compliance.rule import Severity
from ivr.core.compliance.talk import Speaker
from ivr.core.media.frame import SAMPLE_RATE, samples
from ivr.core.orders.alerts import RuleFound
from ivr.core.orders.evidence import Alerted, FigureWithheld

MOST: Final = 200
"""Alerts of a call. More are no news to anybody; the call is read after its end."""
NEAR_SAMPLES: Final = 3 * SAMPLE_RATE
"""The place of words in an utterance that goes on is by their share of it, and moves as it grows."""
NOT_SPOKEN: Final = "not spoken: {what}"
"""What is found of a prompt that was held back."""


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


def alerts_of(record: CallRecord) -> tuple[Alerted, ...]:
    """All of a call, in order of time: what was said, and what the line did not say."""
    every = (*record.alerts, *map(_held_back, record.withheld))
    return tuple(sorted(every, key=lambda one: one.first_sample))


def with_words(record: CallRecord, entries: Iterable[Mapping[str, object]]) -> tuple[tuple[Alerted, str], ...]:
    """Each alert of a call with what was said there, by its journal's entries; empty: nothing was said, or it is not
    kept. Raises SealError when an entry is not one of ours."""
    words: dict[tuple[str, str, int], str] = {}
    for entry in entries:
        event = entry.get("event")
        if isinstance(event, Mapping) and event.get("is") == RuleFound.__name__:
            found = from_json(event)
            assert isinstance(found, RuleFound)
            words.setdefault((found.rule, found.speaker, found.first_sample), found.words)
    return tuple((one, words.get((one.rule, one.speaker, one.first_sample), "")) for one in alerts_of(record))


def _held_back(one: FigureWithheld) -> Alerted:
    at = samples(one.at)
    return Alerted(
        one.rule, Severity.CRITICAL, NOT_SPOKEN.format(what=one.what), one.say or "", Speaker.MACHINE, at, at, 1.0
    )
