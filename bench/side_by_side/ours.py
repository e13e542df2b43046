"""The dialogue as a dialplan, on the interpreter that serves real callers.

It does more than the others: it numbers every order, knows what may be interrupted, listens, and keeps time.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.side_by_side import dialogue as d
from ivr.core.commands import Command
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.runtime.interpreter import Interpreter
from ivr.core.events import Event
from ivr.core.orders.calls import CallArrived
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.listening import Listen, TranscriptReady
from ivr.core.orders.playing import PlayPrompt, PromptEnd, PromptEnded

DIALPLAN = f"""
name: menu
version: "1"
languages: [en]
start: menu
defaults: {{otherwise: goodbye}}
confidence: {{accept: {d.ACCEPT}, confirm: {d.ASK_BACK}}}
messages: {{confirm: {{en: "{d.CONFIRM}"}}}}
states:
  menu:
    ask: {{en: "{d.MENU}"}}
    choices:
      balance: {{press: 1, hear: {{en: [balance]}}, go: balance}}
      order: {{press: 2, hear: {{en: [order]}}, go: really}}
      goodbye: {{press: 3, hear: {{en: [good-bye]}}, go: goodbye}}
    silence: {{say: {{en: "{d.STILL_THERE}"}}, attempts: {d.ATTEMPTS}, otherwise: goodbye}}
    nomatch: {{say: {{en: "{d.PARDON}"}}, attempts: {d.ATTEMPTS}, otherwise: goodbye}}
  balance: {{say: {{en: "{d.BALANCE}"}}, go: menu}}
  really: {{ask: {{en: "{d.REALLY}"}}, yes: ordered, no: menu}}
  ordered: {{say: {{en: "{d.ORDERED}"}}, go: menu}}
  goodbye: {{hang_up: completed, say: {{en: "{d.GOODBYE}"}}}}
"""
ARRIVAL = CallArrived("bench", "sip:bench@example.org", "1", 0.0)


@dataclass(slots=True)
class OurCall:
    """The interpreter and what it ordered."""

    interpreter: Interpreter
    orders: list[Command]


class Ours:
    """`ivr.core.dialplan`."""

    name = "ivr"

    def __init__(self) -> None:
        self._dialplan = load_dialplan(DIALPLAN, source="menu.yaml")
        self._events = self._written()

    def _written(self) -> list[tuple[float, Event | None]]:
        """The acts as events: ids are the same in every call, so that one call tells them. None: time has passed."""
        call = self.begin()
        prompt, listen, now = 0, 0, 0.0
        found: list[tuple[float, Event | None]] = []
        for kind, what, confidence in d.ACTS:
            prompt = max(order.prompt_id for order in call.orders if isinstance(order, PlayPrompt))
            listen = max(order.listen_id for order in call.orders if isinstance(order, Listen))
            now += 1.0
            event: Event | None = None
            if kind == "ended":
                event = PromptEnded(prompt, PromptEnd.COMPLETED)
            elif kind == "pressed":
                event = DigitPressed(what)
            elif kind == "said":
                event = TranscriptReady(listen, what, what, confidence)
            else:
                now = call.interpreter.deadline() or now
            self._act(call, now, event)
            found.append((now, event))
        return found

    def _act(self, call: OurCall, now: float, event: Event | None) -> None:
        interpreter = call.interpreter
        call.orders += interpreter.handle_timer(now=now) if event is None else interpreter.receive(event, now=now)

    def begin(self) -> OurCall:
        """A new call."""
        interpreter = Interpreter(self._dialplan, arrival=ARRIVAL)
        return OurCall(interpreter, interpreter.start(0.0))

    def play(self, call: OurCall) -> list[str]:
        """A whole call."""
        for now, event in self._events:
            self._act(call, now, event)
        return [clip.text for order in call.orders if type(order) is PlayPrompt for clip in order.clips]
