"""Findings of rules as pages show them: each with the moment to listen to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

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
