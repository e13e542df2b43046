"""What is said in a talk while it goes on, as the recognizer tells it, and what an agent reads out in it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AgentSaid:
    """What an agent said between two pauses while the caller heard them, recognized as the talk goes on."""

    party: str
    language: str
    """BCP 47 tag: of the recognizer."""
    text: str = field(repr=False)
    """Empty: it was not understood, or lost, or the caller did not hear all of it."""
    first_sample: int
    """Call time line, inclusive."""
    last_sample: int
    """Exclusive."""
    confidence: float
    """That the words are those, 0..1."""
    packets_sent: int
    """To the caller meanwhile."""
    packets_due: int
    """How many were to be sent in that time."""
    loss: float | None
    """Share of them that the far end reported lost, 0..1; None when it sent no report."""
    silent: bool = False
    """The far end has never reported, and nothing came from it meanwhile."""
    agent: str = ""
    """Their name; the call knows it."""


@dataclass(frozen=True, slots=True)
class DisclosureRead:
    """An agent has read a disclosure whole; the caller has not acknowledged it yet. Not answered."""

    disclosure: str
    agent: str


@dataclass(frozen=True, slots=True)
class CallerOverheard:
    """What the caller said to an agent between two pauses, recognized as the talk goes on."""

    language: str
    """BCP 47 tag: of the recognizer."""
    text: str = field(repr=False)
    first_sample: int
    """Call time line, inclusive."""
    last_sample: int
    """Exclusive."""
