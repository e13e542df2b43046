"""Figures that the bank's side says, held to what the official source said at that moment.

Rule: no wrong figure passes. A figure passes only when it is read for sure and is the source's value; one that is
unread, or has no source yet, is found too. A figure belongs to the name before it in its sentence, else to the one
behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation

from ivr.core.compliance.figures import compared, figures_said, has_figures
from ivr.core.compliance.phrases import PhraseTable
from ivr.core.compliance.rule import Figure, FigureKind, Phrases, Severity
from ivr.core.compliance.said_figure import SaidFigure
from ivr.core.compliance.talk import Answered
from ivr.core.speech.fillers import base

Value = Decimal | date
WRONG = "another figure than the official one"
OUT_OF_RANGE = "a figure outside of what is possible"
UNREAD = "a figure that cannot be read for sure"
UNSOURCED = "a figure that no official source had told"
UNREAD_CERTAINTY = 0.5
"""That a figure which nothing reads is wrong."""


class RubbishError(Exception):
    """An official source said what is no value of its kind."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A figure that does not pass."""

    severity: Severity
    what: str
    first: float
    """Where in the text, 0..1."""
    last: float
    words: str
    certainty: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A figure of an utterance, and whose it is."""

    figure: SaidFigure
    owners: frozenset[int]
    """Numbers of the rules by whose name it stands."""
    length: int
    """Of the text."""


class NumberGuard:
    """The figure rules of one ruleset, in one language."""

    def __init__(self, rules: Sequence[Figure], language: str) -> None:
        self._rules = rules
        self._language = language
        names = [(number, name) for number, rule in enumerate(rules) for name in _in(rule.named, language)]
        self._names = PhraseTable(names, language)
        self._every = any(not rule.named for rule in rules)

    def placed(self, text: str, today: date) -> list[Placed]:
        """Every figure of an utterance that a rule may be of."""
        if not self._rules or not has_figures(text, self._language):
            return []
        text = compared(text, self._language)
        named = [(hit.first, hit.last, hit.tag) for hit in self._names.find(text)]
        if not named and not self._every:
            return []
        figures = figures_said(text, self._language, today)
        return [Placed(figure, _owners(figure, named), len(text)) for figure in figures]

    def wrong(self, number: int, placed: Sequence[Placed], official: Mapping[str, object]) -> Iterator[Wrong]:
        """Those that do not pass one rule. Raises RubbishError where its source did not say a value."""
        rule = self._rules[number]
        for one in placed:
            found = _judgement(rule, one.figure, official) if number in one.owners or not rule.named else None
            if found is not None:
                severity, what, certainty = found
                first, last = one.figure.first / one.length, one.figure.last / one.length
                yield Wrong(severity, what, first, last, one.figure.words, certainty)


def _in(phrases: Phrases, language: str) -> Iterator[str]:
    for tag, many in phrases.items():
        if base(tag) == language:
            yield from many


def official_at(answers: Sequence[Answered], sample: int) -> dict[str, object]:
    """What the sources had said by then, the latest of each."""
    found: dict[str, object] = {}
    for answer in answers:
        if answer.sample <= sample:
            found.update(answer.values)
    return found


def _owners(figure: SaidFigure, named: Sequence[tuple[int, int, int]]) -> frozenset[int]:
    """Rules whose name is nearest before the figure, else behind it; several rules may share one name."""
    middle = (figure.first + figure.last) / 2
    before = [one for one in named if one[0] <= middle]
    if before:
        place = max(one[1] for one in before)
        return frozenset(tag for _, last, tag in before if last == place)
    place = min((one[0] for one in named), default=-1)
    return frozenset(tag for first, _, tag in named if first == place)


def _judgement(rule: Figure, figure: SaidFigure, official: Mapping[str, object]) -> tuple[Severity, str, float] | None:
    """None: it passes, or is no figure of the rule's kind."""
    if figure.unread or (rule.kind is FigureKind.DATE and figure.number is not None):
        return (Severity.MAJOR, UNREAD, UNREAD_CERTAINTY) if rule.named else None
    values = _values(rule, figure)
    if not values:
        return None
    numbers = [value for value in values if isinstance(value, Decimal)]
    if numbers and not any(_possible(rule, number) for number in numbers):
        return Severity.CRITICAL, OUT_OF_RANGE, 1.0
    if not rule.of:
        return None
    if rule.of not in official:
        return Severity.MAJOR, UNSOURCED, 1.0
    right = _official(rule, official[rule.of])
    if any(_same(rule, value, right) for value in values) and len(set(values)) == 1:
        return None
    return rule.head.severity, WRONG, 1.0


def _values(rule: Figure, figure: SaidFigure) -> list[Value | None]:
    """What the figure is by the rule's kind (None: a sum of another currency); nothing: it is of another kind.

    A bare number beside a name may be meant.
    """
    if figure.number is not None:
        return [figure.number] if rule.named else []
    if rule.kind is FigureKind.RATE:
        return [figure.rate] if figure.rate is not None else []
    if rule.kind is FigureKind.DATE:
        return list(figure.days)
    theirs = [value for code, value in figure.amounts if not rule.currency or code == rule.currency]
    return [*theirs] if theirs or not figure.amounts else [None]


def _possible(rule: Figure, number: Decimal) -> bool:
    return (rule.least is None or number >= rule.least) and (rule.most is None or number <= rule.most)


def _official(rule: Figure, value: object) -> Value:
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal | date):
            raise ValueError("no value")
        if rule.kind is FigureKind.DATE:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        found = Decimal(str(value))
        if not found.is_finite():
            raise ValueError("no number")
        return found
    except (ValueError, InvalidOperation) as error:
        raise RubbishError(f"{rule.of} is no {rule.kind}") from error


def _same(rule: Figure, said: Value | None, right: Value) -> bool:
    if isinstance(said, Decimal) and isinstance(right, Decimal):
        rounded = set()
        if rule.places is not None:
            unit = Decimal(1).scaleb(-rule.places)
            rounded = {right.quantize(unit, rounding) for rounding in (ROUND_HALF_UP, ROUND_HALF_EVEN)}
        return said == right or said in rounded
    return type(said) is type(right) and said == right
