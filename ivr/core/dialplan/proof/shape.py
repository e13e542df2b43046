"""A state without its words: what it can do depends on its shape alone, so equal shapes are explored once.

Names, prompts and phrases become placeholders, and limits of attempts shrink to one or two: they are compared with
counters and nothing else, so a longer count leads nowhere that a shorter one does not. Times are compared with each
other only, so they become round ones in the same order.

Choices of a question that differ in their names, words, keys and targets alone are one choice of its shape: no answer
is compared with another, so whatever comes before the one that counts may as well have been that one. Its ways out are
those of each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

from ivr.core.dialplan.expression import Expression, ValueType
from ivr.core.dialplan.meaning import Counted, Names, Undeciding
from ivr.core.dialplan.messages import NO_KEY, YES_KEY
from ivr.core.dialplan.model import Dialplan, Disclosure
from ivr.core.dialplan.parts import Branch, Choice, Does, Entry, Piece, Prompt, Retry, Route
from ivr.core.dialplan.states import (
    AskState,
    DiscloseForState,
    DiscloseState,
    QueueState,
    State,
)
from ivr.core.dialplan.states.walk import Act, Field, fields_of
from ivr.core.orders.playing import Clip

STATE = "_"
"""Name of the state in its shape."""
DISCLOSURE = "_d"
"""Name of the disclosure in its shape."""
TARGET = "_t"
"""Name of what is protected in the shape of a state that discloses for it."""


_ANY_KEY = "any"
"""One that means a choice and nothing else."""
WAIT_SECONDS = 5.0
"""After any question."""
EVERY_SECONDS = 40.0
"""Between announcements in a queue."""
WITH_ANNOUNCEMENT_SECONDS, WITHOUT_SECONDS = 60.0, 20.0
"""In a queue: one announcement is as good as many."""

_State = TypeVar("_State", bound=State)


@dataclass(frozen=True, slots=True)
class Member:
    """One of the choices that are one in a shape."""

    choice: Choice
    targets: Mapping[str, str]
    """Placeholder of the shape's choice -> state."""


