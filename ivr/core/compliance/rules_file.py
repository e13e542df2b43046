"""A rules file: YAML text in, a sound ruleset out, or every error with its line and what to write instead."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from pydantic import ValidationError

from ivr.core.compliance.rule import (
    Figure,
    FigureKind,
    Forbid,
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
    Subject,
    TalkOver,
    Unanswered,
    When,
)
from ivr.core.compliance.rules_check import moods, unsound
from ivr.core.compliance.rules_shape import RuleIn, RulesIn
from ivr.core.compliance.talk import Speaker
from ivr.core.dialplan.language.finding import Mark
from ivr.core.dialplan.language.source import failed, read_source
from ivr.core.dialplan.language.translate import shape_findings
from ivr.core.speech.fillers import base

MAX_BYTES = 50_000
"""Longest text, UTF-8: published, it stands in one entry of the audit log, which takes 65,535 bytes."""
_Written = dict[str, list[str]]


def load_rules(text: str, *, source: str) -> Ruleset:
    """The ruleset in a text; `source` names it in findings. Raises DialplanError, with `findings` sorted by place."""
    if len(text.encode()) > MAX_BYTES:
        mark = Mark(source, 1, 1)
        raise failed((mark.finding("R001", f"the file is longer than {MAX_BYTES} bytes.", "Part it by product."),))
    read = read_source(text, file=source, top=frozenset(RulesIn.model_fields))
    if found := sorted(moods(read)):
        raise failed(tuple(found))
    try:
        file = RulesIn.model_validate(read.value)
    except ValidationError as error:
        raise failed(tuple(sorted(shape_findings(error, read, RulesIn)))) from error
    if found := sorted(set(unsound(file, read))):
        raise failed(tuple(found))
    return Ruleset(
        name=file.name,
        version=file.version,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        languages=tuple(file.languages),
        rules=tuple(_rule(name, written) for name, written in file.rules.items()),
        jurisdictions=tuple(file.jurisdictions),
        dialplans=tuple(file.dialplans),
    )


def _rule(name: str, written: RuleIn) -> Rule:
    head = Head(
        name,
        written.source,
        Severity(written.severity),
        When(_phrases(written.when.said), tuple(written.when.states), tuple(written.when.after)),
        {base(language): " ".join(text.split()) for language, text in (written.say or {}).items()},
    )
    by = frozenset(map(Speaker, written.by or (Speaker.MACHINE, Speaker.AGENT)))
    match written:
        case RuleIn(forbid=dict(phrases)):
            return Forbid(head, _phrases(phrases), _phrases(written.unless), by)
        case RuleIn(pattern=dict(expressions)):
            return Pattern(head, {base(language): one for language, one in expressions.items()}, by)
        case RuleIn(require=dict(phrases)):
            return Require(head, _phrases(phrases), by)
        case RuleIn(order=list(names)):
            return InOrder(head, tuple(names))
        case RuleIn(silence=float(length)):
            return Silence(head, length)
        case RuleIn(pace=dict(most)):
            return Pace(head, {base(language): count for language, count in most.items()})
        case RuleIn(talk_over=float(length)):
            return TalkOver(head, length)
        case RuleIn(hold=float(length)):
            return Hold(head, length)
        case RuleIn(interruption=float(length)):
            return Interruption(head, length, frozenset(map(Speaker, written.by or (Speaker.AGENT,))))
        case RuleIn(unanswered=float(length)):
            return Unanswered(head, length)
        case RuleIn(notice=str(subject)):
            return Notice(head, Subject(subject), _phrases(written.words))
        case _:
            return _figure(head, written, by)


def _figure(head: Head, written: RuleIn, by: frozenset[Speaker]) -> Figure:
    assert written.number is not None  # `unsound` has seen to it
    least, most = (Decimal(str(end)) for end in written.between) if written.between else (None, None)
    return Figure(
        head,
        FigureKind(written.number),
        of=written.of or "",
        named=_phrases(written.named),
        currency=written.currency or "",
        least=least,
        most=most,
        places=written.places,
        by=by,
    )


def _phrases(written: _Written | None) -> Phrases:
    return {base(language): tuple(phrases) for language, phrases in (written or {}).items()}
