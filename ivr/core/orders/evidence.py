"""Facts for the call's record, each of a class of its own, and alarms."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.alarms import AlarmKind
from ivr.core.codec import IF_ANY
from ivr.core.identity.level import Level
from ivr.core.identity.risk import Gave, Risk
from ivr.core.typed import Written


class CallOutcome(Written):
    """What a call came to."""

    OPEN = ""
    """It goes on."""
    COMPLETED = "completed"
    ABANDONED = "abandoned"
    UNANSWERED = "unanswered"
    """We dialled, and nobody took the call."""
    TRANSFERRED = "transferred"
    REFUSED = "refused"
    FAILED = "failed"
    DRAINED = "drained"
    """The engine stopped."""
    CRASHED = "crashed"
    """Its cell died."""


class Consent(Written):
    """To being recorded."""

    UNASKED = "unasked"
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RaiseAlarm:
    """Someone must look at this now."""

    kind: AlarmKind
    text: str


@dataclass(frozen=True, slots=True)
class StateEntered:
    """A state of the dialplan began."""

    name: str


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    """The call goes on in this language."""

    language: str
    """BCP 47 tag."""


@dataclass(frozen=True, slots=True)
class IdentityReached:
    """How surely the caller is known from here on; `NONE`: what it rested on has changed."""

    level: Level


@dataclass(frozen=True, slots=True)
class FactorProved:
    """One of the factors of the dialplan's identity policy is proved; the level that it makes follows."""

    factor: str


@dataclass(frozen=True, slots=True)
class RiskScored:
    """What the risk of the call came to, and what each signal gave."""

    points: int
    """0 to 100."""
    risk: Risk
    gave: tuple[Gave, ...]
    """In the table's order."""


@dataclass(frozen=True, slots=True)
class ConsentAnswered:
    """The caller agreed to be recorded, or did not."""

    consent: Consent
    at: float
    """Seconds from the answer."""


@dataclass(frozen=True, slots=True)
class DigitsAnswered:
    """The caller answered digits that were drawn for them."""

    right: bool
    """Whether they were the ones."""
    voice: str
    """The verdict on the voice that said them, or unscored."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The caller agreed to be known by their voice, and it was enrolled."""

    agreed: tuple[str, ...]
    """The disclosures that they acknowledged for it."""
    recordings: int
    keeps_audio: bool
    """Whether the recordings are kept too."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A value that a call is to be found by. It is the caller's, so it stands in their record alone."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OutcomeReached:
    """The dialplan is through."""

    outcome: CallOutcome


NOT_ASKED = "not asked"
"""Stands for how a disclosure was acknowledged that asks for nothing."""


@dataclass(frozen=True, slots=True)
class ReadByAgent:
    """How an agent read a disclosure to the caller, by what was recognized of it."""

    text_sha256: str
    """Of the text that was to be read, hex."""
    words: int
    """Of the text; in Chinese its signs."""
    share: float
    """Of them found in order, as written or by their sound, 0..1."""
    confidence: float
    """The least of what the recognizer was sure of, 0..1."""


@dataclass(frozen=True, slots=True)
class DisclosureHeard:
    """That a disclosure was played or read by an agent, in full and in the call's language, and the caller's answer."""

    disclosure: str
    language: str
    audio_sha256: str
    """Of the PCM that was played (8 kHz, 16 bit, little-endian), hex; empty where an agent read it."""
    first_sample: int
    """Call time line, inclusive."""
    last_sample: int
    """Call time line, exclusive."""
    packets_sent: int
    loss: float | None
    """Share reported lost by the far end, 0..1; None when it sent no report."""
    plays: int
    """How often it was played until it counted as heard (loss plays it again); 0 where an agent read it."""
    acknowledged_by: str
    """key, speech, `NOT_ASKED`, or empty while not acknowledged."""
    answer: str
    """The key, or the name of the acknowledged choice."""
    confidence: float | None
    """Of a spoken acknowledgement."""
    at: float
    """When it was acknowledged: seconds from the answer."""
    read: ReadByAgent | None = field(default=None, metadata=IF_ANY)
    """None: the line played it. Written only where an agent read it: what was written before has no such field."""

    @property
    def is_acknowledged(self) -> bool:
        """Whether the caller answered it."""
        return self.acknowledged_by not in ("", NOT_ASKED)


@dataclass(frozen=True, slots=True)
class Alerted:
    """A published rule found something in an agent's talk while it went on. What was said is not here."""

    rule: str
    """ruleset/rule."""
    severity: str
    what: str
    """In a few words, without what was said."""
    say: str
    """What should be said instead; empty: the rule has no such words."""
    speaker: str
    first_sample: int
    """Call time line, inclusive: where to listen."""
    last_sample: int
    """Exclusive."""
    confidence: float
    """That it was said, 0..1."""


@dataclass(frozen=True, slots=True)
class MessageLeft:
    """A message that the caller left: a span of the call's recording."""

    mailbox: str
    first_sample: int
    """Call time line, inclusive: the end of the tone."""
    last_sample: int
    """Call time line, exclusive."""


@dataclass(frozen=True, slots=True)
class FigureWithheld:
    """A prompt that was not spoken, since a figure in it did not pass. A finding of the highest class."""

    rule: str
    """ruleset/rule."""
    what: str
    """In a few words, without the figure."""
    state: str
    at: float
    """Seconds from the answer."""
    say: str | None = field(default=None, metadata=IF_ANY)
    """What may be said instead, by the rule; None: it has no such words, or was written before records had them."""


@dataclass(frozen=True, slots=True)
class Rated:
    """The caller was asked how satisfied they are, and answered or not."""

    question: str
    """As the dialplan names it: csat."""
    least: int
    """Of the scale."""
    most: int
    answer: int | None = field(default=None, repr=False)
    """None: asked, and not answered (yet)."""


Evidence = (
    StateEntered
    | LanguageChosen
    | IdentityReached
    | FactorProved
    | RiskScored
    | DigitsAnswered
    | Enrolled
    | LookedUp
    | ConsentAnswered
    | DisclosureHeard
    | Alerted
    | MessageLeft
    | Rated
    | FigureWithheld
    | OutcomeReached
)
