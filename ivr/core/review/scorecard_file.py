"""A scorecard's YAML: text in, a sound scorecard out, or every error with its line and what to write instead."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.likeness import meant
from ivr.core.dialplan.language.schema import Ident, Language, Shape
from ivr.core.dialplan.language.source import Source, read_source
from ivr.core.dialplan.language.translate import shape_findings
from ivr.core.review.scorecard import Question, Scorecard
from ivr.errors import DialplanError, ScorecardError

MAX_BYTES = 20_000
"""Longest text, UTF-8: it stands in one entry of the audit log, which takes 65,535 bytes."""
MAX_QUESTIONS = 50
_Text = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class QuestionIn(Shape):
    """A question."""

    ask: dict[Language, _Text] = Field(min_length=1)
    weight: int = Field(default=1, ge=1, le=100)
    critical: bool = False
    rule: str = Field(default="", pattern=r"^$|^[a-z][a-z0-9_]{0,63}/[a-z][a-z0-9_]{0,63}$")


class ScorecardIn(Shape):
    """The file."""

    name: Ident
    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")
    queues: list[Annotated[str, StringConstraints(min_length=1, max_length=64)]] = Field(default=[])
    languages: list[Language] = Field(default=[])
    pass_from: int = Field(ge=0, le=100)
    questions: dict[Ident, QuestionIn] = Field(min_length=1, max_length=MAX_QUESTIONS)


def load_scorecard(text: str, *, source: str) -> Scorecard:
    """The scorecard in a text; `source` names it in findings. Raises ScorecardError with all that is wrong."""
    if len(text.encode()) > MAX_BYTES:
        raise _failed([Finding(source, 1, 1, "C001", f"the file is longer than {MAX_BYTES} bytes.", "Split the card.")])
    try:
        read = read_source(text, file=source, top=frozenset(ScorecardIn.model_fields))
    except DialplanError as error:
        raise ScorecardError(str(error), error.findings) from error
    try:
        written = ScorecardIn.model_validate(read.value)
    except ValidationError as error:
        raise _failed(shape_findings(error, read, ScorecardIn)) from error
    if found := list(_unsound(written, read)):
        raise _failed(found)
    questions = tuple(
        Question(name, one.ask, one.weight, one.critical, one.rule) for name, one in written.questions.items()
    )
    return Scorecard(
        written.name, written.version, hashlib.sha256(text.encode()).hexdigest(), written.pass_from, questions,
        tuple(written.queues), tuple(written.languages),
    )  # fmt: skip


def _unsound(card: ScorecardIn, read: Source) -> Iterator[Finding]:
    """What a shape cannot say: every question is asked in the same languages, and nothing is listed twice."""
    (first, asked), *others = card.questions.items()
    for name, one in others:
        for language in sorted(asked.ask.keys() - one.ask.keys()):
            mark = read.at(("questions", name, "ask"), key=True)
            yield mark.finding("C002", f"this is not asked in '{language}', and {first} is.", f'Add {language}: "…".')
        for language in sorted(one.ask.keys() - asked.ask.keys()):
            mark = read.at(("questions", name, "ask", language), key=True)
            hint = meant(language, asked.ask, f"Add {language}: to {first}, or leave it out here.")
            yield mark.finding("C002", f"this is asked in '{language}', and {first} is not.", hint)
    answered: dict[str, str] = {}
    for name, one in card.questions.items():
        if one.rule and (other := answered.setdefault(one.rule, name)) != name:
            mark = read.at(("questions", name, "rule"))
            yield mark.finding("C004", f"this rule answers {other} already.", "Ask once what one rule finds.")
    for key, listed in (("queues", card.queues), ("languages", card.languages)):
        for at, word in enumerate(listed):
            if word in listed[:at]:
                yield read.at((key, at)).finding("C003", f"'{word}' is here a second time.", "Leave one out.")


def _failed(findings: list[Finding]) -> ScorecardError:
    found = tuple(sorted(findings))
    return ScorecardError("\n".join([f"{len(found)} error(s):", *map(str, found)]), found)
