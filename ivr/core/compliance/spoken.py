"""What a call fills into prompts, checked before it is spoken: a dialplan with the rules that it names, read and ready.

Rule: as after the call, a figure passes only when it is read for sure and is what the official source said last, and
words pass that no rule forbids. But here what does not pass is never heard.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ivr.core.compliance.inspector import Inspector
from ivr.core.compliance.number_guard import NumberGuard, RubbishError
from ivr.core.compliance.rule import Figure, Forbid, Pattern, Rule, Ruleset, When, instead
from ivr.core.compliance.rules_file import load_rules
from ivr.core.compliance.talk import BankSaid, Speaker, Talk
from ivr.core.dialplan.language.finding import Mark
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.language.source import failed, read_source
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.spoken_figures import WrongFigure
from ivr.core.speech.fillers import base

RUBBISH = "the official source said what is no value"
UNJUDGED = "the rule failed"
_WORDS = (Forbid, Pattern)


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of one ruleset that hold for what this line's machine says."""

    ruleset: str
    figures: tuple[Figure, ...]
    guards: Mapping[str, NumberGuard]
    """By language."""
    words: Inspector
    """Of the rules that forbid words."""


class SpokenFigures:
    """All the rules of a line."""

    def __init__(self, rulesets: Sequence[Ruleset], dialplan: Dialplan) -> None:
        law = dialplan.jurisdiction or ""
        self._line = dialplan.name, law
        self._rules = tuple(_rules(one) for one in rulesets if one.is_for(jurisdiction=law, dialplan=dialplan.name))

    def wrong(
        self, text: str, *, language: str, state: str, official: Mapping[str, object], today: date
    ) -> WrongFigure | None:
        """What first does not pass in a sentence. A condition on what was said or heard counts as met."""
        for rules in self._rules:
            if forbidden := self._forbidden(rules, text, language, state, today):
                return forbidden
            guard = rules.guards.get(base(language))
            placed = guard.placed(text, today) if guard is not None else []
            if guard is None or not placed:
                continue
            for number, rule in enumerate(rules.figures):
                if rule.head.when.states and state not in rule.head.when.states:
                    continue
                try:
                    found = next(guard.wrong(number, placed, official), None)
                    what = found.what if found is not None else ""
                except RubbishError:
                    what = RUBBISH
                if what:
                    name = f"{rules.ruleset}/{rule.head.name}"
                    return WrongFigure(name, what, instead(rule.head, language) or None)
        return None

    def _forbidden(self, rules: _Rules, text: str, language: str, state: str, today: date) -> WrongFigure | None:
        said = BankSaid(0, 1, language, text)
        name, law = self._line
        talk = Talk((said,), (), 1, dialplan=name, jurisdiction=law, language=language, states=((0, state),))
        made = rules.words.inspect(talk, today=today)
        # A rule that fails says nothing of these words: then they do not pass either.
        told = [(one.rule, one.what) for one in made.found]
        told += [(f"{rules.ruleset}/{one}", UNJUDGED) for one in made.failed]
        if not told:
            return None
        rule, what = told[0]
        heads = {f"{rules.ruleset}/{one.head.name}": one.head for one in rules.words.ruleset.rules}
        return WrongFigure(rule, what, instead(heads[rule], language) or None)


def _rules(ruleset: Ruleset) -> _Rules:
    figures = tuple(rule for rule in ruleset.rules if isinstance(rule, Figure) and Speaker.MACHINE in rule.by)
    languages = dict.fromkeys(map(base, ruleset.languages))
    guards = {language: NumberGuard(figures, language) for language in languages}
    return _Rules(ruleset.name, figures, guards, Inspector(replace(ruleset, rules=_words(ruleset))))


def _words(ruleset: Ruleset) -> tuple[Rule, ...]:
    """The rules that forbid the machine words, wherever they hold by state."""
    forbidding = (one for one in ruleset.rules if isinstance(one, _WORDS) and Speaker.MACHINE in one.by)
    return tuple(replace(one, head=replace(one.head, when=When(states=one.head.when.states))) for one in forbidding)


def read_dialplan(text: str, *, source: str, read_include: Callable[[str], str] | None = None) -> Dialplan:
    """A dialplan as it is served: `load_dialplan`, with the rules that it holds its figures to.

    Raises DialplanError, also for what is wrong with those.
    """
    dialplan = load_dialplan(text, source=source, read_include=read_include)
    held = dialplan.figures
    if held is None:
        return dialplan
    rulesets = [load_rules(rules, source=name) for name, rules in held.rules.items()]
    spoken = {base(language) for language in dialplan.languages}
    for ruleset, name in zip(rulesets, held.rules, strict=True):
        missing = sorted(spoken - set(map(base, ruleset.languages)))
        if missing:
            lacks = f"these rules read no {' and no '.join(missing)}, which the line {dialplan.name} speaks."
            raise failed((Mark(name, 1, 1).finding("D250", lacks, "Add it to languages: and to every list there."),))
    if not any(isinstance(rule, (Figure, *_WORDS)) for ruleset in rulesets for rule in ruleset.rules):
        mark = read_source(text, file=source, top=frozenset()).at(("figures",), key=True)
        what, hint = (
            "no rule in these files holds before something is said.",
            "Add one with number:, forbid: or pattern:.",
        )
        raise failed((mark.finding("D251", what, hint),))
    return replace(dialplan, figures=replace(held, check=SpokenFigures(rulesets, dialplan)))
