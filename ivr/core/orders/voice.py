"""Whether the caller's voice is the enrolled one."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.identity.calibration import CALIBRATIONS
from ivr.core.identity.verifier import CAMPPLUS, Costs, Thresholds, Verdict, judge
from ivr.core.identity.watchlist import Listed


@dataclass(frozen=True, slots=True)
class CollectVoice:
    """Gather speech for verification and score it against one customer. Answered by VoiceScored or VoiceUnscored."""

    verify_id: int
    customer: str = field(repr=False)
    min_speech: float = 3.0
    """Seconds of net speech to gather."""
    max_wait: float = 12.0
    """Seconds after which what there is must do."""


@dataclass(frozen=True, slots=True)
class CompareVoice:
    """Score what the caller has said in this call so far. Answered by VoiceScored or VoiceUnscored."""

    verify_id: int
    customer: str = field(repr=False)
    min_speech: float = 3.0
    """Seconds of net speech; of less nothing is scored."""


@dataclass(frozen=True, slots=True)
class VoiceScored:
    """The embedder compared the caller's speech with the enrolled voice."""

    verify_id: int
    score: float = field(repr=False)
    """Cosine similarity, -1..1."""
    speech_seconds: float = 0.0
    """Net speech that was scored."""
    llr: float | None = field(default=None, repr=False)
    """Calibrated log-likelihood ratio (natural logarithm); None: the embedder is not calibrated."""
    house: Thresholds | None = None
    """What decides where the dialplan names nothing, as it stood then: a replay is judged by it."""
    heard_before: bool = False
    """Whether this very sound was heard in an enrolment or an earlier answer: a recording."""
    listed: Listed = Listed.NOT_ASKED
    """Whether it is like a voice of the watchlist."""
    listed_llr: float | None = field(default=None, repr=False)
    """How likely: log-likelihood ratio of the nearest."""

    @classmethod
    def rehearsed(cls, verify_id: int, score: float, speech_seconds: float) -> VoiceScored:
        """As the embedder that comes with the engine is calibrated, and judged by the usual costs."""
        llr = CALIBRATIONS[CAMPPLUS].llr(score, speech_seconds)
        return cls(verify_id, score, speech_seconds, llr, Costs().thresholds())


@dataclass(frozen=True, slots=True)
class VoiceUnscored:
    """No score: not enrolled, too little speech, or the embedder is down. Never an acceptance."""

    verify_id: int
    reason: str
    listed: Listed = Listed.NOT_ASKED
    """Whether it is like a voice of the watchlist: that needs nobody to be enrolled."""
    listed_llr: float | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RecordVoice:
    """Record a sentence of the caller's for an enrolment. Answered by VoiceRecorded."""

    verify_id: int
    min_speech: float
    """Seconds of net speech to gather."""
    max_wait: float
    """Seconds after which it ends, whatever there is."""
    first: bool
    """Whether an enrolment begins: what was recorded for one before is dropped."""


@dataclass(frozen=True, slots=True)
class VoiceRecorded:
    """A sentence was recorded. It is kept for the enrolment where it holds as much as was asked for."""

    verify_id: int
    speech_seconds: float
    """Net speech."""


@dataclass(frozen=True, slots=True)
class EnrolVoice:
    """Enrol the voice of what was recorded, for this customer. Answered by VoiceEnrolled or VoiceNotEnrolled."""

    verify_id: int
    customer: str = field(repr=False)
    agreed: tuple[str, ...]
    """Disclosures by which the caller agreed to it."""
    keeps_audio: bool
    """Whether the recordings are kept too, sealed."""


@dataclass(frozen=True, slots=True)
class VoiceEnrolled:
    """The voice is kept, sealed."""

    verify_id: int


@dataclass(frozen=True, slots=True)
class VoiceNotEnrolled:
    """It is not: the recordings will not do, the customer is enrolled already, or it cannot be done now."""

    verify_id: int
    reason: str
    """Safe to log."""


@dataclass(frozen=True, slots=True)
class StopVoice:
    """Drop the gathering. Not answered."""

    verify_id: int


@dataclass(frozen=True, slots=True)
class DrawDigits:
    """Draw digits by chance, for the caller to say. Answered by DigitsDrawn."""

    draw_id: int
    count: int


@dataclass(frozen=True, slots=True)
class DigitsDrawn:
    """Digits drawn by chance, for the caller to say."""

    draw_id: int
    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AgentVoiceJudged:
    """What was said on an agent's leg was compared with the voice that this agent enrolled."""

    party: str
    agent: str
    """Who ought to be speaking."""
    speech_seconds: float
    """Net speech that was compared."""
    last: bool
    """Whether more speech would not be waited for: what is unsure now stays so."""
    score: float | None = field(default=None, repr=False)
    """Cosine similarity, -1..1; None: it could not be compared, which is never an acceptance."""
    llr: float | None = field(default=None, repr=False)
    """Calibrated log-likelihood ratio (natural logarithm)."""
    house: Thresholds | None = None
    """What decides, as it stood then: a replay is judged by it."""
    reason: str = ""
    """Why there is no score; safe to log."""

    @property
    def verdict(self) -> Verdict:
        """Whether it is this agent's voice."""
        return judge(self.score, self.speech_seconds, None, llr=self.llr, house=self.house)
