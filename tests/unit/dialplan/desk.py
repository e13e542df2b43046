"""Small dialplans for tests, and a call in one of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ivr.core.call.journal import EVIDENCE
from ivr.core.codec import plain
from ivr.core.commands import Command
from ivr.core.compliance.spoken import read_dialplan
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.runtime.interpreter import Interpreter
from ivr.core.events import Event
from ivr.core.orders.calls import CallArrived
from ivr.core.orders.evidence import Evidence
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.listening import Listen, TranscriptReady
from ivr.core.orders.lookup import StartLookup
from ivr.core.orders.playing import PlayPrompt, PlayReport, PromptEnd, PromptEnded
from ivr.errors import DialplanError

SHIPPED = Path(__file__).parents[3] / "dialplans"

HEAD = """\
name: desk
version: "1"
languages: [en]
start: first
defaults: {otherwise: bye}
"""
END = """\
  bye: {hang_up: completed}
"""
WARNING = """\
disclosures:
  risk:
    say: {en: You may lose money.}
    acknowledge:
      ask: {en: Press one.}
      press: 1
      hear: {en: [I understand]}
      attempts: 2
      otherwise: bye
"""
INTENTS = """\
states:
  first:
    ask: {en: Tell me.}
    choices:
      balance:
        {press: 1, like: {en: [how much money do I have, what is my balance, tell me my balance]}, go: balance}
      card:
        {press: 2, hear: {en: [lost card]}, like: {en: [I lost my card, my card was stolen, block my card]}, go: bye}
  balance: {say: {en: Balance.}, go: bye}
"""


def plan(text: str, *, head: str = HEAD, end: str = END) -> Dialplan:
    """A dialplan of this head, this text, and a state `bye`."""
    return load_dialplan(head + text + end, source="desk.yaml")


def findings(text: str) -> list[Finding]:
    """What is wrong with a whole file."""
    try:
        load_dialplan(text, source="desk.yaml")
    except DialplanError as error:
        return [finding for finding in error.findings if isinstance(finding, Finding)]
    return []


@cache
def shipped(name: str) -> Dialplan:
    """A dialplan that we ship."""
    return read_dialplan(_shipped_text(name), source=name, read_include=_shipped_text)


def _shipped_text(name: str) -> str:
    return (SHIPPED / name).read_text(encoding="utf-8")


class Desk:
    """One call, one event at a time, with nobody answering by itself."""

    def __init__(self, dialplan: Dialplan, *, at: float = 0.0) -> None:
        """`at`: the wall clock, seconds since the epoch."""
        self.interpreter = Interpreter(dialplan, arrival=CallArrived("c", "sip:x@example.org", "100", at))
        self.now = 0.0
        self.all: list[Command] = []
        self.last = self._keep(self.interpreter.start(0.0))

    def _keep(self, commands: list[Command]) -> list[Command]:
        self.last = commands
        self.all.extend(commands)
        return commands

    def send(self, event: Event, *, after: float = 0.1) -> list[Command]:
        """An event, a little later."""
        self.now += after
        return self._keep(self.interpreter.receive(event, now=self.now))

    def time_out(self) -> list[Command]:
        """The next deadline comes."""
        deadline = self.interpreter.deadline()
        assert deadline is not None
        self.now = max(self.now, deadline)
        return self._keep(self.interpreter.handle_timer(now=self.now))

    @property
    def prompt(self) -> PlayPrompt:
        """The last prompt ordered."""
        return [order for order in self.all if isinstance(order, PlayPrompt)][-1]

    @property
    def listening(self) -> Listen:
        """The last listening ordered."""
        return [order for order in self.all if isinstance(order, Listen)][-1]

    @property
    def lookup(self) -> StartLookup:
        """The last lookup ordered."""
        return [order for order in self.all if isinstance(order, StartLookup)][-1]

    def text(self) -> str:
        """What the last prompt says."""
        return " ".join(clip.text for clip in self.prompt.clips)

    def heard(self, *, loss: float | None = 0.0, sent: int = 8000, length: int = 8000) -> list[Command]:
        """The last prompt was played to its end."""
        report = PlayReport("ab" * 32, length, 800, 800 + sent, sent // 160, loss)
        return self.send(PromptEnded(self.prompt.prompt_id, PromptEnd.COMPLETED, report))

    def notes(self, kind: str) -> list[dict[str, object]]:
        """Every fact of a kind for the record, as a journal calls it."""
        return [plain(order) for order in self.all if EVIDENCE.get(type(order)) == kind]

    @property
    def state(self) -> str:
        """Where the call is."""
        return self.interpreter.state


def kinds(commands: list[Command]) -> list[str]:
    """Names of orders, notes left out."""
    return [type(command).__name__ for command in commands if not isinstance(command, Evidence)]


def codes(text: str) -> set[str]:
    """Of the findings in a file without its last state."""
    return {finding.code for finding in findings(text + END)}


def say(desk: Desk, words: str, confidence: float = 0.95, choice: str | None = None) -> None:
    """The caller says something."""
    desk.send(TranscriptReady(desk.listening.listen_id, words, choice, confidence))


def keys(desk: Desk, pressed: str) -> None:
    """The caller presses keys."""
    for key in pressed:
        desk.send(DigitPressed(key))
