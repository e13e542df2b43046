"""A scorecard: the questions by which a person judges a call, and what the answers come to.

Rules: a critical question that is answered no fails the whole call, whatever the rest says. A question that does not
apply counts neither way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ivr.errors import OperatorError


class Answer(StrEnum):
    """What a reviewer says to a question."""

    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Question:
    """One question."""

    name: str
    ask: Mapping[str, str]
    """Language -> text. Yes is always what is wanted."""
    weight: int
    critical: bool = False
    """No fails the whole call."""
    rule: str = ""
    """ruleset/rule by which the machine answers it, too: no, where the rule found something. Empty: people alone do."""

    def text(self, language: str) -> str:
        """In a language, else in the first that there is."""
        return self.ask.get(language) or next(iter(self.ask.values()))


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A sound one. `ivr.core.review.scorecard_file` reads it."""

    name: str
    version: str
    sha256: str
    """Of its text, hex."""
    pass_from: int
    """Per cent from which a call passes."""
    questions: tuple[Question, ...]
    queues: tuple[str, ...] = ()
    """Whose calls it is for; none: all."""
    languages: tuple[str, ...] = ()
    """Of calls that it is for; none: all."""

    @property
    def title(self) -> str:
        """name@version."""
        return f"{self.name}@{self.version}"

    def fits(self, queue: str, language: str) -> bool:
        """Whether it is for such a call."""
        return (not self.queues or queue in self.queues) and (not self.languages or language in self.languages)


@dataclass(frozen=True, slots=True)
class Score:
    """What answers come to."""

    percent: int | None
    """Of the weights that applied; 0 where a critical question failed; None where no question applied."""
    passed: bool
    failed: tuple[str, ...] = field(default=())
    """Critical questions that were answered no."""


def score(card: Scorecard, answers: Mapping[str, Answer]) -> Score:
    """What the answers to all of its questions come to. Raises OperatorError where one is missing or too many."""
    names = {one.name for one in card.questions}
    if missing := sorted(names - answers.keys()):
        raise OperatorError(f"these questions have no answer yet: {', '.join(missing)}")
    if unknown := sorted(answers.keys() - names):
        raise OperatorError(f"{card.title} has no question {unknown[0]}: load the page again")
    failed = tuple(one.name for one in card.questions if one.critical and answers[one.name] is Answer.NO)
    counted = [one for one in card.questions if answers[one.name] is not Answer.NOT_APPLICABLE]
    if failed or not counted:
        return Score(0 if failed else None, not failed, failed)
    reached = sum(one.weight for one in counted if answers[one.name] is Answer.YES)
    whole = sum(one.weight for one in counted)
    return Score(100 * reached // whole, 100 * reached >= card.pass_from * whole)


def card_for(cards: Iterable[Scorecard], queue: str, language: str) -> Scorecard | None:
    """The card for a call: the one made for its queue before the one made for its language before the one for all;
    of equals, the first by name. None: no card fits."""
    fitting = (one for one in cards if one.fits(queue, language))
    return min(fitting, key=lambda one: (not one.queues, not one.languages, one.name), default=None)
