"""What the caller says, as it is recognized."""

from __future__ import annotations

from dataclasses import dataclass, field, replace


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
    """Only what was said in these very words counts: consent, an acknowledgement, an order, digits drawn to be said."""
    like: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """Name of a choice -> example sentences: free words are compared with them (`TranscriptReady.alike`)."""


@dataclass(frozen=True, slots=True)
class VoiceOf:
    """Whose voice an utterance is to be compared with."""

    verify_id: int
    customer: str = field(repr=False)


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
    voice: VoiceOf | None = None
    """Score the very utterance that is recognized, too: VoiceScored or VoiceUnscored comes as well, before or after."""
    interrupts: int | None = field(default=None, repr=False)
    """The prompt that speech interrupts. It is held as soon as somebody speaks; who only nods ("mm") lets it go on, and
    nothing is told of it: SpeechStarted comes when it is more."""

    @property
    def understood(self) -> Grammar:
        """As the recognizer gets it: where the voice is judged every word counts, and none may be read as a digit."""
        return self.grammar if self.voice is None else replace(self.grammar, exact=True)


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
    alike: dict[str, float] = field(default_factory=dict, repr=False)
    """Choice -> how near its example sentences the text is in meaning, -1..1; empty: nobody compared them."""


@dataclass(frozen=True, slots=True)
class RecognizerFailed:
    """Speech cannot be recognized now; keys go on working."""

    listen_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class StopListening:
    """No longer interested. Not answered."""

    listen_id: int
