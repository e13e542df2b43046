"""Calls that people judge: which is next, one with its questions, how well reviewers agree, scorecards, appeals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from pydantic import BaseModel, Field, model_validator

from ivr.apps.web.call_view import CallPage, CallRow, Flag, page, row
from ivr.apps.web.console import Done
from ivr.apps.web.found_view import FoundShown, found_shown
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because
from ivr.apps.web.review_view import Asked, ReviewShown, questions, reasons, shown
from ivr.apps.web.visit import Visit
from ivr.core.review.kappa import Agreement
from ivr.core.review.review import NOTES_CHARACTERS, AppealOutcome
from ivr.core.review.scorecard import Answer
from ivr.core.review.scorecard_file import MAX_BYTES
from ivr.engine.office import recordings, review_queue, scorecards
from ivr.engine.office import reviews as office
from ivr.engine.office.own_desk import AtDesk
from ivr.engine.office.review_queue import ReviewQueueAsked
from ivr.engine.office.reviews import Appeal, Compare, Compared, Decide, OpenReview, SubmitReview
from ivr.engine.office.scorecards import ApproveCard, ListCards, PublishCard

ANSWER: Final = "answer."
"""Before a question's name, in the names of a form's fields."""


class Answers(BaseModel):
    """What somebody says of a call. A form's fields are `answer.QUESTION`."""

    answers: dict[str, Answer] = Field(default={}, max_length=100)
    """Question -> answer."""
    notes: str = Field(default="", max_length=NOTES_CHARACTERS)
    agent: str = Field(default="", max_length=64)
    card: str = Field(default="", max_length=100)

    @model_validator(mode="before")
    @classmethod
    def _from_form(cls, given: Any) -> Any:
        fields = given if isinstance(given, dict) else {}
        named = {name.removeprefix(ANSWER): one for name, one in fields.items() if str(name).startswith(ANSWER)}
        return {**fields, "answers": named} if named else given


class Ruled(Because):
    """What becomes of a review that was appealed against."""

    outcome: AppealOutcome


class Against(Because):
    """Against which review of oneself."""

    review: str = Field(max_length=32)


class Card(Because):
    """A scorecard, as YAML."""

    text: str = Field(min_length=1, max_length=MAX_BYTES)


class CardFor(Card):
    """Whom it is approved for."""

    publisher: str = Field(min_length=1, max_length=80)


@dataclass(frozen=True, slots=True)
class WaitingCall:
    """A call that waits for a person."""

    row: CallRow
    reasons: tuple[Flag, ...]
    risk: int


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """What there is to do."""

    waiting: tuple[WaitingCall, ...]
    more: int
    below: int
    """Calls with reasons below the riskiest of their day: they wait for nobody."""
    appeals: tuple[ReviewShown, ...]
    latest: tuple[ReviewShown, ...]
    damaged: int
    has_cards: bool


@dataclass(frozen=True, slots=True)
class ReviewCall:
    """A call, to be heard and judged."""

    call: CallPage
    reasons: tuple[Flag, ...]
    queue: str
    card: str
    """Empty: none fits it."""
    pass_from: int
    questions: tuple[Asked, ...]
    reviews: tuple[ReviewShown, ...]
    may_judge: bool
    refusal: str
    may_decide: bool
    found: tuple[FoundShown, ...]
    """What rules found: where to listen."""
    withheld: bool
    """What they found is told who has judged the call: chance drew it."""


@dataclass(frozen=True, slots=True)
class AgreementPage:
    """How well reviewers agree."""

    calls: int
    together: Agreement
    reviewers: tuple[Compared, ...]
    questions: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class CardShown:
    """A scorecard by which calls are judged."""

    name: str
    version: str
    at: float
    by: str
    approved_by: str
    entry: int
    pass_from: int
    queues: tuple[str, ...]
    languages: tuple[str, ...]
    questions: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class CardsPage:
    """All that are live."""

    cards: tuple[CardShown, ...]


@dataclass(frozen=True, slots=True)
class OwnReviews:
    """What was said of oneself."""

    reviews: tuple[ReviewShown, ...]


@operation("GET", "/review", scope="reviews.queue", page="review.html")
def reviews_queue(visit: Visit) -> ReviewPage:
    """Calls that wait for a person, the riskiest first; appeals; the latest reviews."""
    found = review_queue.queue(visit.office, ReviewQueueAsked())
    waiting = tuple(WaitingCall(row(one.record), reasons(one.whys), one.risk) for one in found.waiting)
    code = visit.language.code
    return ReviewPage(
        waiting,
        found.more,
        found.below,
        tuple(shown(one, None, code) for one in found.appeals),
        tuple(shown(one, None, code) for one in found.latest),
        found.damaged,
        found.has_cards,
    )


