"""What is played to people: prompts, music, tones; and the evidence of what was heard of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class BargeIn(StrEnum):
    """What may interrupt a prompt."""

    NEVER = "never"
    KEYS = "keys"
    SPEECH = "speech"
    ANY = "any"


UNKNOWN_VOICE = "unknown"
"""A synthesizer that does not say what it is."""


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

    def spoken_by(self, synthesizer: str) -> str:
        """The voice that speaks it: the synthesizer's model and version, and its voice; empty where none does."""
        if self.file or self.tone:
            return ""
        return f"{synthesizer or UNKNOWN_VOICE}/{self.voice or self.language}"


@dataclass(frozen=True, slots=True)
class PlayPrompt:
    """Play clips in order, as one prompt. Answered by PromptStarted and PromptEnded."""

    prompt_id: int
    clips: tuple[Clip, ...]
    disclosure: str | None = None
    """Name of the disclosure it is: its PromptEnded must carry a report."""


@dataclass(frozen=True, slots=True)
class PromptStarted:
    """The first sample of a prompt left for the caller."""

    prompt_id: int
    sample: int


class PromptEnd(StrEnum):
    """Why a prompt stopped playing."""

    COMPLETED = "completed"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    WITHHELD = "withheld"
    """It was not spoken: what it would say does not pass the rules."""


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
    held: int = 0
    """Samples of silence in that span, while somebody said "mm" or made a noise. A disclosure is never held."""
    voices: tuple[str, ...] = ()
    """What spoke its synthesized clips: model, version and voice of each, once. None: people spoke, or nobody."""


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """A prompt stopped, at its end or before."""

    prompt_id: int
    end: PromptEnd
    report: PlayReport | None = None
    """None when nothing of it was sent."""


@dataclass(frozen=True, slots=True)
class LossReported:
    """A receiver report that came after a disclosure's end told more of how it was received (RFC 3550 6.4.2).

    Or nothing came any more, neither sound nor a report, for twice as long as reports are apart: all of it counts as
    lost.
    """

    prompt_id: int
    loss: float
    """Share of the packets from the prompt's first one to the report that were lost, 0..1."""


@dataclass(frozen=True, slots=True)
class StopPrompt:
    """Silence at once. Answered by PromptEnded(INTERRUPTED)."""

    prompt_id: int


@dataclass(frozen=True, slots=True)
class PlayMusic:
    """Music on hold until StopMusic or a prompt's end; prompts interrupt it."""


@dataclass(frozen=True, slots=True)
class StopMusic:
    """End the music."""


@dataclass(frozen=True, slots=True)
class Beep:
    """Short tones to everybody on the line."""

    times: int
