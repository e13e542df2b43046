"""Scorecards: which are live, publishing one, and another person's approval of that."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.core.audit.approval import CARD_APPROVED
from ivr.core.review.scorecard import Scorecard
from ivr.core.review.scorecard_file import load_scorecard
from ivr.engine.office.office import Asked, Desk, does
from ivr.engine.office.scorecard_book import PublishedCard
from ivr.engine.office.two_persons import approved, approving
from ivr.errors import OperatorError


@dataclass(frozen=True, slots=True)
class ListCards(Asked):
    """Nothing more is asked."""


@dataclass(frozen=True, slots=True)
class PublishCard(Asked):
    """Judge calls by this card from now on."""

    text: str
    """YAML."""
    source: str = "scorecard.yaml"
    """Names it in findings."""


@dataclass(frozen=True, slots=True)
class ApproveCard(PublishCard):
    """Let somebody else publish this text."""

    publisher: str = ""


@does("reviews.cards")
def cards(desk: Desk, asked: ListCards) -> list[PublishedCard]:
    """Those that are live. Raises IvrError."""
    return desk.ports.scorecards.live()


@does("reviews.approve")
def approve(desk: Desk, asked: ApproveCard) -> Scorecard:
    """Approve it, once, for a day. Raises ScorecardError, DeniedError for one's own."""
    card = load_scorecard(asked.text, source=asked.source)
    publisher = desk.ports.people.named(asked.publisher)
    with desk.entering(card.title, sha256=card.sha256, **{"for": publisher}):
        approving(desk, publisher, "their own scorecard")
    return card


@does("reviews.publish")
def publish(desk: Desk, asked: PublishCard) -> Scorecard:
    """Make it live. Raises ScorecardError; OperatorError when this version was published; DeniedError when another
    person must approve it first."""
    card = load_scorecard(asked.text, source=asked.source)
    if any(one.card.title == card.title for one in desk.ports.scorecards.all()):
        raise OperatorError(f"{card.title} was published before: give what you changed a new version")
    with desk.entering(card.title, sha256=card.sha256, text=asked.text) as details:
        details |= approved(
            desk,
            card.title,
            by_action=CARD_APPROVED,
            how=f"ivr review approve FILE --for {desk.actor.name}, of the same text",
            fits=lambda entry: entry.details.get("sha256") == card.sha256,
        )
    return card
