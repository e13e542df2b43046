"""How much of a dialplan its scenarios go through. A state of a dialog counts once, however often it is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ivr.core.dialplan.flow import FIGURES, graph
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.states import ReturnState
from ivr.core.dialplan.workbench.scenario import Result


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was gone through."""

    states: int
    of_states: int
    ways: int
    of_ways: int
    missing: tuple[tuple[str, str], ...]
    """Ways that no scenario goes: (from, to)."""


def coverage(dialplan: Dialplan, results: Sequence[Result]) -> Coverage:
    """Of these results."""
    every = set(map(dialplan.definition, dialplan.states))
    states = {dialplan.definition(state) for result in results for state in result.states}
    gone = {_written(dialplan, way) for result in results for way in result.transitions}
    # What figures do to a prompt is for their rules to be tried by, not for each state that says one.
    listed = ((name, way) for name, out in graph(dialplan).items() for way in out if way.path != FIGURES)
    ways = {_written(dialplan, (name, way.target)) for name, way in listed}
    missing = tuple(sorted(ways - gone))
    return Coverage(len(states & every), len(every), len(ways) - len(missing), len(ways), missing)


def _written(dialplan: Dialplan, way: tuple[str, str]) -> tuple[str, str]:
    """A way inside a dialog counts once, however often it is used; its way out counts at every use."""
    name, target = way
    is_way_out = isinstance(dialplan.states.get(name), ReturnState)
    return name if is_way_out else dialplan.definition(name), dialplan.definition(target)