class Shape:
    """One state's shape, and where its placeholders for targets really lead. `discloses`: what is played there."""

    def __init__(self, state: State, dialplan: Dialplan, discloses: str | None = None) -> None:
        self._language = dialplan.languages[0]
        self._commands = {command.press for command in dialplan.commands if command.press is not None}
        self._offers_language = any(command.do is Does.LANGUAGE for command in dialplan.commands)
        self._helps = [command.say for command in dialplan.commands if command.do is Does.HELP]
        self.choices: tuple[tuple[Choice, tuple[Member, ...]], ...] = ()
        """Each choice of the shape, and those that it stands for."""
        self.targets: dict[str, str] = {STATE: state.name}
        """Placeholder -> state."""
        self.discloses = state.disclosure if isinstance(state, DiscloseState) else discloses
        self.disclosure: Disclosure | None = None
        if self.discloses is not None:
            self.disclosure = self._disclosed(dialplan.disclosures[self.discloses])
        self.state = replace(self._shaped(state), served=False)
        self.key = repr((self.state, self.disclosure))

    def _to(self, name: str) -> str:
        placeholder = f"\u2192{len(self.targets)}"
        self.targets[placeholder] = name
        return placeholder

    def _route(self, route: Route) -> Route:
        return Route(tuple(Branch(branch.condition, self._to(branch.to)) for branch in route.branches))

    def _hear(self, hear: object, words: str) -> dict[str, tuple[str, ...]]:
        return {self._language: (words,)} if hear else {}

    def _retry(self, retry: Retry) -> Retry:
        return Retry(tuple(map(self.prompt, retry.prompts[:1])), min(retry.attempts, 1), self._to(retry.otherwise))

    def _disclosed(self, disclosure: Disclosure) -> Disclosure:
        way, unheard = disclosure.acknowledge, disclosure.unheard
        if way is None:
            unheard = self._to(unheard)
        else:
            way = replace(
                way,
                ask=self.prompt(way.ask),
                hear=self._hear(way.hear, "acknowledged"),
                attempts=min(way.attempts, 2),
                otherwise=self._to(way.otherwise),
            )
        say, plays = self.prompt(disclosure.say), min(disclosure.plays, 2)
        one = replace(disclosure, name=DISCLOSURE, say=say, acknowledge=way, plays=plays)
        return replace(one, tells=(), unheard=unheard, in_any_language=False)

    def _shaped(self, state: State) -> State:
        match state:
            case AskState():
                return self._asked(state)
            case QueueState():
                return self._queued(state)
            case DiscloseState() | DiscloseForState():
                return self._plain(replace(state, keeps_language=state.keeps_language and self._offers_language))
            case _:
                return self._plain(state)

    def _plain(self, state: _State) -> _State:
        """As the types of its fields say."""
        kind: Any = type(state)
        found = {name: act(self, getattr(state, name)) for name, act in _shaping(kind)}
        return replace(state, **found)

    # --- what becomes of the things that a state is made of ---

    def word(self, names: Names, word: str) -> str:
        """A state's name leads to a placeholder; a value stays what it is."""
        match names:
            case Names.STATE:
                return self._to(word)
            case Names.TARGET:
                return TARGET
            case Names.DISCLOSURE:
                return DISCLOSURE
            case _:
                return word

    def expression(self, tree: Expression) -> Expression:
        """Conditions decide."""
        return tree

    def prompt(self, prompt: Prompt) -> Prompt:
        """Of what is said, only the values matter: whether they are known."""
        used = _values(prompt)
        text = " ".join("{" + name + "}" for name in sorted(used))
        return Prompt({self._language: (Piece(Clip(self._language, text), tuple(sorted(used))),)})

    def _asked(self, state: AskState) -> State:
        self.choices = tuple(self._alike(state))
        return replace(
            state,
            name=STATE,
            ask=self.prompt(state.ask),
            choices=tuple(choice for choice, _ in self.choices),
            entry=self._entry(state.entry),
            go=None if state.go is None else self._route(state.go),
            wait=WAIT_SECONDS,
            silence=self._retry(state.silence),
            nomatch=self._retry(state.nomatch),
            help=self.prompt(state.help) if state.help and self._help_matters(state.help) else None,
            keeps_language=state.keeps_language and self._offers_language,
        )

    def _help_matters(self, help_said: Prompt | None) -> bool:
        """Whether help may fail to be spoken: else one is as good as another."""
        return any(_values(said) for said in (help_said, *self._helps))

    def _alike(self, state: AskState) -> Iterator[tuple[Choice, tuple[Member, ...]]]:
        """One choice for all that are alike."""
        kinds: dict[tuple[object, ...], list[Choice]] = {}
        free = self._free_keys(state)
        digits = set("0123456789") - self._commands
        for number, choice in enumerate(state.choices):
            press = _ANY_KEY if free and choice.press in digits else choice.press
            # What is free speech taken for depends on all the examples.
            examples = number if choice.like else None
            conditions = tuple(branch.condition for branch in choice.go.branches)
            kind: tuple[object, ...] = (
                press,
                bool(choice.hear),
                examples,
                conditions,
                choice.language,
                choice.consents,
            )
            kinds.setdefault(kind, []).append(choice)
        keys = iter(free)
        for number, (kind, members) in enumerate(kinds.items()):
            one = members[0]
            go = self._route(one.go)
            press = next(keys) if kind[0] == _ANY_KEY else one.press
            hear, like = self._hear(one.hear, f"w{number}"), self._hear(one.like, f"l{number}")
            placed = tuple(Member(each, _targets(go, each.go)) for each in members)
            yield Choice(f"c{number}", press, hear, go, one.language, one.consents, like), placed

    def _free_keys(self, state: AskState) -> tuple[str, ...]:
        """Keys that mean nothing anywhere, for the choices: where a question is open, a key answers that one alone.

        None where a value is keyed in, or where there are too few.
        """
        if state.entry is not None:
            return ()
        taken = {YES_KEY, NO_KEY, *self._commands}
        found = tuple(key for key in "3456789012" if key not in taken)
        return found if len(state.choices) <= len(found) else ()

    def _entry(self, entry: Entry | None) -> Entry | None:
        """Without its limits: what lies outside of them is not understood, which can happen anyway."""
        if entry is None:
            return None
        entry = replace(entry, least=None, most=None, first=None, last=None, letters=1)
        keys = entry.keys
        if keys is None or entry.type is ValueType.DATE:
            return entry
        most = min(keys.most, 3)
        # What matters is whether fewer than the most are enough.
        least = most if keys.least == keys.most else min(keys.least, most - 1)
        return replace(entry, keys=replace(keys, least=max(1, least), most=most))

    def _queued(self, state: QueueState) -> State:
        announces = state.every is not None and state.every < state.max_wait
        wait = WITH_ANNOUNCEMENT_SECONDS if announces else WITHOUT_SECONDS
        return replace(self._plain(state), max_wait=wait, every=EVERY_SECONDS if state.every else None)


@cache
def _shaping(kind: Any) -> tuple[tuple[str, Act], ...]:
    """What a shape has in a field, for each one in which that is not what the state has."""
    found = ((field.name, _shaped_field(field)) for field in fields_of(kind))
    return tuple((name, act) for name, act in found if act is not None)


def _shaped_field(field: Field) -> Act | None:
    limit, same = field.mark(Counted), field.mark(Undeciding)
    if field.names is Names.ITSELF:
        return lambda shape, value: STATE
    if same is not None:
        return lambda shape, value: same.stands_for
    return field.act if limit is None else lambda shape, value: min(value, limit.most)


def _values(prompt: Prompt | None) -> frozenset[str]:
    """Values that are read out in it."""
    pieces = () if prompt is None else (piece for each in prompt.pieces.values() for piece in each)
    return frozenset(name for piece in pieces for name in piece.values)


def _targets(shaped: Route, route: Route) -> dict[str, str]:
    """Placeholder -> state, of two routes with the same conditions."""
    return {there.to: here.to for there, here in zip(shaped.branches, route.branches, strict=True)}
