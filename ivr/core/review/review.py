"""A person's judgement of a call, what its agent says against it, and what another person decides.

Rules: a call is judged by two persons at most, and no one twice. Whoever may still judge it does not see what another
said. What is appealed against is judged by nobody else any more. Who judged a call, or took it, decides no appeal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ivr.core.review.scorecard import Answer, Score

MOST_REVIEWERS: Final = 2
NOTES_CHARACTERS: Final = 4000


class AppealOutcome(StrEnum):
    """What becomes of a review that was appealed against."""

    STANDS = "stands"
    VOID = "void"
    """It counts no more."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said to a review, and when."""

    by: str
    at: float
    """Seconds since the epoch."""
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Decided:
    """What another person decided."""

    outcome: AppealOutcome
    said: Said


@dataclass(frozen=True, slots=True)
class Review:
    """One judgement."""

    review_id: str
    call_id: str
    started_at: float
    """Of the call, seconds since the epoch."""
    by: str
    at: float
    """When it was handed in, so too."""
    card: str
    """name@version of the scorecard."""
    card_sha256: str
    """Of its text."""
    agent: str
    """Whom it is about; empty: the machine alone."""
    whys: tuple[str, ...]
    """Reasons for which the call waited."""
    answers: tuple[tuple[str, Answer], ...]
    """(Question, answer) in the card's order."""
    score: Score
    notes: str = field(default="", repr=False)
    appeal: Said | None = None
    decided: Decided | None = None

    @property
    def state(self) -> str:
        """submitted, appealed or decided."""
        return "decided" if self.decided is not None else "appealed" if self.appeal is not None else "submitted"

    @property
    def counts(self) -> bool:
        """Whether it was not declared void."""
        return self.decided is None or self.decided.outcome is not AppealOutcome.VOID


def is_closed(of_call: Sequence[Review]) -> bool:
    """Whether nobody judges this call any more."""
    return len(of_call) >= MOST_REVIEWERS or any(one.appeal is not None for one in of_call)


def may_judge(of_call: Sequence[Review], person: str) -> bool:
    """Whether somebody may judge a call that was judged so."""
    return not is_closed(of_call) and all(one.by != person for one in of_call)


def refused(of_call: Sequence[Review], person: str) -> str:
    """Why somebody may not judge a call that was judged so."""
    if any(one.by == person for one in of_call):
        return "you judged this call before: nobody judges one twice"
    if any(one.appeal is not None for one in of_call):
        return "its agent appealed against a review of this call: nobody judges it any more"
    return f"{MOST_REVIEWERS} persons have judged this call: nobody else does"


def seen_by(of_call: Sequence[Review], person: str) -> tuple[Review, ...]:
    """Those of a call's reviews that a reviewer may see now."""
    return () if may_judge(of_call, person) else tuple(of_call)


def may_decide(of_call: Sequence[Review], person: str, agents: Collection[str]) -> bool:
    """Whether somebody may decide an appeal against a review of this call. `agents`: its agents as users."""
    return person not in agents and all(one.by != person for one in of_call)


@dataclass(frozen=True, slots=True)
class Pair:
    """What two persons answered to the same question about the same call."""

    reviewers: tuple[str, str]
    """In the order of their names."""
    card: str
    question: str
    answers: tuple[str, str]
    """Theirs, in that order."""


def pairs_of(of_calls: Iterable[Sequence[Review]]) -> list[Pair]:
    """Of every call that two persons judged about the same agent by the same text of a card, where both count."""
    found: list[Pair] = []
    for of_call in of_calls:
        counted = sorted((one for one in of_call if one.counts), key=lambda one: one.by)
        if len(counted) != MOST_REVIEWERS:
            continue
        one, other = counted
        if (one.card_sha256, one.agent) == (other.card_sha256, other.agent):
            theirs = dict(other.answers)
            found += [
                Pair((one.by, other.by), one.card, question, (str(answer), str(theirs[question])))
                for question, answer in one.answers
            ]
    return found