@operation("GET", "/review/call/{call}", scope="reviews.show", page="review_call.html")
def reviews_show(visit: Visit, call: str) -> ReviewCall:
    """A call with its questions, and what was said of it as far as one may see that."""
    found = office.show(visit.office, OpenReview(call))
    heard = page(recordings.show(visit.office, recordings.Show(call, sound=False)), reveal=False)
    code, card = visit.language.code, found.card
    return ReviewCall(
        heard,
        reasons(found.whys),
        found.queue,
        card.title if card is not None else "",
        card.pass_from if card is not None else 0,
        questions(card, code) if found.may_judge else (),
        tuple(shown(one, by_card, code, found.machine) for one, by_card in found.reviews),
        found.may_judge,
        found.refusal,
        found.may_decide,
        found_shown(found.found),
        found.withheld,
    )


@operation("POST", "/review/call/{call}/submit", scope="reviews.submit")
def reviews_submit(visit: Visit, call: str, asked: Answers) -> Done:
    """Hand in what one says of a call."""
    given = SubmitReview(call, tuple(asked.answers.items()), asked.notes, asked.agent, asked.card)
    done = office.submit(visit.office, given)
    if done.score.percent is None:
        return Done(visit.language.text("Handed in: no question applied."), "/review")
    percent = done.score.percent
    if done.score.passed:
        return Done(visit.language.text("Handed in: {percent} %, passed.", percent=percent), "/review")
    return Done(visit.language.text("Handed in: {percent} %, not passed.", percent=percent), "/review")


@operation("POST", "/review/decide/{review}", scope="reviews.decide")
def reviews_decide(visit: Visit, review: str, asked: Ruled) -> Done:
    """Decide an agent's appeal."""
    done = office.decide(visit.office, Decide(review, asked.outcome, reason=asked.reason))
    told = visit.language.text("Decided: the review stands.")
    if asked.outcome is AppealOutcome.VOID:
        told = visit.language.text("Decided: the review counts no more.")
    return Done(told, f"/review/call/{quote(done.call_id, safe='')}")


@operation("GET", "/review/agreement", scope="reviews.agreement", page="review_agreement.html")
def reviews_agreement(visit: Visit) -> AgreementPage:
    """How well two reviewers agree beyond chance, in the last 90 days."""
    found = office.compare(visit.office, Compare())
    return AgreementPage(
        found.calls, found.together.agreement, tuple(found.reviewers), tuple(found.questions)
    )  # fmt: skip


@operation("GET", "/review/scorecards", scope="reviews.cards", page="review_cards.html")
def reviews_cards(visit: Visit) -> CardsPage:
    """The scorecards by which calls are judged now."""
    code = visit.language.code
    return CardsPage(
        tuple(
            CardShown(
                one.what.name, one.what.version, one.at, one.by, one.approved_by, one.entry, one.what.pass_from,
                one.what.queues, one.what.languages, questions(one.what, code),
            )
            for one in scorecards.cards(visit.office, ListCards())
        )
    )  # fmt: skip


@operation("POST", "/review/scorecards/publish", scope="reviews.publish")
def reviews_publish(visit: Visit, asked: Card) -> Done:
    """Judge calls by this scorecard from now on."""
    card = scorecards.publish(visit.office, PublishCard(_text(asked.text), reason=asked.reason))
    return Done(visit.language.text("{card} is live.", card=card.title), "/review/scorecards")


@operation("POST", "/review/scorecards/approve", scope="reviews.approve")
def reviews_approve(visit: Visit, asked: CardFor) -> Done:
    """Let somebody else publish this very text, within a day."""
    given = ApproveCard(_text(asked.text), publisher=asked.publisher, reason=asked.reason)
    card = scorecards.approve(visit.office, given)
    named = {"who": asked.publisher, "card": card.title}
    return Done(visit.language.text("{who} may publish {card} within a day.", **named), "/review/scorecards")


@operation("GET", "/desk/reviews", scope="reviews.own", page="own_reviews.html")
def reviews_own(visit: Visit) -> OwnReviews:
    """What was said of one's own calls."""
    found = office.own(visit.office, AtDesk())
    return OwnReviews(tuple(shown(one.review, one.card, visit.language.code) for one in found))


@operation("POST", "/desk/reviews/appeal", scope="reviews.appeal")
def reviews_appeal(visit: Visit, asked: Against) -> Done:
    """Ask that another person decides about a review of oneself."""
    office.appeal(visit.office, Appeal(asked.review, reason=asked.reason))
    told = visit.language.text("Entered: somebody who neither judged the call nor took it decides.")
    return Done(told, "/desk/reviews")


def _text(sent: str) -> str:
    """As a file has it: a browser ends a form's lines with two signs."""
    return sent.replace("\r\n", "\n")
