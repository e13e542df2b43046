"""Attempts to prove who somebody is."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AttemptWanted:
    """A caller tries to prove who they are, by an account. Answered by AttemptAnswered; lost with its connection."""

    call_id: str
    lookup_id: int
    account: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AttemptAnswered:
    """Whether the attempt may be made."""

    call_id: str
    lookup_id: int
    allowed: bool


@dataclass(frozen=True, slots=True)
class AttemptPassed:
    """They have proved it."""

    call_id: str
    account: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AttemptUnanswered:
    """The data source did not answer: nothing was learnt."""

    call_id: str
    account: str = field(repr=False)
