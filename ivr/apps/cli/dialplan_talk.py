"""The terminal side of `ivr simulate`: a person is the caller, the clock is theirs."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

import click

from ivr.core.commands import Command
from ivr.core.dialplan.expression import Known
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.workbench.scenario import answer_from
from ivr.core.dialplan.workbench.scenario_shape import Sources
from ivr.core.dialplan.workbench.simulated_line import Answer, Behaviour, SimulatedLine
from ivr.core.media.frame import seconds
from ivr.core.orders.callback import KeepCallback
from ivr.core.orders.calls import HangUp
from ivr.core.orders.evidence import (
    ConsentAnswered,
    DigitsAnswered,
    DisclosureHeard,
    Evidence,
    IdentityReached,
    LanguageChosen,
    LookedUp,
    MessageLeft,
    OutcomeReached,
    RaiseAlarm,
    StateEntered,
)
from ivr.core.orders.lookup import StartLookup
from ivr.core.orders.playing import PlayPrompt
from ivr.core.orders.recording import PauseRecording, ResumeRecording
from ivr.core.orders.transfer import DialTarget

HELP = """  words        say them                      digits, * and #   press them
  /silent      say nothing until something happens
  /wait 10     let ten seconds pass          /hold 10          put the line on hold for ten seconds
  /hangup      hang up                       /agent            the agent, or whom you were transferred to, hangs up
  /transfer busy   the next transfer is busy (or: answers, silent, unreachable)
  /callback fails  the next callback request cannot be kept (or: kept)
  /confidence 0.6  how surely words are recognized   /voice 0.3 or none   score of your voice
  /loss 0.1    share of packets the line loses       /answer bank.order reference=778899   what a data source says
  An empty line is /silent. Prompts are heard to their end before your turn; ! before a line interrupts them."""

CALLBACKS = ("kept", "fails")
TRANSFERS = ("answers", "busy", "silent", "unreachable")
_ACTION = re.compile(r"/(\w+)\s*(.*)")


class _Talk:
    """One simulated call at the terminal."""

    def __init__(self, dialplan: Dialplan, sources: Sources, *, show_all: bool, at: datetime, called: str) -> None:
        self.line = SimulatedLine(dialplan, Behaviour(source=self._answer), called, at)
        self._sources = sources
        self._said: dict[str, dict[str, object]] = {}
        self._confidence = 0.95
        self._show_all = show_all
        self._shown = 0
        self._known: dict[str, str] = {}

    def _answer(self, query: str, params: Mapping[str, object]) -> Answer:
        return self._said[query] if query in self._said else answer_from(self._sources, query, params)

    def show(self) -> None:
        """Print what became known, and what was ordered, since the last time."""
        known = {name: _value(value) for name, value in self.line.interpreter.values().items()}
        for name in [*known, *(name for name in self._known if name not in known)]:
            if known.get(name) != self._known.get(name):
                click.echo(f"           {name} = {known.get(name, '(not known)')}")
        self._known = known
        for at, order in self.line.orders[self._shown :]:
            text = _shown(order, show_all=self._show_all)
            if text:
                click.echo(f"{at:7.1f}  {text}")
        self._shown = len(self.line.orders)

    def echo(self, text: str) -> None:
        """Show what was typed where the terminal does not; a secret is not shown."""
        shown = re.sub("[0-9]", "•", text) if self.line.interpreter.secret else text
        click.echo(f"{self.line.now:7.1f}  » {shown or '(silence)'}")

    def take(self, text: str) -> None:
        """One line that was typed."""
        action = _ACTION.fullmatch(text)
        if not text:
            self._silent()
        elif action is not None:
            self._act(action.group(1), action.group(2).strip())
        elif re.fullmatch(r"[0-9*#]+", text):
            self.line.press(text)
        elif not self.line.say(text, confidence=self._confidence):
            click.echo("         (nobody listens to speech here)")

    def _silent(self) -> None:
        deadline = self.line.interpreter.deadline()
        if deadline is None:
            click.echo("         (nothing is waited for; /agent or /hangup ends it)")
        else:
            self.line.advance(deadline - self.line.now)

    def _act(self, name: str, rest: str) -> None:
        line = self.line
        if name == "silent":
            self._silent()
        elif name == "wait":
            line.advance(_number(rest))
        elif name == "hold":
            line.hold()
            line.advance(_number(rest))
            line.resume()
        elif name == "hangup":
            line.hang_up()
        elif name == "agent":
            line.far_end_hangs_up()
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
            query, *fields = rest.split()
            self._said[query] = dict(_field(item) for item in fields)
        else:
            click.echo(HELP)


def _value(value: Known | None) -> str:
    return "(secret)" if value is None else {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise click.UsageError(f"'{text}' is not a number") from None


def _field(text: str) -> tuple[str, object]:
    name, _, value = text.partition("=")
    return name, {"true": True, "false": False}.get(value, value)


def _shown(order: Command, *, show_all: bool) -> str:
    """An order as a line; empty when it is not worth one."""
    if isinstance(order, PlayPrompt):
        mark = f"[{order.disclosure}] " if order.disclosure else ""
        return "« " + mark + " ".join(clip.shown for clip in order.clips)
    if isinstance(order, Evidence):
        return _told(order)
    if isinstance(order, StartLookup):
        given = {name: "(secret)" if name in order.secret else value for name, value in order.params.items()}
        return f"  looks up {order.source}.{order.query} {given}"
    if isinstance(order, RaiseAlarm):
        return f"! alarm {order.kind}: {order.text}"
    if isinstance(order, PauseRecording | ResumeRecording):
        return f"  recording {'paused' if isinstance(order, PauseRecording) else 'goes on'} ({order.reason})"
    if isinstance(order, HangUp):
        return f"  hangs up ({order.cause})"
    if isinstance(order, KeepCallback):
        return f"  leaves a callback request for {order.queue}"
    if isinstance(order, DialTarget):
        return f"  transfers to {order.destination}"
    return f"  {type(order).__name__}" if show_all or type(order).__name__ in ("Enqueue", "CollectVoice") else ""


def _told(evidence: Evidence) -> str:
    match evidence:
        case StateEntered(name=name):
            return f"  state {name}"
        case LanguageChosen(language=language):
            return f"  language {language}"
        case IdentityReached(level=level):
            return f"  identity {level}"
        case OutcomeReached(outcome=outcome):
            return f"  outcome {outcome}"
        case ConsentAnswered(consent=consent):
            return f"  consent {consent}"
        case DigitsAnswered(right=right, voice=voice):
            return f"  digits {'right' if right else 'wrong'}, voice {voice}"
        case LookedUp(name=name):
            return f"  to be found by {name}"
        case DisclosureHeard(disclosure=name, plays=plays, acknowledged_by=by):
            return f"  disclosure {name} played {plays} time(s), acknowledged by {by or 'nobody'}"
        case MessageLeft(mailbox=mailbox, first_sample=first, last_sample=last):
            return f"  message of {seconds(last - first):.1f} s for mailbox {mailbox}"
        case _:
            assert_never(evidence)


def talk(dialplan: Dialplan, sources: Sources, *, show_all: bool, at: datetime, called: str) -> None:
    """Run the conversation until the call ends or the input does. `at`: when it comes, by the clock of its zone."""
    call = _Talk(dialplan, sources, show_all=show_all, at=at, called=called)
    click.echo(f"{dialplan.id}: type words to say them, digits to press them; /help for more")
    call.line.start()
    call.show()
    while not _over(call):
        text = _typed()
        early = text is not None and text.startswith("!")
        if not early:
            call.line.settle()
            call.show()
        if text is None or _over(call):
            return
        words = text.removeprefix("!").strip()
        if not sys.stdin.isatty():
            call.echo(words)
        try:
            call.take(words)
        except click.UsageError as error:
            click.echo(f"         ({error.message})")
        call.show()


def _over(call: _Talk) -> bool:
    return call.line.interpreter.ended


def _typed() -> str | None:
    """The next line; None at the end of the input."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        return line.strip() if line else None
    try:
        return input("         » ").strip()
    except EOFError:
        return None
