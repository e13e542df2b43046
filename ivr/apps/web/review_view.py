"""Reviews as the console shows them, on a page and by the API: questions by their text, calls by their time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ivr.apps.web.call_view import Flag
from ivr.core.call.flags import FLAGS
from ivr.core.review.machine import FoundIn, scored
from ivr.core.review.review import Review
from ivr.core.review.risk import MEANINGS, Why
from ivr.core.review.scorecard import Scorecard


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a card."""

    name: str
    text: str
    weight: int
    critical: bool
    answer: str = ""
    """yes, no, not_applicable; empty: it is not answered yet."""
    machine: str = ""
    """What rules answer: yes or no; empty: no rule does."""


@dataclass(frozen=True, slots=True)
class ReviewShown:
    """One review."""

    review: str
    call: str
    started_at: float
    """Of the call, seconds since the epoch, as the other times are."""
    by: str
    at: float
    card: str
    agent: str
    percent: int | None
    passed: bool
    answers: tuple[Asked, ...]
    notes: str = field(repr=False)
    state: str
    """submitted, appealed, decided."""
    appeal: str = field(repr=False)
    """What its agent said against it."""
    appealed_at: float | None
    outcome: str
    """stands, void; empty: nobody decided."""
    decided_by: str
    decided_at: float | None
    decision: str = field(repr=False)
    """Why."""
    machine_answers: int = 0
    """Questions that the machine answered, too."""
    machine_percent: int | None = None
    """What its answers come to, by those questions alone."""


def reasons(whys: Iterable[Why]) -> tuple[Flag, ...]:
    """Why a call waits for a person."""
    return tuple(Flag(one.name, FLAGS.get(one.name) or MEANINGS.get(one.name, "")) for one in whys)


def questions(card: Scorecard | None, language: str) -> tuple[Asked, ...]:
    """A card's questions, in a language if they are asked in it."""
    asked = card.questions if card is not None else ()
    return tuple(Asked(one.name, one.text(language), one.weight, one.critical) for one in asked)


def shown(review: Review, card: Scorecard | None, language: str, machine: FoundIn | None = None) -> ReviewShown:
    """A review. `card`: the one by which it was made. `machine`: what rules made of the call, to stand beside it."""
    judged = scored(card, machine) if card is not None and machine is not None else None
    theirs = judged[0] if judged is not None else {}
    asked = {one.name: one for one in questions(card, language)}
    appeal, decided = review.appeal, review.decided
    return ReviewShown(
        review=review.review_id,
        call=review.call_id,
        started_at=review.started_at,
        by=review.by,
        at=review.at,
        card=review.card,
        agent=review.agent,
        percent=review.score.percent,
        passed=review.score.passed,
        answers=tuple(
            replace(asked[name], answer=str(answer), machine=str(theirs.get(name, "")))
            if name in asked
            else Asked(name, name, 0, name in review.score.failed, str(answer))
            for name, answer in review.answers
        ),
        notes=review.notes,
        state=review.state,
        appeal=appeal.reason if appeal else "",
        appealed_at=appeal.at if appeal else None,
        outcome=str(decided.outcome) if decided else "",
        decided_by=decided.said.by if decided else "",
        decided_at=decided.said.at if decided else None,
        decision=decided.said.reason if decided else "",
        machine_answers=len(theirs),
        machine_percent=judged[1].percent if judged is not None else None,
    )
