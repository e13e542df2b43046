"""Findings of rules as pages show them: each with the moment to listen to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr.core.call.alerts import with_words
from ivr.core.call.record import CallRecord
from ivr.core.call.recording import Told
from ivr.core.compliance.rule import Found, Severity
from ivr.core.media.frame import seconds


@dataclass(frozen=True, slots=True)
class FoundShown:
    """One finding."""

    rule: str
    severity: str
    source: str
    what: str
    words: str = field(repr=False)
    at: float
    """Of the call, seconds: where to listen."""
    speaker: str
    confidence: float


def found_shown(found: Iterable[Found]) -> tuple[FoundShown, ...]:
    """The gravest first; of equals in order of time."""
    return tuple(
        FoundShown(
            one.rule, str(one.severity), one.source, one.what, one.words, seconds(one.first_sample), one.speaker,
            one.confidence,
        )
        for one in sorted(found, key=lambda one: list(Severity).index(one.severity))
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlertShown:
    """What a rule found while the call went on."""

    rule: str
    severity: str
    what: str
    words: str = field(repr=False)
    """That were said there; empty: none were, or the recording does not open."""
    say: str
    """What should be said instead; empty: the rule has no such words."""
    at: float
    """Of the call, seconds: where to listen."""
    speaker: str
    confidence: float


def alerts_shown(record: CallRecord, told: Told | None) -> tuple[AlertShown, ...]:
    """All of a call, in order of time. Raises SealError when its recording holds what is not ours."""
    entries = told.contents.entries if told is not None else ()
    return tuple(
        AlertShown(
            one.rule, one.severity, one.what, words, one.say, seconds(one.first_sample), one.speaker, one.confidence
        )
        for one, words in with_words(record, entries)
    )
