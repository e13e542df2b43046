"""Asking a data source; its answer may prove who the caller is."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from ivr.core.dialplan.expression import Known
from ivr.core.dialplan.runtime.memory import Given, Unjudged, Whether
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step import PlainStep, apologize, say
from ivr.core.dialplan.states import LookupState
from ivr.core.dialplan.values import typed_value
from ivr.core.events import Event
from ivr.core.orders.calls import HangUpCause
from ivr.core.orders.evidence import LookedUp
from ivr.core.orders.lookup import LookupDone, LookupFailed, StartLookup
from ivr.core.orders.playing import PromptEnded

GRACE_SECONDS = 1.0
"""After a lookup's own time limit, until its answer is given up."""


class Came(Enum):
    """What came of a lookup."""

    ANSWER = "answer"
    FAILURE = "failure"


class LookupStep(PlainStep):
    """Runs one lookup, retries it, keeps what it answers."""

    __slots__ = ("_answered", "_came", "_params", "_state", "_tries")
    _answered: Whether[dict[str, Known] | None]
    _came: Came | None
    """None: it is awaited; and once it came, the prompt's end may be."""
    _params: Unjudged[dict[str, object]]
    _state: Given[LookupState]
    _tries: int

    def __init__(self, state: LookupState) -> None:
        self._state = state
        self._params = {}
        self._tries = 0
        self._answered = None
        self._came = None

    def __repr__(self) -> str:
        return f"LookupStep({self._state.name})"

    def enter(self, s: Session) -> None:
        """Ask, and meanwhile say what there is to say."""
        state = self._state
        if not s.permitted(f"{state.source}.{state.query}"):
            apologize(s, HangUpCause.FAILED)
            return
        if state.identify is not None and s.known.tried(state.name) >= state.attempts:
            assert state.otherwise is not None
            s.way.go(state.otherwise)
            return
        for parameter, name in state.given.items():
            value = s.known.value(name)
            if value is None:
                s.way.go(state.failed)
                return
            self._params[parameter] = value if isinstance(value, bool) else str(value)
        if state.once is not None:
            # The call's name and the first try's number: no other order has it, and each try of this one has.
            self._params[state.once] = f"{s.call_id}-{s.orders.last_id + 1}"
        if state.say is not None and not say(s, state.say):
            return
        self._start(s)

    def hold(self, s: Session) -> None:
        """The lookup goes on; only the prompt is useless now."""
        s.orders.stop_prompt()

    def resume(self, s: Session) -> None:
        """Go on if the answer came meanwhile."""
        self._proceed(s)

    def receive(self, s: Session, event: Event) -> None:
        """The answer, or the prompt's end."""
        match event:
            case LookupDone(values=values):
                self._answered = self._kept(s, values)
                self._came = Came.FAILURE if self._answered is None else Came.ANSWER
            case LookupFailed():
                self._failed(s)
            case PromptEnded():
                pass
            case _:
                return
        self._proceed(s)

    def timer(self, s: Session) -> None:
        """Neither answer nor failure came in time."""
        if s.orders.lookup_id is not None:
            s.orders.lookup_id = None
            self._failed(s)
        elif self._came is not None:
            s.orders.stop_prompt()
        self._proceed(s)

    def leave(self, s: Session) -> None:
        """A secret serves one lookup."""
        for name in self._state.given.values():
            spec = s.dialplan.values.get(name)
            if spec is not None and spec.secret:
                s.known.spend(name)

    def _start(self, s: Session) -> None:
        state = self._state
        s.orders.lookup_id = number = s.orders.fresh_id()
        secret = tuple(
            parameter
            for parameter, name in state.given.items()
            if name in s.dialplan.values and s.dialplan.values[name].secret
        )
        params = dict(self._params)
        attempt = "" if state.identify is None else self._account(secret)
        factor = state.identify or ""
        s.orders.give(StartLookup(number, state.source, state.query, params, state.timeout, secret, attempt, factor))
        s.orders.wait(state.timeout + GRACE_SECONDS)

    def _account(self, secret: tuple[str, ...]) -> str:
        """Whose proof is tried: by whatever dialplan, state or spelling of the query, it is the same account."""
        claimed = [str(value) for name, value in sorted(self._params.items()) if name not in secret]
        return "|".join((self._state.source, *claimed)) if claimed else ""

    def _failed(self, s: Session) -> None:
        """Try again, if that cannot carry out an order twice; a dialplan of before may still ask for it."""
        self._tries += 1
        state = self._state
        order = state.once is None and f"{state.source}.{state.query}" in s.dialplan.protect
        if order or self._tries > state.retries:
            self._came = Came.FAILURE
        else:
            self._start(s)

    def _kept(self, s: Session, answer: dict[str, object]) -> dict[str, Known] | None:
        """The fields to keep, typed; None when one is missing or is not of its type."""
        kept: dict[str, Known] = {}
        for name, field in self._state.keep.items():
            if field not in answer or answer[field] is None:
                # An answer such as {found: false} has no amount: the value stays unknown, and unknown passes nothing.
                continue
            value = typed_value(answer[field], s.dialplan.values[name].type)
            if value is None:
                return None
            kept[name] = value
        return kept

    def _proceed(self, s: Session) -> None:
        if self._came is None or s.orders.prompt_id is not None or s.held:
            return
        s.orders.due = None
        if self._came is Came.FAILURE:
            s.way.go(self._state.failed)
            return
        self._keep(s)
        if self._state.identify is None:
            s.way.follow(self._state.go)
        else:
            self._judge(s)

    def _keep(self, s: Session) -> None:
        assert self._answered is not None
        given = s.known.roots(frozenset(self._state.given.values()))
        for name in self._state.keep:
            if name in self._answered:
                s.known.assign(name, self._answered[name], given)
                if s.dialplan.values[name].searchable:
                    s.orders.give(LookedUp(name.rpartition("/")[2], _searched(self._answered[name])))
            elif name in s.known.values:
                s.known.forget(name)

    def _judge(self, s: Session) -> None:
        state = self._state
        assert state.identify is not None
        assert state.passed is not None
        if s.known.judge(state.passed):
            s.known.identified(state.identify, frozenset(state.given.values()) | frozenset(state.keep))
            s.way.follow(state.go)
            return
        tries = s.known.try_again(state.name)
        way = state.again if tries < state.attempts else state.otherwise
        assert way is not None
        s.way.go(way)


def _searched(value: Known) -> str:
    """A value as people ask for it."""
    return (
        ("yes" if value else "no") if isinstance(value, bool) else f"{value:f}" if isinstance(value, Decimal) else value
    )
