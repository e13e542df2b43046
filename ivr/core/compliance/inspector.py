"""One ruleset, ready to be run over any number of calls.

Rule: what one rule makes of a call is its own. One that fails loses its own findings only, and is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from ivr.core.compliance import manner, turns
from ivr.core.compliance.expressions import compiled
from ivr.core.compliance.number_guard import NumberGuard, Placed, official_at
from ivr.core.compliance.phrases import Hit, PhraseTable
from ivr.core.compliance.rule import (
    Figure,
    Forbid,
    Found,
    Head,
    Hold,
    InOrder,
    Interruption,
    Notice,
    Pace,
    Pattern,
    Phrases,
    Require,
    Rule,
    Ruleset,
    Severity,
    Silence,
    TalkOver,
    Unanswered,
)
from ivr.core.compliance.talk import BankSaid, CallerSaid, Talk
from ivr.core.speech.fillers import base, plain
from ivr.errors import BugError

MISSING = "nobody said what must be said"
OUT_OF_ORDER = "said before what must come first"


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a ruleset made of a call."""

    found: tuple[Found, ...] = field(repr=False)
    """In order of time."""
    failed: tuple[str, ...]
    """Rules that failed, and of which nothing is known here."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A phrase in an utterance."""

    said: BankSaid | CallerSaid
    hit: Hit

    @property
    def words(self) -> str:
        return self.said.text[self.hit.first : self.hit.last]

    @property
    def samples(self) -> tuple[int, int]:
        return manner.part(self.said, self.hit.first / len(self.said.text), self.hit.last / len(self.said.text))


