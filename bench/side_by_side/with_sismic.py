"""The dialogue in sismic (LGPL-3, for this comparison only): a statechart in YAML, guards and actions in Python."""

from __future__ import annotations

from sismic.interpreter import Interpreter
from sismic.io import import_from_yaml

from bench.side_by_side import dialogue as d

STATECHART = f"""
statechart:
  name: menu
  preamble: |
    heard, silences, misses = '', 0, 0
  root state:
    name: root
    initial: menu
    states:
      - name: menu
        on entry: say('{d.MENU}')
        transitions:
          - event: ended
          - {{event: silent, guard: 'silences < {d.ATTEMPTS}', target: menu, priority: high,
             action: "silences += 1\\nsay('{d.STILL_THERE}')"}}
          - {{event: silent, guard: 'silences >= {d.ATTEMPTS}', target: goodbye}}
          - {{event: pressed, guard: "event.what == '1'", target: balance}}
          - {{event: pressed, guard: "event.what == '2'", target: really}}
          - {{event: pressed, guard: "event.what == '3'", target: goodbye}}
          - {{event: pressed, guard: 'misses < {d.ATTEMPTS}', target: menu, priority: -1,
             action: "misses += 1\\nsay('{d.PARDON}')"}}
          - {{event: pressed, target: goodbye, priority: -2}}
          - {{event: said, guard: "event.confidence >= {d.ACCEPT} and event.what == 'balance'", target: balance}}
          - {{event: said, guard: "event.confidence >= {d.ACCEPT} and event.what == 'order'", target: really}}
          - {{event: said, guard: "event.confidence >= {d.ACCEPT} and event.what == 'goodbye'", target: goodbye}}
          - {{event: said, guard: 'event.confidence >= {d.ASK_BACK}', target: confirm, priority: -1,
             action: 'heard = event.what'}}
          - {{event: said, guard: 'misses < {d.ATTEMPTS}', target: menu, priority: -2,
             action: "misses += 1\\nsay('{d.PARDON}')"}}
          - {{event: said, target: goodbye, priority: -3}}
      - name: confirm
        on entry: say('{d.CONFIRM}')
        transitions:
          - event: ended
          - {{event: said, target: balance,
             guard: "event.confidence >= {d.ACCEPT} and event.what == 'yes' and heard == 'balance'"}}
          - {{event: said, target: really,
             guard: "event.confidence >= {d.ACCEPT} and event.what == 'yes' and heard == 'order'"}}
          - {{event: said, target: goodbye,
             guard: "event.confidence >= {d.ACCEPT} and event.what == 'yes' and heard == 'goodbye'"}}
          - {{event: said, guard: 'misses < {d.ATTEMPTS}', target: menu, priority: -1,
             action: "misses += 1\\nsay('{d.PARDON}')"}}
          - {{event: said, target: goodbye, priority: -2}}
      - name: balance
        on entry: |
          silences, misses = 0, 0
          say('{d.BALANCE}')
        transitions:
          - {{event: ended, target: menu}}
      - name: really
        on entry: |
          silences, misses = 0, 0
          say('{d.REALLY}')
        transitions:
          - event: ended
          - {{event: pressed, guard: "event.what == '1'", target: ordered}}
          - {{event: pressed, target: menu, priority: -1}}
      - name: ordered
        on entry: say('{d.ORDERED}')
        transitions:
          - {{event: ended, target: menu}}
      - name: goodbye
        on entry: say('{d.GOODBYE}')
        transitions:
          - {{event: ended, target: over}}
      - name: over
        type: final
"""


class WithSismic:
    """sismic."""

    name = "sismic"

    def __init__(self) -> None:
        self._statechart = import_from_yaml(STATECHART)

    def begin(self) -> tuple[Interpreter, list[str]]:
        """A new call."""
        words: list[str] = []
        call = Interpreter(self._statechart, initial_context={"say": words.append}, ignore_contract=True)
        call.execute()
        return call, words

    def play(self, call: tuple[Interpreter, list[str]]) -> list[str]:
        """A whole call."""
        interpreter, words = call
        for kind, what, confidence in d.ACTS:
            interpreter.queue(kind, what=what, confidence=confidence)
            interpreter.execute()
        return words
