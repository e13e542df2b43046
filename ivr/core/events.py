"""Facts that reach a call, in the past tense. One frozen class each; time comes beside them as `now`.

A call's journal is the list of these with their times: running it through `ivr.core.call` again gives the same
orders. Positions are sample indices on the call's own 8 kHz time line, which begins at 0 with the caller's first
frame after the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Via(StrEnum):
    """How a digit came."""

    RFC4733 = "rfc4733"
    INFO = "info"
    INBAND = "inband"


class PromptEnd(StrEnum):
    """Why a prompt stopped playing."""

    COMPLETED = "completed"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class LegRole(StrEnum):
    """Who is at the other end of a leg."""

    CALLER = "caller"
    AGENT = "agent"
    TARGET = "target"
    """Whom the call was transferred to (RFC 5589)."""


@dataclass(frozen=True, slots=True)
class CallArrived:
    """A caller's INVITE reached this cell."""

    call_id: str
    """Ours: unique, printable, in every record of the call."""
    caller: str
    """The caller's address as given by the peer; unverified, personal."""
    called: str
    """The user part that was dialled."""
    at: float
    """Wall-clock time of the INVITE, seconds since the epoch (UTC)."""


@dataclass(frozen=True, slots=True)
class RecordingStarted:
    """The recording is open, its header durable on disk."""

    recording_id: str


@dataclass(frozen=True, slots=True)
class RecordingFailed:
    """The recorder cannot go on: no key, no disk, an I/O error."""

    reason: str


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """The caller's leg is up (ACK seen) and its media flows."""


@dataclass(frozen=True, slots=True)
class MediaMissing:
    """The caller's leg is up, but no audio was agreed on: an offer of ours that was never answered (RFC 3264 4)."""


@dataclass(frozen=True, slots=True)
class CallerVanished:
    """For too long nothing at all came from the caller, neither RTP nor RTCP (RFC 3550 6.3.5), and no BYE."""


@dataclass(frozen=True, slots=True)
class MediaAstray:
    """RTP keeps coming from elsewhere than from where the caller may send: it is dropped, so we are deaf to them."""


@dataclass(frozen=True, slots=True)
class PromptStarted:
    """The first sample of a prompt left for the caller."""

    prompt_id: int
    sample: int


@dataclass(frozen=True, slots=True)
class PlayReport:
    """What was really sent of a prompt, and what the far end said of it. The evidence of a disclosure."""

    audio_sha256: str
    """Of the 8 kHz 16-bit little-endian PCM of the whole prompt, in hex."""
    length: int
    """Samples in the whole prompt."""
    first_sample: int
    """Call time line, inclusive."""
    last_sample: int
    """Call time line, exclusive."""
    packets_sent: int
    """RTP packets sent in that span."""
    loss: float | None
    """Share of the span's packets that the far end reported lost (RTCP, RFC 3550 6.4.1), 0..1; None: no report came."""
    packet_samples: int = 160
    """Samples in each of these packets (RFC 3551 4.2)."""
    restarted: bool = False
    """The media stream was replaced meanwhile: what was counted is not of one stream."""
    silent: bool = False
    """The far end never reported, and nothing came from it for seconds: whether it hears us is not known."""


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """A prompt stopped, at its end or before."""

    prompt_id: int
    end: PromptEnd
    report: PlayReport | None = None
    """None when nothing of it was sent."""


@dataclass(frozen=True, slots=True)
class LossReported:
    """A receiver report that came after a disclosure's end told more of how it was received (RFC 3550 6.4.2)."""

    prompt_id: int
    loss: float
    """Share of the packets from the prompt's first one to the report that were lost, 0..1."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller began to speak: a suspected onset that the stronger detector confirmed."""

    sample: int
    """Where the speech began (not where it was noticed)."""


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The caller stopped speaking (the end point was reached)."""

    sample: int


@dataclass(frozen=True, slots=True)
class HypothesisReceived:
    """What the recognizer believes so far; may change."""

    listen_id: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TranscriptReady:
    """What the recognizer made of one utterance."""

    listen_id: int
    text: str = field(repr=False)
    """What was said, in free decoding; empty if nothing intelligible."""
    choice: str | None
    """The choice (its name in the grammar) that the words stand for, None if none fits."""
    confidence: float
    """Calibrated probability that `choice` (or, where none fits and any words are heard, `text`) is right, 0..1."""


@dataclass(frozen=True, slots=True)
class RecognizerFailed:
    """Speech cannot be recognized now; keys go on working."""

    listen_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class DigitPressed:
    """One key: 0-9, *, #, A-D. In a stored journal a secret one is `?`."""

    digit: str = field(repr=False)
    via: Via = Via.RFC4733


@dataclass(frozen=True, slots=True)
class KeysMissed:
    """So much of what the caller sent was lost that a key may have been among it."""

    via: Via = Via.RFC4733


