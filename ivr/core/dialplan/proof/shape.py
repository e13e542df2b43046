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

from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.messages import NO_KEY, YES_KEY
from ivr.core.dialplan.model import (
    AskState,
    BranchState,
    CallbackState,
    Dialplan,
    DiscloseForState,
    DiscloseState,
    Disclosure,
    EndState,
    EnterState,
    LookupState,
    QueueState,
    ReturnState,
    SayState,
    State,
    TransferState,
    VoicemailState,
    VoiceState,
)
from ivr.core.dialplan.parts import Branch, Choice, Entry, Piece, Prompt, Retry, Route
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
MESSAGE_SECONDS, QUIET_SECONDS = 20.0, 4.0
"""Of a voicemail: room for two utterances, and the quiet that ends it."""


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
        self._offers_language = any(command.do == "language" for command in dialplan.commands)
        self._helps = [command.say for command in dialplan.commands if command.do == "help"]
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

    def _maybe(self, name: str | None) -> str | None:
        return None if name is None else self._to(name)

    def _route(self, route: Route) -> Route:
        return Route(tuple(Branch(branch.condition, self._to(branch.to)) for branch in route.branches))

    def _prompt(self, prompt: Prompt) -> Prompt:
        used = _values(prompt)
        text = " ".join("{" + name + "}" for name in sorted(used))
        return Prompt({self._language: (Piece(Clip(self._language, text), tuple(sorted(used))),)})

    def _said(self, prompt: Prompt | None) -> Prompt | None:
        return None if prompt is None else self._prompt(prompt)

    def _hear(self, hear: object, words: str) -> dict[str, tuple[str, ...]]:
        return {self._language: (words,)} if hear else {}

    def _retry(self, retry: Retry) -> Retry:
        return Retry(tuple(map(self._prompt, retry.prompts[:1])), min(retry.attempts, 1), self._to(retry.otherwise))

    def _disclosed(self, disclosure: Disclosure) -> Disclosure:
        way = disclosure.acknowledge
        way = replace(
            way,
            ask=self._prompt(way.ask),
            hear=self._hear(way.hear, "acknowledged"),
            attempts=min(way.attempts, 2),
            otherwise=self._to(way.otherwise),
        )
        say = self._prompt(disclosure.say)
        return replace(disclosure, name=DISCLOSURE, say=say, acknowledge=way, plays=min(disclosure.plays, 2))

    def _shaped(self, state: State) -> State:
        if isinstance(state, SayState):
            return replace(state, name=STATE, say=self._prompt(state.say), go=self._route(state.go))
        if isinstance(state, AskState):
            return self._asked(state)
        if isinstance(state, DiscloseState):
            keeps = state.keeps_language and self._offers_language
            return replace(state, name=STATE, disclosure=DISCLOSURE, go=self._route(state.go), keeps_language=keeps)
        if isinstance(state, DiscloseForState):
            keeps = state.keeps_language and self._offers_language
            return replace(state, name=STATE, target=TARGET, go=self._route(state.go), keeps_language=keeps)
        if isinstance(state, LookupState):
            return self._looked_up(state)
        if isinstance(state, VoiceState):
            return replace(
                state,
                name=STATE,
                ask=self._prompt(state.ask),
                retry=self._said(state.retry),
                attempts=min(state.attempts, 2),
                go=self._route(state.go),
                unscored=self._to(state.unscored),
                otherwise=self._to(state.otherwise),
            )
        if isinstance(state, BranchState):
            return replace(state, name=STATE, go=self._route(state.go))
        if isinstance(state, QueueState):
            return self._queued(state)
        if isinstance(state, CallbackState):
            go, failed = self._route(state.go), self._to(state.failed)
            return replace(state, name=STATE, say=self._said(state.say), queue=STATE, go=go, failed=failed)
        if isinstance(state, VoicemailState):
            go, empty = self._route(state.go), self._to(state.empty)
            return replace(
                state,
                name=STATE,
                say=self._said(state.say),
                mailbox=STATE,
                end="#",
                silence=QUIET_SECONDS,
                most=MESSAGE_SECONDS,
                go=go,
                empty=empty,
            )
        if isinstance(state, TransferState):
            return replace(
                state,
                name=STATE,
                say=self._said(state.say),
                destination=STATE,
                failed=self._to(state.failed),
                after=self._maybe(state.after),
            )
        if isinstance(state, EnterState | ReturnState):
            return replace(state, name=STATE, go=self._route(state.go))
        assert isinstance(state, EndState)
        return replace(state, name=STATE, say=self._said(state.say))

    def _asked(self, state: AskState) -> State:
        self.choices = tuple(self._alike(state))
        return replace(
            state,
            name=STATE,
            ask=self._prompt(state.ask),
            choices=tuple(choice for choice, _ in self.choices),
            entry=self._entry(state.entry),
            go=None if state.go is None else self._route(state.go),
            wait=WAIT_SECONDS,
            silence=self._retry(state.silence),
            nomatch=self._retry(state.nomatch),
            help=self._said(state.help) if self._help_matters(state.help) else None,
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

    def _looked_up(self, state: LookupState) -> State:
        return replace(
            state,
            name=STATE,
            say=self._said(state.say),
            retries=min(state.retries, 1),
            attempts=min(state.attempts, 2),
            go=self._route(state.go),
            failed=self._to(state.failed),
            again=self._maybe(state.again),
            otherwise=self._maybe(state.otherwise),
        )

    def _queued(self, state: QueueState) -> State:
        return replace(
            state,
            name=STATE,
            say=self._said(state.say),
            announce=self._said(state.announce),
            priority=0,
            max_wait=WITH_ANNOUNCEMENT_SECONDS if state.every and state.every < state.max_wait else WITHOUT_SECONDS,
            every=EVERY_SECONDS if state.every else None,
            otherwise=self._to(state.otherwise),
            after=self._maybe(state.after),
        )


def _values(prompt: Prompt | None) -> frozenset[str]:
    """Values that are read out in it."""
    pieces = () if prompt is None else (piece for each in prompt.pieces.values() for piece in each)
    return frozenset(name for piece in pieces for name in piece.values)


def _targets(shaped: Route, route: Route) -> dict[str, str]:
    """Placeholder -> state, of two routes with the same conditions."""
    return {there.to: here.to for there, here in zip(shaped.branches, route.branches, strict=True)}
