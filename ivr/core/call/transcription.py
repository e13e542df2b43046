"""What was said in a call and was read after it: each party on its own channel, with the time of every word.

A call's own transcript (`ivr.core.call.transcript`) holds what the machine said and what callers said to it. This holds
the rest: an agent's talk, both sides of it, and whoever else was in it. Nothing of a secret is in it, for no sound of
one is in the recording.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr.core.call.transcript import Span

AGENT, COLLEAGUE, TARGET = "agent", "colleague", "target"
"""Who speaks besides the caller: an agent, one whom they consult, one to whom the call was transferred."""
CHANNELS = {"caller.in": "caller", "agent.in": AGENT, "consultant.in": COLLEAGUE, "target.in": TARGET}
"""Channel of the recording -> who is heard on it. A supervisor's is left out: they speak with the agent alone."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word; of Chinese, one sign or some."""

    text: str = field(repr=False)
    first_sample: int
    """Call time line, inclusive."""
    last_sample: int
    """Exclusive."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one party said between two pauses."""

    who: str
    """caller, agent, colleague or target."""
    first_sample: int
    """Call time line, inclusive."""
    last_sample: int
    """Exclusive."""
    language: str
    text: str = field(repr=False)
    confidence: float
    """That the words are those, 0..1, as the recognizer says."""
    words: tuple[Word, ...] = field(default=(), repr=False)
    """In order; none where the recognizer gives no times: then a word's place is its share of the text."""

    def span(self) -> Span:
        """As a transcript has it."""
        return Span(self.who, self.first_sample, self.last_sample, self.language, self.text, self.confidence)


@dataclass(frozen=True, slots=True)
class Transcription:
    """All that was read in one call after it."""

    call_id: str
    started_at: float
    """Of the call, seconds since the epoch."""
    at: float
    """When it was read, likewise."""
    recognizers: tuple[str, ...]
    """Which models read it."""
    utterances: tuple[Utterance, ...] = field(repr=False)
    """In order of time."""


def together(spans: Iterable[Span], transcription: Transcription | None) -> list[Span]:
    """The whole talk in order of time: a call's own transcript, and what was read after it."""
    more = transcription.utterances if transcription is not None else ()
    return sorted((*spans, *(one.span() for one in more)), key=lambda one: (one.first_sample, one.last_sample))
