"""People judge calls: which call is next, what they say, what its agent says against it, and who decides.

Rules: what another reviewer said is shown to nobody who may still judge the call. Nobody judges a call that they took
themselves. An appeal is decided by somebody who neither judged the call nor took it. What the log holds of it is who
judged which call by which card, never an answer.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ivr.core.call.record import CallRecord
from ivr.core.compliance.rule import Found
from ivr.core.review.blind import without_findings
from ivr.core.review.kappa import Agreement, agreement
from ivr.core.review.machine import FoundIn
from ivr.core.review.review import (
    NOTES_CHARACTERS,
    AppealOutcome,
    Decided,
    Pair,
    Review,
    Said,
    is_closed,
    may_decide,
    may_judge,
    pairs_of,
    refused,
    seen_by,
)
from ivr.core.review.risk import Why, whys_found, whys_of
from ivr.core.review.scorecard import Answer, Scorecard, score
from ivr.core.vault.retention import DAY_SECONDS
from ivr.engine.office.judges import card_of, is_blind, may_judge_now, queue_of, users
from ivr.engine.office.office import Asked, AskedOfCall, Desk, does
from ivr.engine.office.own_desk import AtDesk, own_agent
from ivr.engine.office.review_queue import whys_for
from ivr.engine.office.rules_of_lines import found_in
from ivr.errors import NotSetUpError, OperatorError

LATEST: Final = 25
"""Reviews that an agent is shown."""
MOST_COMPARED: Final = 5000
"""Calls that are compared for the agreement of reviewers."""


@dataclass(frozen=True, slots=True)
class OpenReview(AskedOfCall):
    """A call, to be judged."""


@dataclass(frozen=True, slots=True)
class SubmitReview(AskedOfCall):
    """What somebody says of a call."""

    answers: tuple[tuple[str, Answer], ...] = ()
    """(Question, answer)."""
    notes: str = field(default="", repr=False)
    agent: str = ""
    """Whom it is about, of the call's agents; empty: the last one."""
    card: str = ""
    """name@version of the card that was answered; empty: the one for this call."""


@dataclass(frozen=True, slots=True)
class Appeal(Asked):
    """Say something against a review of oneself."""

    review: str


@dataclass(frozen=True, slots=True)
class Decide(Asked):
    """Decide an appeal."""

    review: str
    outcome: AppealOutcome


@dataclass(frozen=True, slots=True)
class Compare(Asked):
    """How well reviewers agree."""

    days: float = 90.0
    """In reviews of so many days back."""


@dataclass(frozen=True, slots=True)
class OpenedReview:
    """A call, ready to be judged."""

    record: CallRecord = field(repr=False)
    whys: tuple[Why, ...]
    card: Scorecard | None
    """By which it is judged; None: no card fits it."""
    queue: str
    reviews: tuple[tuple[Review, Scorecard | None], ...]
    """Those that this person may see, each with its card."""
    may_judge: bool
    refusal: str
    """Why they may not."""
    may_decide: bool
    found: tuple[Found, ...] = field(default=(), repr=False)
    """What rules found, in order of time: where to listen."""
    machine: FoundIn = field(default_factory=FoundIn)
    """By which the machine answers the questions that name a rule: beside people's answers, when those are in."""
    withheld: bool = False
    """Chance drew the call to measure what rules miss: what they found is told who has judged it."""


@dataclass(frozen=True, slots=True)
class OwnReview:
    """A review of oneself."""

    review: Review
    card: Scorecard | None


@dataclass(frozen=True, slots=True)
class Compared:
    """How well reviewers agree on something."""

    what: tuple[str, ...]
    """Two reviewers, or a card and its question; empty: on everything."""
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class AgreementFound:
    """How well reviewers agree."""

    calls: int
    """That two persons judged by the same card."""
    together: Compared
    reviewers: list[Compared]
    questions: list[Compared]


@does("reviews.show")
def show(desk: Desk, asked: OpenReview) -> OpenedReview:
    """Its questions, and what was said of it as far as this person may see that. Raises OperatorError, SealError."""
    ports, person = desk.ports, desk.actor.name
    call = desk.call_named(asked.call)
    with desk.entering(call):
        record = ports.calls.get(call)
        of_call = ports.reviews.of_calls([call]).get(call, ())
        takers = users(desk, record.agents)
        allowed, withheld = may_judge_now(desk, record, of_call), is_blind(desk, record)
        record = without_findings(record) if withheld else record
        found, machine = ((), FoundIn()) if withheld else found_in(desk, record)
        return OpenedReview(
            record,
            (*whys_of(record), *whys_found(found)),
            card_of(desk, record),
            queue_of(desk, call),
            tuple((one, ports.scorecards.by_sha256(one.card_sha256)) for one in seen_by(of_call, person)),
            allowed,
            "" if allowed else _refusal(record, of_call, person),
            is_closed(of_call) and may_decide(of_call, person, takers),
            found,
            FoundIn() if allowed else machine,
            withheld,
        )


