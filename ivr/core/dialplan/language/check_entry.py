"""Questions for values and for intents: the value fits, the languages can be understood, limits are limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.language.build import Places
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.source import Path
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.parts import Entry
from ivr.core.dialplan.states import AskState
from ivr.core.speech.fillers import base
from ivr.core.speech.spoken_digits import LANGUAGES

LEAST_EXAMPLES = 3
"""Sentences of an intent in a language: with fewer, what is near them is chance."""
_KEYS = {ValueType.DIGITS: "digits", ValueType.AMOUNT: "amount", ValueType.DATE: "date", ValueType.TEXT: "phrase"}


def findings(
    state: AskState, entry: Entry, dialplan: Dialplan, types: Mapping[str, ValueType], places: Places
) -> Iterator[Finding]:
    """A question for a value."""
    written: Path = ("states", state.name, _KEYS[entry.type])
    into = places.at((*written, "into"))
    if entry.into not in dialplan.values:
        yield into.finding(
            "D144", f"no value is named '{entry.into}'.", f"Declare it: values: {{{entry.into}: {entry.type}}}."
        )
    elif types[entry.into] is not entry.type:
        yield into.finding("D150", f"'{entry.into}' does not hold {_a(entry)}.", f"Declare it as {entry.type}.")
    if entry.secret and state.type_ahead:
        at = places.at(("states", state.name, "type_ahead"))
        yield at.finding("D151", "a secret cannot be typed ahead.", "Leave it out.")
    if entry.secret and entry.spoken:
        yield places.at((*written, "hear")).finding("D180", "a secret is never said.", "Leave hear: out.")
    elif entry.spoken and entry.type is not ValueType.TEXT:
        foreign = [language for language in dialplan.languages if base(language) not in LANGUAGES]
        if foreign:
            text = f"{_a(entry)} cannot be understood when said in: {', '.join(foreign)}."
            yield places.at(written, key=True).finding("D181", text, "Write hear: false: it is keyed in then.")
    for key, limit in (("from", entry.first), ("until", entry.last)):
        if limit is not None and not _is_day(limit) and types.get(limit) is not ValueType.DATE:
            text = f"'{limit}' is no day and no date value."
            yield places.at((*written, key)).finding("D182", text, 'Write "2027-12-31", or the name of a date value.')


def intents(state: AskState, places: Places) -> Iterator[Finding]:
    """Example sentences of choices."""
    for choice in state.choices:
        for language, texts in choice.like.items():
            if len(texts) < LEAST_EXAMPLES:
                at = places.at(("states", state.name, "choices", choice.name, "like", language))
                text = f"'{choice.name}' has {len(texts)} example sentences in {language}."
                yield at.finding("D183", text, f"Give it {LEAST_EXAMPLES} or more, as callers say it.")


def _a(entry: Entry) -> str:
    return {ValueType.DIGITS: "digits", ValueType.AMOUNT: "an amount", ValueType.DATE: "a date"}.get(entry.type, "text")


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and bool(date.fromisoformat(text))
    except ValueError:
        return False