class Inspector:
    """Runs one ruleset."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self._tables: dict[str, PhraseTable] = {}
        self._tags: list[tuple[int, str]] = []
        """Tag -> (number of the rule, which of its lists the phrase is from)."""
        rows: dict[str, list[tuple[int, str]]] = {base(language): [] for language in ruleset.languages}
        for number, rule in enumerate(ruleset.rules):
            for use, phrases in _lists(rule):
                self._tags.append((number, use))
                for language, many in phrases.items():
                    rows.setdefault(base(language), []).extend((len(self._tags) - 1, phrase) for phrase in many)
        self._tables = {language: PhraseTable(phrases, language) for language, phrases in rows.items()}
        self._figures = [rule for rule in ruleset.rules if isinstance(rule, Figure)]
        self._guard = {language: NumberGuard(self._figures, language) for language in rows}
        self._patterns = {
            (rule.head.name, base(language)): compiled(expression)
            for rule in ruleset.rules
            if isinstance(rule, Pattern)
            for language, expression in rule.expressions.items()
        }

    def inspect(self, talk: Talk, *, today: date) -> Inspected:
        """Every rule over one call. `today`: the day of the call, by which days without a year are read."""
        if not self.ruleset.is_for(jurisdiction=talk.jurisdiction, dialplan=talk.dialplan):
            return Inspected((), ())
        return _Inspection(self, talk, today).run()


def inspect_all(
    inspectors: Iterable[Inspector], talk: Talk, *, today: date
) -> tuple[tuple[Found, ...], tuple[str, ...]]:
    """What rulesets make of a call: what they found, in order of time, and ruleset/rule of each rule that failed."""
    results = [(one.ruleset.name, one.inspect(talk, today=today)) for one in inspectors]
    found = sorted((each for _, result in results for each in result.found), key=_order)
    return tuple(found), tuple(f"{name}/{rule}" for name, result in results for rule in result.failed)


class _Inspection:
    """One call's."""

    def __init__(self, inspector: Inspector, talk: Talk, today: date) -> None:
        self._of, self._talk, self._today = inspector, talk, today
        self._hits: dict[tuple[int, str], list[_Place]] = {}
        self._read: dict[int, list[Placed]] = {}
        """Utterance -> its figures: every rule of figures asks for them."""
        for said in talk.everything:
            table = inspector._tables.get(base(said.language))
            for hit in table.find(said.text) if table is not None else ():
                self._hits.setdefault(inspector._tags[hit.tag], []).append(_Place(said, hit))

    def run(self) -> Inspected:
        found: list[Found] = []
        failed: list[str] = []
        for number, rule in enumerate(self._of.ruleset.rules):
            try:
                found += [self._believed(one) for one in self._rule(number, rule)]
            except Exception:  # whatever it is, it costs this rule's findings only; it is named, and counted
                failed.append(rule.head.name)
        return Inspected(tuple(sorted(found, key=lambda one: (one.first_sample, one.rule))), tuple(failed))

    def _believed(self, one: Found) -> Found:
        """Raises ValueError for what cannot be: a place outside the call, a confidence that is none."""
        if not (0 <= one.first_sample <= one.last_sample and 0 <= one.confidence <= 1):
            raise ValueError("a finding that cannot be")
        if one.first_sample > max(self._talk.samples, *(said.last_sample for said in self._talk.everything), 0):
            raise ValueError("a finding behind the end of the call")
        return one

    def _rule(self, number: int, rule: Rule) -> Iterator[Found]:
        when = rule.head.when
        if when.said and not self._hits.get((number, "when")):
            return
        match rule:
            case Forbid():
                yield from self._forbidden(number, rule)
            case Pattern():
                yield from self._patterned(rule)
            case Require():
                yield from self._required(number, rule)
            case InOrder():
                yield from self._ordered(rule)
            case Notice():
                yield from self._noticed(number, rule)
            case Figure():
                yield from self._figure(rule)
            case Silence():
                yield from self._spans(rule.head, "nobody is heard", manner.silences(self._talk, rule))
            case Pace():
                for said, pace in manner.hurried(self._talk, rule):
                    if manner.holds(when, self._talk, said.first_sample):
                        yield self._found(rule.head, f"{pace} a minute", said, (said.first_sample, said.last_sample))
            case TalkOver():
                yield from self._spans(rule.head, "both speak at once", manner.talked_over(self._talk, rule))
            case Hold():
                yield from self._spans(rule.head, "the caller waits on hold", manner.held(self._talk, rule))
            case Interruption():
                yield from self._said(rule.head, turns.cut_off(self._talk, rule))
            case Unanswered():
                yield from self._said(rule.head, turns.unanswered(self._talk, rule))
            case _:
                raise BugError("a rule of no kind")

    def _forbidden(self, number: int, rule: Forbid) -> Iterator[Found]:
        fine = self._hits.get((number, "unless"), [])
        for place in self._hits.get((number, "phrases"), []):
            if place.said.speaker not in rule.by or any(_within(place, other) for other in fine):
                continue
            if manner.holds(rule.head.when, self._talk, place.said.first_sample):
                yield self._at(rule.head, "a forbidden phrase", place)

    def _noticed(self, number: int, rule: Notice) -> Iterator[Found]:
        for place in self._hits.get((number, "phrases"), []):
            if isinstance(place.said, CallerSaid) and manner.holds(rule.head.when, self._talk, place.said.first_sample):
                yield self._at(rule.head, str(rule.subject), place)

    def _required(self, number: int, rule: Require) -> Iterator[Found]:
        there = manner.where_it_holds(rule.head.when, self._talk)
        said = any(place.said.speaker in rule.by for place in self._hits.get((number, "phrases"), []))
        if there is not None and not said:
            head, end = rule.head, self._talk.samples
            yield Found(self._name(head), head.severity, head.source, MISSING, "", there, end, 1.0)

    def _ordered(self, rule: InOrder) -> Iterator[Found]:
        """Each required phrase against those that come before it: of one never said, its own rule tells."""
        numbers = {one.head.name: number for number, one in enumerate(self._of.ruleset.rules)}
        firsts = []
        for name in rule.rules:
            required = self._of.ruleset.rules[numbers[name]]
            assert isinstance(required, Require)
            places = self._hits.get((numbers[name], "phrases"), [])
            firsts.append(min((one for one in places if one.said.speaker in required.by), key=_time, default=None))
        for at, place in enumerate(firsts):
            later = [one for one in firsts[:at] if one is not None and place is not None and _time(one) > _time(place)]
            if place is not None and later and manner.holds(rule.head.when, self._talk, place.said.first_sample):
                yield self._at(rule.head, OUT_OF_ORDER, place)

    def _patterned(self, rule: Pattern) -> Iterator[Found]:
        for said in self._talk.bank:
            expression = self._of._patterns.get((rule.head.name, base(said.language)))
            if expression is None or said.speaker not in rule.by:
                continue
            text = plain(said.text, said.language)
            for match in expression.finditer(text):
                if match.end() > match.start() and manner.holds(rule.head.when, self._talk, said.first_sample):
                    span = manner.part(said, match.start() / len(text), match.end() / len(text))
                    yield self._found(rule.head, "a forbidden expression", said, span, match[0])

    def _placed(self, guard: NumberGuard, said: BankSaid) -> list[Placed]:
        if id(said) not in self._read:
            self._read[id(said)] = guard.placed(said.text, self._today)
        return self._read[id(said)]

    def _figure(self, rule: Figure) -> Iterator[Found]:
        number = self._of._figures.index(rule)
        for said in self._talk.bank:
            guard = self._of._guard.get(base(said.language))
            if (
                guard is None
                or said.speaker not in rule.by
                or not manner.holds(rule.head.when, self._talk, said.first_sample)
            ):
                continue
            official = official_at(self._talk.answers, said.first_sample)
            for wrong in guard.wrong(number, self._placed(guard, said), official):
                span = manner.part(said, wrong.first, wrong.last)
                yield self._found(
                    rule.head, wrong.what, said, span, wrong.words, certainty=wrong.certainty, severity=wrong.severity
                )

    def _spans(self, head: Head, what: str, spans: Iterator[tuple[int, int]]) -> Iterator[Found]:
        for first, last in spans:
            if manner.holds(head.when, self._talk, first):
                yield Found(self._name(head), head.severity, head.source, what, "", first, last, 1.0)

    def _said(self, head: Head, told: Iterator[turns.Told]) -> Iterator[Found]:
        for one in told:
            if manner.holds(head.when, self._talk, one.first_sample):
                yield self._found(head, one.what, one.said, (one.first_sample, one.last_sample), one.words)

    def _at(self, head: Head, what: str, place: _Place) -> Found:
        return self._found(head, what, place.said, place.samples, place.words, certainty=place.hit.certainty)

    def _found(
        self,
        head: Head,
        what: str,
        said: BankSaid | CallerSaid,
        span: tuple[int, int],
        words: str = "",
        *,
        certainty: float = 1.0,
        severity: Severity | None = None,
    ) -> Found:
        sure = round(said.confidence * certainty, 3)
        name, grave = self._name(head), severity or head.severity
        return Found(name, grave, head.source, what, words, *span, sure, str(said.speaker))

    def _name(self, head: Head) -> str:
        return f"{self._of.ruleset.name}/{head.name}"


def _order(one: Found) -> tuple[int, int, str]:
    return one.first_sample, one.last_sample, one.rule


def _lists(rule: Rule) -> Iterator[tuple[str, Phrases]]:
    """Every list of phrases of a rule, and its use."""
    if rule.head.when.said:
        yield "when", rule.head.when.said
    if isinstance(rule, Forbid | Require | Notice):
        yield "phrases", rule.phrases
    if isinstance(rule, Forbid) and rule.unless:
        yield "unless", rule.unless


def _within(place: _Place, other: _Place) -> bool:
    """Whether a phrase stands within a longer one that makes it fine. One that only sounds so excuses nothing."""
    if place.said is not other.said or other.hit.certainty < 1:
        return False
    return other.hit.first <= place.hit.first and place.hit.last <= other.hit.last


def _time(place: _Place) -> tuple[int, int]:
    return place.said.first_sample, place.hit.first
