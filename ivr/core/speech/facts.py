"""What the speech service tells a cell, as facts. Each names the request it answers.

A request that cannot be served gets its failure fact: nothing asked of the speech service stays unanswered.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.identity.verifier import Thresholds
from ivr.core.identity.watchlist import Listed


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What the recognizer believes so far; may change."""

    listen_id: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recognition:
    """One utterance, recognized."""

    listen_id: int
    text: str = field(repr=False)
    """Free decoding; empty if nothing intelligible was said."""
    choice: str | None
    """Name of the choice in the grammar, None if none fits."""
    confidence: float
    """Calibrated probability that `choice` (or, where any words are heard, `text`) is right, 0..1."""


@dataclass(frozen=True, slots=True)
class RecognitionFailed:
    """This utterance will not be recognized."""

    listen_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class OnsetJudged:
    """The stronger detector's view of a suspected onset."""

    request_id: int
    probability: float | None
    """That it is a near voice, 0..1; None: the detector cannot be asked now."""


@dataclass(frozen=True, slots=True)
class TurnJudged:
    """Whether who pauses in an utterance has finished."""

    listen_id: int
    complete: float = field(repr=False)
    """Probability, 0..1."""


@dataclass(frozen=True, slots=True)
class Synthesized:
    """A text, spoken."""

    request_id: int
    pcm: bytes = field(repr=False)
    """8 kHz 16-bit little-endian mono."""
    voice: str = ""
    """What spoke it: model, version and voice; empty where the service does not say."""


@dataclass(frozen=True, slots=True)
class SynthesisFailed:
    """This text will not be spoken."""

    request_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class VoiceJudged:
    """Speech against the templates of one customer, or of one agent."""

    request_id: int
    score: float | None = field(repr=False)
    """Cosine similarity, -1..1; None: not scored, which is never an acceptance."""
    reason: str = ""
    """Why there is no score."""
    llr: float | None = field(default=None, repr=False)
    """Calibrated log-likelihood ratio (natural logarithm); None: not known."""
    house: Thresholds | None = None
    """What decides where a dialplan names nothing."""
    heard_before: bool = False
    """Whether a stretch of it was heard before: a recording."""
    listed: Listed = Listed.NOT_ASKED
    """Whether it is like a voice of the watchlist."""
    listed_llr: float | None = field(default=None, repr=False)
    enrolled: bool = True
    """Whether there is anything to compare it with."""


@dataclass(frozen=True, slots=True)
class EnrolmentConsent:
    """By what a caller agreed in a call to be known by their voice. It goes to the speech service with an enrolment."""

    evidence: str
    """The call, and the disclosures that they acknowledged."""
    keeps_audio: bool
    """Whether it covers keeping the recordings."""


@dataclass(frozen=True, slots=True)
class EnrolmentJudged:
    """Whether a caller's recordings were enrolled."""

    request_id: int
    reason: str = ""
    """Why not, safe to log; empty: they were."""


@dataclass(frozen=True, slots=True)
class SentenceCompared:
    """What a sentence means, beside the example sentences of a question."""

    request_id: int
    alike: dict[str, float] = field(repr=False)
    """Choice -> nearness in meaning, -1..1; empty: they cannot be compared now, and the words decide."""


SpeechFact = (
    Hypothesis
    | Recognition
    | RecognitionFailed
    | OnsetJudged
    | TurnJudged
    | Synthesized
    | SynthesisFailed
    | VoiceJudged
    | EnrolmentJudged
    | SentenceCompared
)