@does("reviews.submit")
def submit(desk: Desk, asked: SubmitReview) -> Review:
    """Hand in what one says of a call. Raises OperatorError, NotSetUpError without a card, DeniedError of one's own."""
    ports, person = desk.ports, desk.actor.name
    desk.actor.must_be_known()
    call = desk.call_named(asked.call)
    record = ports.calls.get(call)
    of_call = ports.reviews.of_calls([call]).get(call, ())
    if person in users(desk, record.agents):
        raise desk.denied("nobody judges a call that they took themselves", call=call)
    if not may_judge(of_call, person) or record.ended_at is None:
        raise OperatorError(_refusal(record, of_call, person))
    card = card_of(desk, record)
    if card is None:
        raise NotSetUpError("no scorecard fits this call yet: a supervisor publishes one, by ivr review publish FILE")
    if asked.card not in ("", card.title):
        raise OperatorError(f"calls like this are judged by {card.title} now: open the call again and answer that one")
    answers = dict(asked.answers)
    review = Review(
        review_id=secrets.token_hex(8),
        call_id=call,
        started_at=record.started_at,
        by=person,
        at=desk.wall(),
        card=card.title,
        card_sha256=card.sha256,
        agent=_about(record, asked.agent),
        whys=tuple(one.name for one in whys_for(desk, record, of_call)),
        answers=tuple((one.name, answers[one.name]) for one in card.questions if one.name in answers),
        score=score(card, answers),
        notes=_notes(asked.notes),
    )
    with desk.entering(call, review=review.review_id, card=card.title):
        ports.reviews.add(review)
    return review


@does("reviews.own")
def own(desk: Desk, asked: AtDesk) -> list[OwnReview]:
    """What was said of oneself, the newest first. Raises NotSetUpError of somebody who is no agent."""
    ports, agent = desk.ports, own_agent(desk, asked)
    return [
        OwnReview(one, ports.scorecards.by_sha256(one.card_sha256))
        for one in ports.reviews.of_agent(agent.name, limit=LATEST)
    ]


@does("reviews.appeal")
def appeal(desk: Desk, asked: Appeal) -> None:
    """Ask that another person decides. Raises OperatorError, DeniedError of a review of somebody else."""
    agent, review = own_agent(desk, AtDesk()), desk.ports.reviews.get(asked.review)
    if review.agent != agent.name:
        raise desk.denied("this review is not about you: each agent appeals for themselves", call=review.call_id)
    with desk.entering(review.call_id, review=review.review_id):
        desk.ports.reviews.appeal(review.review_id, Said(desk.actor.name, desk.wall(), desk.reason))


@does("reviews.decide")
def decide(desk: Desk, asked: Decide) -> Review:
    """Decide an appeal. Raises OperatorError, DeniedError of who judged the call or took it."""
    ports, person = desk.ports, desk.actor.name
    desk.actor.must_be_known()
    review = ports.reviews.get(asked.review)
    of_call = ports.reviews.of_calls([review.call_id])[review.call_id]
    if not may_decide(of_call, person, users(desk, (review.agent,))):
        why = "an appeal is decided by somebody who neither judged the call nor took it"
        raise desk.denied(why, call=review.call_id)
    with desk.entering(review.call_id, review=review.review_id, outcome=str(asked.outcome)):
        ports.reviews.decide(review.review_id, Decided(asked.outcome, Said(person, desk.wall(), desk.reason)))
    return review


@does("reviews.agreement")
def compare(desk: Desk, asked: Compare) -> AgreementFound:
    """How well reviewers agree: on all, two by two, and question by question. Raises IvrError."""
    since = desk.wall() - asked.days * DAY_SECONDS
    of_calls = desk.ports.reviews.since(since, limit=MOST_COMPARED).values()
    pairs = pairs_of(of_calls)
    return AgreementFound(
        sum(bool(pairs_of([one])) for one in of_calls),
        Compared((), agreement([one.answers for one in pairs])),
        _grouped((one.reviewers, one) for one in pairs),
        _grouped(((one.card, one.question), one) for one in pairs),
    )


def _grouped(named: Iterable[tuple[tuple[str, ...], Pair]]) -> list[Compared]:
    groups: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
    for what, pair in named:
        groups[what].append(pair.answers)
    return [Compared(what, agreement(groups[what])) for what in sorted(groups)]


def _refusal(record: CallRecord, of_call: tuple[Review, ...], person: str) -> str:
    if record.ended_at is None:
        return "the call is still running: it can be judged when it has ended"
    if may_judge(of_call, person):
        return "nobody judges a call that they took themselves"
    return refused(of_call, person)


def _about(record: CallRecord, agent: str) -> str:
    if agent and agent not in record.agents:
        raise OperatorError(f"{agent} was not in this call; there were {', '.join(record.agents) or 'no agents'}")
    return agent or next(reversed(record.agents), "")


def _notes(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if len(text) > NOTES_CHARACTERS or not text.replace("\n", "").replace("\t", "").isprintable():
        raise OperatorError(f"notes are plain text of at most {NOTES_CHARACTERS} characters")
    return text
