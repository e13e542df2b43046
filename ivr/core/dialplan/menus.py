"""What is understood at each question of a dialplan: worked out once, when it is loaded, the same in every call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.parts import CommandAction, Does, Entry, Menu, ValueSpec
from ivr.core.dialplan.states import AskState, DiscloseState, LookupState, State

COMMAND = "@"
"""Before a global command's name in a grammar: no choice can be named so."""


@dataclass(frozen=True, slots=True)
class Menus:
    """Makes the menus of one dialplan."""

    languages: Iterable[str]
    commands: tuple[CommandAction, ...]
    protected: Collection[str]
    """States, and actions (source.query), that a rule protects."""
    values: Mapping[str, ValueSpec]
    states: Mapping[str, State]

    def made(self) -> dict[tuple[str, str], Menu]:
        """(Question, language) -> what is understood there."""
        asked = [state for state in self.states.values() if isinstance(state, AskState)]
        return {(state.name, language): self._menu(state, language) for state in asked for language in self.languages}

    def _menu(self, state: AskState, language: str) -> Menu:
        hear = {choice.name: choice.hear.get(language, ()) for choice in state.choices}
        presses = {choice.press: choice.name for choice in state.choices if choice.press is not None}
        if state.commands:
            hear |= command_words(self.commands, language, state)
            presses = command_presses(self.commands, state) | presses
        like = {choice.name: choice.like.get(language, ()) for choice in state.choices}
        free = state.entry is not None and state.entry.spoken
        value = "" if state.entry is None else self._kind(state.entry)
        return Menu.of(language, hear, presses, free=free, value=value, like=like, exact=self._binds(state))

    def _binds(self, state: AskState) -> bool:
        """Whether an answer there consents, or leads straight to what a rule protects: an order."""
        targets = {target for choice in state.choices for target in choice.go.targets()}
        states = (self.states.get(target) for target in targets)
        queries = {f"{state.source}.{state.query}" for state in states if isinstance(state, LookupState)}
        return state.consent or any(name in self.protected for name in targets | queries)

    def _kind(self, entry: Entry) -> str:
        """The kind of value, for the recognizer; a currency that depends on the call is not said."""
        if entry.type is ValueType.AMOUNT:
            spec = self.values.get(entry.into)
            fixed = spec is not None and spec.currency is not None and spec.currency not in self.values
            return f"amount {spec.currency}" if spec is not None and fixed else ""
        return str(entry.type) if entry.type in (ValueType.DIGITS, ValueType.DATE) else ""


def command_words(
    commands: Iterable[CommandAction], language: str, state: AskState | DiscloseState
) -> dict[str, tuple[str, ...]]:
    """What is said for each global command that is heard in a state."""
    return {COMMAND + command.name: command.hear.get(language, ()) for command in _heard(commands, state)}


def command_presses(commands: Iterable[CommandAction], state: AskState | DiscloseState) -> dict[str, str]:
    """Key -> global command that is heard in a state."""
    return {command.press: COMMAND + command.name for command in _heard(commands, state) if command.press is not None}


def command_named(commands: Iterable[CommandAction], answer: str) -> CommandAction | None:
    """The global command that an answer is, if it is one."""
    if not answer.startswith(COMMAND):
        return None
    return next(command for command in commands if command.name == answer[1:])


def _heard(commands: Iterable[CommandAction], state: AskState | DiscloseState) -> list[CommandAction]:
    return [command for command in commands if command.do is not Does.LANGUAGE or not state.keeps_language]
