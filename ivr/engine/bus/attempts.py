"""Attempts to prove who somebody is."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.identity.account import FactorKind


@dataclass(frozen=True, slots=True)
class AttemptWanted:
    """A caller tries to prove who they are, by an account. Answered by AttemptAnswered; lost with its connection."""

    call_id: str
    lookup_id: int
    account: str = field(repr=False)
    factor: str = ""
    """Which is tried: a success of one forgives no failure of another."""


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
    factor: str = ""


@dataclass(frozen=True, slots=True)
class AttemptUnanswered:
    """The data source did not answer: nothing was learnt."""

    call_id: str
    account: str = field(repr=False)
    factor: str = ""


@dataclass(frozen=True, slots=True)
class AccountProofWanted:
    """A caller proves an account whose PIN or codes the engine keeps. Answered by AccountProofTaken; needs no hello.

    The hub counts the attempt itself: whoever asks cannot leave that out.
    """

    call_id: str
    account: str = field(repr=False)
    kind: FactorKind
    secret: str = field(repr=False)
    """As it was keyed in."""


@dataclass(frozen=True, slots=True)
class AccountProofTaken:
    """What came of it."""

    right: bool
    """False alike for a wrong secret, an account that nobody has, and a locked one."""
    judged: bool = True
    """Whether it could be judged at all."""
