"""Rules over what was said in a call, frozen. `ivr.core.compliance.rules_file` makes them; what comes out is sound.

A rule never hears a voice. Rules that look for what a caller feels or needs (`Notice`) have no field for who speaks:
they read the caller's words and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from ivr.core.compliance.talk import Speaker
from ivr.core.dialplan.line_law import whose
from ivr.core.speech.fillers import base

Phrases = Mapping[str, tuple[str, ...]]
"""Language -> phrases as they were written."""


class Severity(StrEnum):
    """How grave a finding is."""

    CRITICAL = "critical"
    """The highest class: a person looks at it before anything else."""
    MAJOR = "major"
    MINOR = "minor"


class Subject(StrEnum):
    """What is noticed in a caller's words."""

    COMPLAINT = "complaint"
    DISTRESS = "distress"
    VULNERABILITY = "vulnerability"
    DURESS = "duress"
    FRAUD = "fraud"


class FigureKind(StrEnum):
    """What a figure is of."""

    RATE = "rate"
    AMOUNT = "amount"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class When:
    """Where a rule holds; empty: everywhere."""

    said: Phrases = field(default_factory=dict)
    """Somebody says one of these in the call."""
    states: tuple[str, ...] = ()
    """In one of these states of the dialplan."""
    after: tuple[str, ...] = ()
    """After one of these disclosures was heard to its end."""


@dataclass(frozen=True, slots=True)
class Head:
    """What every rule has."""

    name: str
    source: str
    """The regulation that it is read from."""
    severity: Severity
    when: When = When()
    say: Mapping[str, str] = field(default_factory=dict)
    """Language -> what should be said instead: shown to the agent while the call goes on."""


def instead(head: Head, language: str) -> str:
    """What should be said instead, in this language; empty: the rule has no such words."""
    return head.say.get(language) or head.say.get(base(language), "")


@dataclass(frozen=True, slots=True)
class Forbid:
    """Phrases that the bank's side does not say."""

    head: Head
    phrases: Phrases
    unless: Phrases = field(default_factory=dict)
    """Longer phrases within which they are fine: 'not a guaranteed return'."""
    by: frozenset[Speaker] = frozenset({Speaker.MACHINE, Speaker.AGENT})


@dataclass(frozen=True, slots=True)
class Pattern:
    """An operator's own expression that the bank's side does not say (RE2: linear time)."""

    head: Head
    expressions: Mapping[str, str]
    """Language -> expression over the text in lower case."""
    by: frozenset[Speaker] = frozenset({Speaker.MACHINE, Speaker.AGENT})


@dataclass(frozen=True, slots=True)
class Require:
    """One of these phrases is said by the bank's side."""

    head: Head
    phrases: Phrases
    by: frozenset[Speaker] = frozenset({Speaker.MACHINE, Speaker.AGENT})


@dataclass(frozen=True, slots=True)
class InOrder:
    """Required phrases come in this order, as far as they are said."""

    head: Head
    rules: tuple[str, ...]
    """Names of `Require` rules."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody is heard for so long."""

    head: Head
    seconds: float


@dataclass(frozen=True, slots=True)
class Pace:
    """An agent speaks faster than this."""

    head: Head
    most: Mapping[str, int]
    """Language -> words a minute; in Chinese signs a minute."""


@dataclass(frozen=True, slots=True)
class TalkOver:
    """An agent and the caller speak at once for so long."""

    head: Head
    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """A caller in an agent's call waits on hold for longer."""

    head: Head
    seconds: float


@dataclass(frozen=True, slots=True)
class Interruption:
    """One of an agent and the caller goes on while the other, who spoke first, falls silent."""

    head: Head
    seconds: float
    """Both speak at once for so long at least before the other stops: shorter is how turns change."""
    by: frozenset[Speaker] = frozenset({Speaker.AGENT})
    """Who cuts the other off: the agent, the caller."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A caller's question in an agent's talk that nobody answers for so long, or that the caller must ask again."""

    head: Head
    seconds: float


@dataclass(frozen=True, slots=True)
class Notice:
    """Words of a caller's that a person should know of. There is no such rule for an agent."""

    head: Head
    subject: Subject
    phrases: Phrases


@dataclass(frozen=True, slots=True)
class Figure:
    """Figures of this kind that the bank's side says are held to the official source of that moment."""

    head: Head
    kind: FigureKind
    of: str = ""
    """source.query.field whose answer is official; empty: only the range counts."""
    named: Phrases = field(default_factory=dict)
    """Words by which the thing is spoken of; empty: every figure of the kind."""
    currency: str = ""
    """Of an amount: ISO 4217."""
    least: Decimal | None = None
    most: Decimal | None = None
    """Outside is a finding of the highest class, whatever the source says."""
    places: int | None = None
    """Decimal places to which the source's value may be rounded when it is said; None: none."""
    by: frozenset[Speaker] = frozenset({Speaker.MACHINE, Speaker.AGENT})


Rule = (
    Forbid
    | Pattern
    | Require
    | InOrder
    | Silence
    | Pace
    | TalkOver
    | Hold
    | Interruption
    | Unanswered
    | Notice
    | Figure
)


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The rules of one file."""

    name: str
    version: str
    sha256: str
    """Of its text, hex."""
    languages: tuple[str, ...]
    rules: tuple[Rule, ...] = field(repr=False)
    jurisdictions: tuple[str, ...] = ()
    """Of calls that it is for; none: all."""
    dialplans: tuple[str, ...] = ()
    """Names of lines, which stand for products; none: all."""

    @property
    def title(self) -> str:
        """name@version."""
        return f"{self.name}@{self.version}"

    def is_for(self, *, jurisdiction: str, dialplan: str) -> bool:
        """Whether calls of this line are judged by it. Of a line that names no jurisdiction any may hold."""
        laws = (jurisdiction, whose(jurisdiction))
        there = not self.jurisdictions or not jurisdiction or not set(laws).isdisjoint(self.jurisdictions)
        return there and (not self.dialplans or dialplan in self.dialplans)


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule found in a call."""

    rule: str
    """ruleset/rule."""
    severity: Severity
    source: str
    """The rule's."""
    what: str
    """In a few words, without what was said."""
    words: str = field(repr=False)
    """What was said there, as it was compared."""
    first_sample: int
    """Call time line, inclusive: where to listen."""
    last_sample: int
    """Exclusive."""
    confidence: float
    """That it was said, 0..1."""
    speaker: str = ""
    """Who; empty: nobody."""

    def to_json(self) -> dict[str, Any]:
        """As it is sealed."""
        return {
            "rule": self.rule,
            "severity": str(self.severity),
            "source": self.source,
            "what": self.what,
            "words": self.words,
            "first_sample": self.first_sample,
            "last_sample": self.last_sample,
            "confidence": self.confidence,
            "speaker": self.speaker,
        }
