"""Answers that a person, a keypad or a recognizer would mix up: one key for two, or phrases that sound alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from ivr.core.dialplan.language.build import Places
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.source import Path
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.parts import CommandAction
from ivr.core.dialplan.states import AskState
from ivr.core.speech.alike import alike
from ivr.core.speech.words import normalized

HINT = "Write other words for one of them, or more of them: 'sell shares' and 'mobile phone', not 'sell' and 'cell'."


@dataclass(frozen=True, slots=True)
class _Offer:
    """Something that can be answered at a question."""

    name: str
    press: str | None
    hear: Mapping[str, tuple[str, ...]]
    path: Path
    """Where it is written."""
    like: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def findings(dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """Every pair that is mixed up, once."""
    told: set[tuple[object, ...]] = set()
    commands = [_command(command) for command in dialplan.commands]
    for name, state in dialplan.states.items():
        if isinstance(state, AskState):
            yield from _mixed(_offers(state, commands, ("states", name)), places, told)
    for name, disclosure in dialplan.disclosures.items():
        way = disclosure.acknowledge
        if way is None:
            continue
        own = _Offer("the acknowledgement", way.press, way.hear, ("disclosures", name, "acknowledge"))
        yield from _mixed([own, *commands], places, told)


def _command(command: CommandAction) -> _Offer:
    return _Offer(command.name, command.press, command.hear, ("commands", command.name))


def _offers(state: AskState, commands: Sequence[_Offer], path: Path) -> list[_Offer]:
    offers = [
        _Offer(choice.name, choice.press, choice.hear, (*path, "choices", choice.name), choice.like)
        for choice in state.choices
    ]
    if not state.commands:
        return offers
    if state.entry is not None and state.entry.keys is not None:
        # While digits are collected a digit is never a command.
        return offers + [
            _Offer(offer.name, None if offer.press and offer.press.isdigit() else offer.press, offer.hear, offer.path)
            for offer in commands
        ]
    return [*offers, *commands]


def _mixed(offers: Sequence[_Offer], places: Places, told: set[tuple[object, ...]]) -> Iterator[Finding]:
    for one, other in combinations(offers, 2):
        # The one to change: a choice rather than a command.
        own, met = (one, other) if other.path[0] == "commands" != one.path[0] else (other, one)
        if own.press is not None and own.press == met.press and _new(told, "key", own.path, met.path):
            text = f"key {own.press} is '{met.name}' and '{own.name}'."
            yield places.at(own.path, key=True).finding("D153", text, "Give one another key.")
        for language in own.hear.keys() & met.hear.keys():
            yield from _alike(own, met, language, places, told)
        for language in own.like.keys() & met.like.keys():
            both = {normalized(text, language) for text in met.like[language]}
            shared = next((text for text in own.like[language] if normalized(text, language) in both), None)
            if shared is not None:
                at = places.at((*own.path, "like", language), key=True)
                yield at.finding("D154", f"'{shared}' is an example of '{met.name}' too.", "Leave it to one of them.")


def _alike(own: _Offer, met: _Offer, language: str, places: Places, told: set[tuple[object, ...]]) -> Iterator[Finding]:
    for phrase in own.hear[language]:
        for other in met.hear[language]:
            if alike(phrase, other, language) and _new(told, language, phrase, other, own.path, met.path):
                here, there = places.at((*own.path, "hear", language)), places.at((*met.path, "hear", language))
                where = f"line {there.line}" if there.file == here.file else f"{there.file}:{there.line}"
                text = f"'{phrase}' sounds or reads like '{other}' of '{met.name}' ({where})."
                yield here.finding("D154", text, HINT)
                return


def _new(told: set[tuple[object, ...]], *what: object) -> bool:
    """Whether it was not told yet: commands meet at every question."""
    if what in told:
        return False
    told.add(what)
    return True
