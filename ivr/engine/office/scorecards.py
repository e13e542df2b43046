"""Scorecards: which are live, publishing one, and another person's approval of that."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.core.audit.approval import CARD_APPROVED
from ivr.core.review.scorecard import Scorecard
from ivr.core.review.scorecard_file import load_scorecard
from ivr.engine.office.office import Asked, Desk, does
from ivr.engine.office.published_texts import approve_text, publish_text
from ivr.engine.publishing.books import PublishedCard


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
    approve_text(desk, card, asked.publisher, "their own scorecard")
    return card


@does("reviews.publish")
def publish(desk: Desk, asked: PublishCard) -> Scorecard:
    """Make it live. Raises ScorecardError; OperatorError when this version was published; DeniedError when another
    person must approve it first."""
    card = load_scorecard(asked.text, source=asked.source)
    publish_text(desk, desk.ports.scorecards, card, asked.text, by_action=CARD_APPROVED, command="ivr review approve")
    return card
