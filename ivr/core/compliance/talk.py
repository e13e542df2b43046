"""What was said in one call, as rules read it: words and times, never sound.

The bank's side and the caller's are of two types. Rules that look for a mood or a need take the caller's type only, so
no rule can be run over an agent's words for it (Regulation (EU) 2024/1689 Art. 5(1)(f); check with counsel).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Speaker(StrEnum):
    """Who speaks."""

    MACHINE = "machine"
    AGENT = "agent"
    CALLER = "caller"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word stands in a text, and when it was said."""

    first: int
    """Sign of the text at which it begins."""
    last: int
    """Behind its end."""
    first_sample: int
    """Call time line, inclusive."""
    last_sample: int
    """Exclusive."""


@dataclass(frozen=True, slots=True)
class Said:
    """One utterance, or one prompt."""

    first_sample: int
    """Call time line (8 kHz), inclusive."""
    last_sample: int
    """Exclusive."""
    language: str
    text: str = field(repr=False)
    confidence: float = 1.0
    """That the words are those, 0..1; of what a machine said, 1."""
    places: tuple[Place, ...] = field(default=(), repr=False, kw_only=True)
    """Of its words, in order; none where nobody knows them."""


@dataclass(frozen=True, slots=True)
class BankSaid(Said):
    """Said for the bank."""

    speaker: Speaker = Speaker.MACHINE
    """The machine or an agent."""


@dataclass(frozen=True, slots=True)
class CallerSaid(Said):
    """Said by the caller."""

    @property
    def speaker(self) -> Speaker:
        """Always the caller."""
        return Speaker.CALLER


@dataclass(frozen=True, slots=True)
class Answered:
    """What an official source answered in the call: true from this sample on, until it answers again."""

    sample: int
    values: Mapping[str, object] = field(repr=False)
    """`source.query.field` -> value."""


@dataclass(frozen=True, slots=True)
class Talk:
    """One call, as it is inspected."""

    bank: tuple[BankSaid, ...]
    """In order of time."""
    caller: tuple[CallerSaid, ...]
    """In order of time."""
    samples: int
    """Length of the call."""
    dialplan: str = ""
    """Its name: the product that the line is for."""
    jurisdiction: str = ""
    language: str = ""
    """Of the call, at its end."""
    states: tuple[tuple[int, str], ...] = ()
    """(Sample, state that was entered), in order."""
    disclosures: tuple[tuple[int, str], ...] = ()
    """(Sample at which it was heard to its end, disclosure), in order."""
    silences: tuple[tuple[int, int], ...] = ()
    """(First sample, last sample) in which neither side is heard, as far as the record knows."""
    talks: tuple[tuple[int, int], ...] = ()
    """(First sample, last sample) in which an agent was connected with the caller."""
    holds: tuple[tuple[int, int], ...] = ()
    """So too: in which the caller was on hold, or waited while the agent asked a colleague."""
    answers: tuple[Answered, ...] = ()
    """In order of time."""

    @property
    def everything(self) -> tuple[BankSaid | CallerSaid, ...]:
        """All that was said, in order."""
        return tuple(sorted((*self.bank, *self.caller), key=lambda said: (said.first_sample, said.last_sample)))