@dataclass(frozen=True, slots=True)
class LookupDone:
    """A data source answered."""

    lookup_id: int
    values: dict[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class LookupFailed:
    """A data source did not answer, or not in its form."""

    lookup_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class VoiceScored:
    """The embedder compared the caller's speech with the enrolled voice."""

    verify_id: int
    score: float = field(repr=False)
    """Cosine similarity, -1..1."""
    speech_seconds: float = 0.0
    """Net speech that was scored."""


@dataclass(frozen=True, slots=True)
class VoiceUnscored:
    """No score: not enrolled, too little speech, or the embedder is down. Never an acceptance."""

    verify_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class QueueJoined:
    """The hub holds the call in a queue."""

    queue: str
    position: int


@dataclass(frozen=True, slots=True)
class AgentOffered:
    """The hub reserved an agent for this call; the cell is to ring that phone."""

    offer_id: str
    agent: str
    """Agent's name in the directory."""
    uri: str
    """Where to ring: a SIP URI."""


@dataclass(frozen=True, slots=True)
class AgentRinging:
    """The agent's phone rings (180)."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class AgentAnswered:
    """The agent's leg is up."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class AgentFailed:
    """The agent's phone did not answer, refused or cannot be reached."""

    offer_id: str
    code: int
    """SIP status code of the failure (RFC 3261 21)."""


@dataclass(frozen=True, slots=True)
class TargetAnswered:
    """The leg to the target of a transfer is up."""

    transfer_id: int


@dataclass(frozen=True, slots=True)
class TargetFailed:
    """The target of a transfer is busy, refused, did not answer or cannot be reached."""

    transfer_id: int
    code: int
    """SIP status code of the failure (RFC 3261 21); 487 when we gave up ringing."""


@dataclass(frozen=True, slots=True)
class CallbackKept:
    """The callback request is durable."""

    callback_id: int


@dataclass(frozen=True, slots=True)
class CallbackFailed:
    """The callback request could not be kept."""

    callback_id: int


@dataclass(frozen=True, slots=True)
class QueueFailed:
    """No agent will come: closed, full, no such queue, or the hub is down."""

    reason: str


@dataclass(frozen=True, slots=True)
class LegHeld:
    """The far end put us on hold (re-INVITE with sendonly or inactive, RFC 3264 8.4)."""

    role: LegRole


@dataclass(frozen=True, slots=True)
class LegResumed:
    """The far end took us off hold."""

    role: LegRole


@dataclass(frozen=True, slots=True)
class LegHungUp:
    """A leg ended: BYE, CANCEL, failure, or our own hanging up."""

    role: LegRole
    code: int
    """SIP status code: 200 after an answered call, 487 after CANCEL, else the failure."""
    by_far_end: bool


@dataclass(frozen=True, slots=True)
class LineMeasured:
    """What share of the caller's packets was lost in the whole call (RFC 3550). Before the caller's LegHungUp."""

    lost_here: float
    """On the way to us, 0..1."""
    lost_there: float | None
    """On the way to the caller, as the far end reported; None: it reported nothing."""


@dataclass(frozen=True, slots=True)
class PauseAsked:
    """The agent pressed the keys that pause the recording."""

    limit: float
    """Seconds after which it goes on by itself."""


@dataclass(frozen=True, slots=True)
class ResumeAsked:
    """The agent pressed the keys that let the recording go on."""


@dataclass(frozen=True, slots=True)
class TalkNearsEnd:
    """The talk with an agent or a transfer's target has lasted nearly as long as one may."""


@dataclass(frozen=True, slots=True)
class TalkOver:
    """It has lasted as long as one may: it ends."""


@dataclass(frozen=True, slots=True)
class DrainRequested:
    """The engine is stopping, and the time it leaves to running calls is over: this one is to end with an apology."""


Event = (
    CallArrived
    | RecordingStarted
    | RecordingFailed
    | CallAnswered
    | MediaMissing
    | CallerVanished
    | MediaAstray
    | PromptStarted
    | PromptEnded
    | LossReported
    | SpeechStarted
    | SpeechEnded
    | HypothesisReceived
    | TranscriptReady
    | RecognizerFailed
    | DigitPressed
    | KeysMissed
    | LookupDone
    | LookupFailed
    | VoiceScored
    | VoiceUnscored
    | QueueJoined
    | AgentOffered
    | AgentRinging
    | AgentAnswered
    | AgentFailed
    | TargetAnswered
    | TargetFailed
    | CallbackKept
    | CallbackFailed
    | QueueFailed
    | LegHeld
    | LegResumed
    | LegHungUp
    | LineMeasured
    | PauseAsked
    | ResumeAsked
    | TalkNearsEnd
    | TalkOver
    | DrainRequested
)
