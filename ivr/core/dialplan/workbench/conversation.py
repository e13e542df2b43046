"""A person is the caller of a simulated call: what they type is said, pressed, or changes the world around it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ivr.core.dialplan.expression import Known
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.workbench import simulated_agent as agent
from ivr.core.dialplan.workbench.behaviour import Answer, Behaviour, Meaning, no_meaning
from ivr.core.dialplan.workbench.scenario import answer_from
from ivr.core.dialplan.workbench.scenario_shape import Sources
from ivr.core.dialplan.workbench.simulated_line import USUAL_MOMENT, USUAL_NUMBER, SimulatedLine
from ivr.core.dialplan.workbench.told import Kind, Line, told
from ivr.errors import OperatorError

HELP = """  words        say them                      digits, * and #   press them
  /silent      say nothing until something happens
  /wait 10     let ten seconds pass          /hold 10          put the line on hold for ten seconds
  /hangup      hang up                       /agent            the agent, or whom you were transferred to, hangs up
  /says words  the agent says them to you    /reads fund_risk  the agent reads that warning to you
  /assist 1    the agent lets the line take over   /handover 1  the agent hands you over   /confirm  they know you
  /transfer busy   the next transfer is busy (or: answers, silent, unreachable)
  /callback fails  the next callback request cannot be kept (or: kept)
  /confidence 0.6  how surely words are recognized   /voice 0.3 or none   score of your voice
  /loss 0.1    share of packets the line loses       /answer bank.order reference=778899   what a data source says
  An empty line is /silent. Prompts are heard to their end before your turn; ! before a line interrupts them."""

CALLBACKS = ("kept", "fails")
TRANSFERS = ("answers", "busy", "silent", "unreachable")
WAIT_SECONDS = 7200.0
"""Longest that passes at once, as in scenarios."""
_AGENTS: Final[Mapping[str, Callable[[SimulatedLine, str], bool]]] = {
    "says": agent.says,
    "reads": agent.reads,
    "assist": agent.lets_take_over,
    "handover": agent.hands_over,
    "confirm": lambda line, rest: agent.confirms(line),
}
"""What an agent who talks with the caller does."""
_ACTION = re.compile(r"/(\w+)\s*(.*)")


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation, from its beginning."""

    lines: tuple[Line, ...]
    ended: bool
    listens: bool
    """Words are heard now, not keys alone."""


class Conversation:
    """One simulated call."""

    def __init__(
        self,
        dialplan: Dialplan,
        sources: Sources,
        *,
        show_all: bool = False,
        at: datetime = USUAL_MOMENT,
        called: str = USUAL_NUMBER,
        meaning: Meaning = no_meaning,
    ) -> None:
        """`at`: when it comes, by the clock of the dialplan's zone. `meaning`: what judges free speech."""
        self.line = SimulatedLine(dialplan, Behaviour(source=self._answer, meaning=meaning), called, at)
        self._sources = sources
        self._said: dict[str, dict[str, object]] = {}
        self._confidence = 0.95
        self._show_all = show_all
        self._shown = 0
        self._known: dict[str, str] = {}

    @property
    def ended(self) -> bool:
        """Nothing more comes of it."""
        return self.line.interpreter.ended

    def news(self) -> list[Line]:
        """What became known, and what was ordered, since the last time."""
        found: list[Line] = []
        known = {name: _value(value) for name, value in self.line.interpreter.values().items()}
        for name in [*known, *(name for name in self._known if name not in known)]:
            if known.get(name) != self._known.get(name):
                found.append(Line(self.line.now, Kind.VALUE, f"{name} = {known.get(name, '(not known)')}"))
        self._known = known
        lines = (told(at, order, show_all=self._show_all) for at, order in self.line.orders[self._shown :])
        self._shown = len(self.line.orders)
        return [*found, *(line for line in lines if line is not None)]

    def typed(self, text: str) -> Line:
        """What was typed, as it may be shown: a secret is not."""
        shown = re.sub("[0-9]", "•", text) if self.line.interpreter.secret else text
        return Line(self.line.now, Kind.CALLER, shown or "(silence)")

    def take(self, text: str) -> Line | None:
        """One line that was typed; a word to its author, where nothing came of it. Raises OperatorError."""
        action = _ACTION.fullmatch(text)
        if not text:
            return self._silent()
        if action is not None:
            return self._act(action.group(1), action.group(2).strip())
        if re.fullmatch(r"[0-9*#]+", text):
            self.line.press(text)
        elif not self.line.say(text, confidence=self._confidence):
            return self._hint("nobody listens to speech here")
        return None

    def _answer(self, query: str, params: Mapping[str, object]) -> Answer:
        return self._said[query] if query in self._said else answer_from(self._sources, query, params)

    def _hint(self, text: str) -> Line:
        return Line(self.line.now, Kind.HINT, text)

    def _silent(self) -> Line | None:
        deadline = self.line.interpreter.deadline()
        if deadline is None:
            return self._hint("nothing is waited for; /agent or /hangup ends it")
        self.line.advance(deadline - self.line.now)
        return None

    def _act(self, name: str, rest: str) -> Line | None:
        line = self.line
        if name == "silent":
            return self._silent()
        if name == "wait":
            line.advance(_seconds(rest))
        elif name == "hold":
            spent = _seconds(rest)
            line.hold()
            line.advance(spent)
            line.resume()
        elif name == "hangup":
            line.hang_up()
        elif name == "agent":
            line.far_end_hangs_up()
        elif name in _AGENTS:
            if not _AGENTS[name](line, rest):
                return self._hint("no agent talks with you here, or the state has no such place")
        elif name == "callback" and rest in CALLBACKS:
            line.behaviour.callback = rest
        elif name == "transfer" and rest in TRANSFERS:
            line.behaviour.transfer = rest
        elif name == "confidence":
            self._confidence = _number(rest)
        elif name == "voice":
            line.behaviour.score = None if rest == "none" else _number(rest)
        elif name == "loss":
            line.behaviour.loss = _number(rest)
        elif name == "answer":
            query, *fields = rest.split() or [""]
            self._said[query] = dict(_field(item) for item in fields)
        else:
            return self._hint(HELP)
        return None


def held(
    dialplan: Dialplan,
    sources: Sources,
    typed: Iterable[str],
    *,
    at: datetime = USUAL_MOMENT,
    called: str = USUAL_NUMBER,
) -> Held:
    """The conversation in which these lines were typed, one after the other: the same ones give the same."""
    call = Conversation(dialplan, sources, at=at, called=called)
    call.line.start()
    lines = call.news()
    for text in typed:
        if not text.startswith("!"):
            call.line.settle()
            lines += call.news()
        if call.ended:
            break
        words = text.removeprefix("!").strip()
        lines.append(call.typed(words))
        try:
            hint = call.take(words)
        except OperatorError as error:
            hint = Line(call.line.now, Kind.HINT, str(error))
        lines += [*([hint] if hint else []), *call.news()]
    call.line.settle()
    lines += call.news()
    return Held(tuple(lines), call.ended, call.line.listening is not None)


def _value(value: Known | None) -> str:
    return "(secret)" if value is None else {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise OperatorError(f"'{text}' is not a number")
    return number


def _seconds(text: str) -> float:
    number = _number(text)
    if not 0 <= number <= WAIT_SECONDS:
        raise OperatorError(f"seconds are 0 to {WAIT_SECONDS:.0f}")
    return number


def _field(text: str) -> tuple[str, object]:
    name, _, value = text.partition("=")
    return name, {"true": True, "false": False}.get(value, value)
