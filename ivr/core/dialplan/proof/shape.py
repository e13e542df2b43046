"""A state without its words: what it can do depends on its shape alone, so equal shapes are explored once.

Names, prompts and phrases become placeholders, and limits of attempts shrink to one or two: they are compared with
counters and nothing else, so a longer count leads nowhere that a shorter one does not.
"""

from __future__ import annotations

from dataclasses import replace

from ivr.core.commands import Clip
from ivr.core.dialplan.expression import ValueType
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

STATE = "_"
"""Name of the state in its shape."""
DISCLOSURE = "_d"
"""Name of the disclosure in its shape."""
TARGET = "_t"
"""Name of what is protected in the shape of a state that discloses for it."""


class Shape:
    """One state's shape, and where its placeholders for targets really lead. `discloses`: what is played there."""

    def __init__(self, state: State, dialplan: Dialplan, discloses: str | None = None) -> None:
        self._language = dialplan.languages[0]
        self.targets: dict[str, str] = {STATE: state.name}
        """Placeholder -> state."""
        self.discloses = state.disclosure if isinstance(state, DiscloseState) else discloses
        self.disclosure: Disclosure | None = None
        if self.discloses is not None:
            self.disclosure = self._disclosed(dialplan.disclosures[self.discloses])
        self.state = self._shaped(state)
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
        used = {name for pieces in prompt.pieces.values() for piece in pieces for name in piece.values}
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
            return replace(state, name=STATE, disclosure=DISCLOSURE, go=self._route(state.go))
        if isinstance(state, DiscloseForState):
            return replace(state, name=STATE, target=TARGET, go=self._route(state.go))
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
            return replace(state, name=STATE, say=self._said(state.say), mailbox=STATE, end="#", go=go, empty=empty)
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
        choices = tuple(
            Choice(
                f"c{number}",
                choice.press,
                self._hear(choice.hear, f"w{number}"),
                self._route(choice.go),
                choice.language,
                choice.consents,
                self._hear(choice.like, f"l{number}"),
            )
            for number, choice in enumerate(state.choices)
        )
        return replace(
            state,
            name=STATE,
            ask=self._prompt(state.ask),
            choices=choices,
            entry=self._entry(state.entry),
            go=None if state.go is None else self._route(state.go),
            silence=self._retry(state.silence),
            nomatch=self._retry(state.nomatch),
            help=self._said(state.help),
        )

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
            # One announcement is as good as many.
            max_wait=min(state.max_wait, 1.5 * state.every) if state.every else state.max_wait,
            otherwise=self._to(state.otherwise),
            after=self._maybe(state.after),
        )
