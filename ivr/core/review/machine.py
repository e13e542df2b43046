"""The machine's answers to a scorecard, from what rules found: beside those of people, never in their place.

Rule: a rule that failed in a call, or did not read it, answers nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ivr.core.compliance.rule import Found
from ivr.core.review.review import Review
from ivr.core.review.scorecard import Answer, Question, Score, Scorecard, score


@dataclass(frozen=True, slots=True)
class FoundIn:
    """What rules made of one call."""

    found: tuple[Found, ...] = field(default=(), repr=False)
    read: frozenset[str] = frozenset()
    """ruleset/rule of those that read it to its end."""

    @property
    def rules(self) -> frozenset[str]:
        """Those that found something."""
        return frozenset(one.rule for one in self.found)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The machine's answer and people's to one question about one call."""

    call_id: str
    rule: str
    machine: Answer
    people: Answer


def answer_of(question: Question, found: FoundIn) -> Answer | None:
    """What the machine says to a question: no, where its rule found something. None: it does not answer it."""
    if question.rule in found.rules:
        return Answer.NO
    return Answer.YES if question.rule in found.read else None


def scored(card: Scorecard, found: FoundIn) -> tuple[Mapping[str, Answer], Score] | None:
    """The machine's answers to a card by question, and what they come to alone. None: it answers none of it."""
    theirs = {one.name: answer for one in card.questions if (answer := answer_of(one, found)) is not None}
    if not theirs:
        return None
    part = replace(card, questions=tuple(one for one in card.questions if one.name in theirs))
    return theirs, score(part, theirs)


def compared(
    reviews: Mapping[str, Sequence[Review]], cards: Mapping[str, Scorecard], found: Mapping[str, FoundIn]
) -> list[Comparison]:
    """Of every call that people judged and rules read. Where two persons said otherwise, nobody knows: left out, as is
    what does not apply."""
    made: list[Comparison] = []
    for call, of_call in sorted(reviews.items()):
        said: dict[str, set[Answer]] = {}
        machine: dict[str, Answer] = {}
        for question, answer, by_machine in _pairs(of_call, cards, found.get(call, FoundIn())):
            said.setdefault(question.rule, set()).add(answer)
            machine[question.rule] = by_machine
        for rule, answers in sorted(said.items()):
            if len(answers) == 1 and Answer.NOT_APPLICABLE not in answers:
                made.append(Comparison(call, rule, machine[rule], answers.pop()))
    return made


def _pairs(
    of_call: Iterable[Review], cards: Mapping[str, Scorecard], found: FoundIn
) -> Iterable[tuple[Question, Answer, Answer]]:
    for review in of_call:
        card = cards.get(review.card_sha256)
        if card is None or not review.counts:
            continue
        theirs = dict(review.answers)
        for question in card.questions:
            by_machine = answer_of(question, found)
            if by_machine is not None and question.name in theirs:
                yield question, theirs[question.name], by_machine
