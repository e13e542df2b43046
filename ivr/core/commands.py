"""Orders that the core gives, in the imperative. The cell carries them out and answers with events.

Every order that is answered later carries an id, and its answer names the same id: an answer to an order that is no
longer wanted is recognized and dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class BargeIn(StrEnum):
    """What may interrupt a prompt."""

    NEVER = "never"
    KEYS = "keys"
    SPEECH = "speech"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Clip:
    """One piece of a prompt: text to synthesize, a recorded file, or a tone. Never two of them."""

    language: str
    """BCP 47 tag: en, zh."""
    text: str = field(default="", repr=False)
    file: str | None = None
    """Path below the dialplan's directory."""
    voice: str | None = None
    """Name of a voice; None is the language's default."""
    dynamic: bool = False
    """Holds a caller's data: rendered in memory, never kept on disk."""
    tone: str | None = None
    """beep: after it a message is taken."""

    @property
    def shown(self) -> str:
        """What people read in its place."""
        return self.text or f"[{self.tone or self.file}]"


@dataclass(frozen=True, slots=True)
class Grammar:
    """What may be said at a listening point. No choices: free speech."""

    language: str
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Name of a choice -> phrases that mean it."""
    free: bool = False
    """Decode freely too, and hand the text over even if no choice fits."""
    value: str = ""
    """With `free`: the kind of value that is waited for ('digits', 'date', 'amount EUR'); empty: any words."""
    exact: bool = False
    """Consent, an acknowledgement or an order: only a choice's own words choose it, whatever the score."""


@dataclass(frozen=True, slots=True)
class SendProgress:
    """Open the media before the answer: 183 with SDP (early media, RFC 3960)."""


@dataclass(frozen=True, slots=True)
class AcceptCall:
    """Send the 200. Answered by CallAnswered."""


@dataclass(frozen=True, slots=True)
class RejectCall:
    """Refuse before the answer."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Open the sealed recording. Answered by RecordingStarted or RecordingFailed."""


@dataclass(frozen=True, slots=True)
class PauseRecording:
    """Stop keeping audio: silence of the same length is written and marked. It lasts while any reason does."""

    reason: str


@dataclass(frozen=True, slots=True)
class ResumeRecording:
    """This reason is over: keep audio again, unless there is another one."""

    reason: str


@dataclass(frozen=True, slots=True)
class Beep:
    """Short tones to everybody on the line."""

    times: int


@dataclass(frozen=True, slots=True)
class PlayPrompt:
    """Play clips in order, as one prompt. Answered by PromptStarted and PromptEnded."""

    prompt_id: int
    clips: tuple[Clip, ...]
    disclosure: str | None = None
    """Name of the disclosure it is: its PromptEnded must carry a report."""


@dataclass(frozen=True, slots=True)
class StopPrompt:
    """Silence at once. Answered by PromptEnded(INTERRUPTED)."""

    prompt_id: int


@dataclass(frozen=True, slots=True)
class Listen:
    """Hear speech from now on: SpeechStarted, HypothesisReceived, SpeechEnded, TranscriptReady or RecognizerFailed.

    One utterance a listen; keys are always heard and need no order.
    """

    listen_id: int
    grammar: Grammar
    end_silence: float = 0.7
    """Seconds of silence that end an utterance."""
    max_speech: float = 15.0
    """Seconds after which an utterance is ended for the caller."""
    secret: bool = False
    """Nothing of it may be stored."""


@dataclass(frozen=True, slots=True)
class StopListening:
    """No longer interested. Not answered."""

    listen_id: int


@dataclass(frozen=True, slots=True)
class StartLookup:
    """Ask a data source. Answered by LookupDone or LookupFailed."""

    lookup_id: int
    source: str
    query: str
    params: dict[str, object] = field(repr=False)
    timeout: float = 3.0
    """Seconds."""
    secret: tuple[str, ...] = ()
    """Parameters that hold what was keyed in at a secret prompt: never stored, logged or compared in a replay."""
    attempt: str = field(default="", repr=False)
    """Whom it would prove the caller to be (source and parameters that are no secret); empty: it proves nothing."""


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
class StopVoice:
    """Drop the gathering. Not answered."""

    verify_id: int


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Ask the hub for an agent. Answered by QueueJoined, AgentOffered (any number), QueueFailed."""

    queue: str
    priority: int = 0


@dataclass(frozen=True, slots=True)
class LeaveQueue:
    """The call no longer wants an agent. Not answered."""


@dataclass(frozen=True, slots=True)
class PlayMusic:
    """Music on hold until StopMusic or a prompt's end; prompts interrupt it."""


@dataclass(frozen=True, slots=True)
class StopMusic:
    """End the music."""


@dataclass(frozen=True, slots=True)
class DialAgent:
    """Ring the agent's phone. Answered by AgentRinging, AgentAnswered, AgentFailed."""

    offer_id: str
    agent: str
    uri: str
    timeout: float = 20.0
    """Seconds of ringing."""


@dataclass(frozen=True, slots=True)
class CancelAgent:
    """Stop ringing, or hang up the agent's leg."""

    offer_id: str


@dataclass(frozen=True, slots=True)
class DialTarget:
    """Ring the target of a transfer. Answered by TargetAnswered or TargetFailed."""

    transfer_id: int
    destination: str
    """A name; the settings say which address that is."""
    timeout: float
    """Seconds of ringing."""


@dataclass(frozen=True, slots=True)
class CancelTarget:
    """Stop ringing, or hang up the target's leg."""

    transfer_id: int


@dataclass(frozen=True, slots=True)
class KeepCallback:
    """Keep the callback request. Answered by CallbackKept or CallbackFailed."""

    callback_id: int
    queue: str
    number: str = field(repr=False)
    """+ and digits, or digits."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """Let the caller and whoever answered (agent or target) hear each other."""


@dataclass(frozen=True, slots=True)
class Unbridge:
    """Part them again."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the caller's leg (BYE)."""

    cause: str
    """completed, refused, failed, drained: for the record."""


@dataclass(frozen=True, slots=True)
class RaiseAlarm:
    """Someone must look at this now."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A fact for the call's record: a state entered, a disclosure evidenced, an identity reached."""

    kind: str
    data: dict[str, object] = field(repr=False)


Command = (
    SendProgress
    | AcceptCall
    | RejectCall
    | StartRecording
    | PauseRecording
    | ResumeRecording
    | Beep
    | PlayPrompt
    | StopPrompt
    | Listen
    | StopListening
    | StartLookup
    | CollectVoice
    | StopVoice
    | Enqueue
    | LeaveQueue
    | PlayMusic
    | StopMusic
    | DialAgent
    | CancelAgent
    | DialTarget
    | CancelTarget
    | KeepCallback
    | Bridge
    | Unbridge
    | HangUp
    | RaiseAlarm
    | Note
)
