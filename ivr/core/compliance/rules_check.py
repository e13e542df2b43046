"""What is wrong with rules whose shape is right: each with its line and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from ivr.core.compliance.expressions import ExpressionError, compiled
from ivr.core.compliance.figures import LANGUAGES as READ
from ivr.core.compliance.phrases import PhraseTable
from ivr.core.compliance.questions import LANGUAGES as ASKED
from ivr.core.compliance.rules_shape import BELONGS, KINDS, RuleIn, RulesIn
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.likeness import meant
from ivr.core.dialplan.language.source import Path, Source
from ivr.core.dialplan.line_law import LineFact
from ivr.core.speech.fillers import base
from ivr.core.speech.words import normalized

_MOODS_WORDS = (
    "emotion emotions mood moods sentiment tone feeling feelings anger angry stress stressed happiness happy "
    "affect arousal valence voice_tone pitch prosody empathy attitude"
)
_MOODS = frozenset(_MOODS_WORDS.split())
"""Keys by which somebody asks for what a voice tells of its speaker."""
_NO_MOODS = (
    "nothing here takes a voice for a mood, and an agent's mood is not judged at all "
    "(Regulation (EU) 2024/1689 Art. 5(1)(f)).",
    "Leave it out. What callers say of themselves: notice: distress, with words:.",
)
_SPEAKERS = ("machine", "agent")
_TALKERS = ("agent", "caller")
"""Who cut each other off: a machine that somebody speaks into has asked for it."""
_UNION = frozenset({"EU", "EEA"})
_HEARD_FIRST = "Add when: {after: [emotion]}: a disclosure of the line that has tells: [emotion] comes first."


def moods(source: Source) -> Iterator[Finding]:
    """Rules that ask for a mood, before anything else is said of them."""
    rules = source.value.get("rules")
    for name, rule in rules.items() if isinstance(rules, dict) else ():
        for key, value in rule.items() if isinstance(rule, dict) else ():
            if key in _MOODS:
                yield source.at(("rules", name, key), key=True).finding("R106", *_NO_MOODS)
            elif key == "notice" and (value in _MOODS or _of_agents(rule)):
                yield source.at(("rules", name, key)).finding("R106", *_NO_MOODS)


def _of_agents(rule: Mapping[str, object]) -> bool:
    by = rule.get("by")
    return isinstance(by, list) and "agent" in by


def unsound(file: RulesIn, source: Source) -> Iterator[Finding]:
    """Everything that a shape cannot say."""
    for name, rule in file.rules.items():
        path: Path = ("rules", name)
        kinds = rule.kinds
        if len(kinds) != 1:
            text = "what does this rule look for?" if not kinds else f"a rule is one thing: {' or '.join(kinds)}."
            yield source.at(path, key=True).finding("R101", text, f"Give it one of: {', '.join(KINDS)}.")
            continue
        yield from _foreign_keys(rule, kinds[0], path, source)
        yield from _phrases(file, rule, path, source)
        if rule.say is not None:
            yield from _languages(file, rule.say, (*path, "say"), source)
        match kinds[0]:
            case "forbid":
                yield from _unless(file, rule, path, source)
            case "pattern":
                yield from _pattern(file, rule, path, source)
            case "order":
                yield from _order(file, rule, path, source)
            case "pace":
                yield from _languages(file, rule.pace or {}, (*path, "pace"), source)
            case "unanswered":
                yield from _unanswered(file, path, source)
            case "notice":
                yield from _notice(file, rule, path, source)
            case "number":
                yield from _number(file, rule, path, source)


def _foreign_keys(rule: RuleIn, kind: str, path: Path, source: Source) -> Iterator[Finding]:
    for key, kinds in BELONGS.items():
        if getattr(rule, key) is not None and kind not in kinds:
            mark = source.at((*path, key), key=True)
            yield mark.finding("R102", f"'{key}' belongs to {' and '.join(kinds)}, not to {kind}.", "Leave it out.")
    speakers, more = (_TALKERS, "") if kind == "interruption" else (_SPEAKERS, "; what callers say is for notice:")
    for index, who in enumerate(rule.by or ()):
        if who not in speakers:
            hint = meant(who, speakers, f"Write {' or '.join(speakers)}{more}.")
            text = "cuts nobody off here" if kind == "interruption" else "is nobody who speaks for the bank"
            yield source.at((*path, "by", index)).finding("R103", f"'{who}' {text}.", hint)
    if rule.by == []:
        yield source.at((*path, "by")).finding("R103", "nobody is meant.", f"Write {' or '.join(speakers)}.")


def _languages(file: RulesIn, written: Iterable[str], path: Path, source: Source) -> Iterator[Finding]:
    """In every language of the file, and in no other."""
    there = list(written)
    for language in there:
        if language not in file.languages:
            hint = meant(language, file.languages, "Add it to languages:, or leave it out.")
            yield source.at((*path, language), key=True).finding("R104", f"'{language}' is no language here.", hint)
    for language in file.languages:
        if language not in there:
            text = f"it is missing in {language}: calls in it would pass."
            yield source.at(path, key=True).finding("R105", text, f"Add {language}:.")


def _phrases(file: RulesIn, rule: RuleIn, path: Path, source: Source) -> Iterator[Finding]:
    lists = {key: getattr(rule, key) for key in ("forbid", "unless", "require", "words", "named")}
    every = [((*path, key), found) for key, found in lists.items() if found is not None]
    if rule.when.said is not None:
        every.append(((*path, "when", "said"), rule.when.said))
    for where, phrases in every:
        if where[-1] != "unless":
            yield from _languages(file, phrases, where, source)
        for language, many in phrases.items():
            yield from _each(language, many, (*where, language), source)


def _each(language: str, phrases: list[str], path: Path, source: Source) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for index, phrase in enumerate(phrases):
        mark = source.at((*path, index)) if isinstance(source.value_at(path), list) else source.at(path)
        plain = normalized(phrase, language)
        if len(plain.replace(" ", "")) < 2:
            yield mark.finding("R107", f"'{phrase}' is too short to look for.", "Write two letters or signs at least.")
        elif plain in seen:
            yield mark.finding("R108", f"'{phrase}' is here twice, as '{seen[plain]}'.", "Leave one out.")
        seen[plain] = phrase


def _unless(file: RulesIn, rule: RuleIn, path: Path, source: Source) -> Iterator[Finding]:
    """What excuses must hold what is forbidden, or it never would."""
    for language, many in (rule.unless or {}).items():
        if language not in file.languages:
            yield from _languages(file, [language, *file.languages], (*path, "unless"), source)
            continue
        table = PhraseTable(((0, phrase) for phrase in (rule.forbid or {}).get(language, ())), language)
        for index, phrase in enumerate(many):
            where: Path = (*path, "unless", language)
            mark = source.at((*where, index)) if isinstance(source.value_at(where), list) else source.at(where)
            if not any(hit.certainty == 1 for hit in table.find(phrase)):
                yield mark.finding(
                    "R109", f"'{phrase}' holds no phrase of forbid:, so it excuses none.",
                    "Write the whole: not a guaranteed return.",
                )  # fmt: skip
            elif normalized(phrase, language) in {normalized(one, language) for one in (rule.forbid or {})[language]}:
                yield mark.finding("R109", f"'{phrase}' is forbidden itself.", "Write more of what stands around it.")


def _pattern(file: RulesIn, rule: RuleIn, path: Path, source: Source) -> Iterator[Finding]:
    yield from _languages(file, rule.pattern or {}, (*path, "pattern"), source)
    for language, expression in (rule.pattern or {}).items():
        try:
            compiled(expression)
        except ExpressionError as error:
            hint = "Write it in RE2's language: no look-around, no back references."
            yield source.at((*path, "pattern", language)).finding("R110", f"no expression: {error}.", hint)


def _order(file: RulesIn, rule: RuleIn, path: Path, source: Source) -> Iterator[Finding]:
    names = rule.order or []
    if len(names) < 2:
        yield source.at((*path, "order")).finding("R111", "an order is of two rules at least.", "Name them in order.")
    required = [name for name, other in file.rules.items() if other.require is not None]
    for index, name in enumerate(names):
        mark = source.at((*path, "order", index))
        if name not in required:
            hint = meant(name, required, "Name a rule of this file that has require:.")
            yield mark.finding("R112", f"'{name}' is no rule that requires something.", hint)
        elif name in names[:index]:
            yield mark.finding("R111", f"'{name}' is here twice.", "Leave one out.")


def _unanswered(file: RulesIn, path: Path, source: Source) -> Iterator[Finding]:
    for language in file.languages:
        if base(language) not in ASKED:
            text = f"questions that are asked in {language} are not told from what is said."
            hint = f"They are in {' and '.join(sorted(ASKED))}: part the file by languages."
            yield source.at((*path, "unanswered")).finding("R119", text, hint)


def _notice(file: RulesIn, rule: RuleIn, path: Path, source: Source) -> Iterator[Finding]:
    if rule.words is None:
        yield source.at(path, key=True).finding("R113", "by which words is it noticed?", "Add words: {en: [...]}.")
    union = not file.jurisdictions or _UNION & set(file.jurisdictions)
    if rule.notice == "distress" and union and LineFact.EMOTION not in rule.when.after:
        text = "in the EU callers are told before their distress is looked for."
        yield source.at((*path, "notice")).finding("R114", text, _HEARD_FIRST)


def _number(file: RulesIn, rule: RuleIn, path: Path, source: Source) -> Iterator[Finding]:
    mark = source.at((*path, "number"))
    for language in file.languages:
        if base(language) not in READ:
            text = f"figures said in {language} are not read."
            yield mark.finding("R115", text, f"They are in {' and '.join(sorted(READ))}: part the file by languages.")
    if rule.of is None and rule.between is None:
        yield mark.finding("R116", "to what is the figure held?", "Add of: source.query.field, or between: [0, 20].")
    if rule.of is not None and rule.named is None:
        yield mark.finding("R116", "by which words is it spoken of?", "Add named: {en: [interest rate]}.")
    if rule.number == "amount" and rule.of is not None and rule.currency is None:
        yield mark.finding("R117", "of which currency is the sum?", "Add currency: EUR.")
    if rule.currency is not None and rule.number != "amount":
        yield source.at((*path, "currency"), key=True).finding("R117", "only a sum has a currency.", "Leave it out.")
    if rule.number == "date" and (rule.between is not None or rule.places is not None):
        yield mark.finding("R118", "a day has no range and no places here.", "Leave out between: and places:.")
    if rule.between is not None and not all(low < high for low, high in pairwise(rule.between)):
        yield source.at((*path, "between")).finding("R118", "the range is empty.", "Write the lower end first.")
