"""Dialplans with one fault each: what neither a scenario nor the proof notices, nobody would have noticed.

A mutant has one way leading elsewhere (past the state it led to), or one warning left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ivr.core.dialplan.flow import ways
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import prove
from ivr.core.dialplan.states import (
    BranchState,
    DiscloseForState,
    DiscloseState,
    EndState,
    ReturnState,
    State,
)
from ivr.core.dialplan.states.walk import rerouted
from ivr.core.dialplan.workbench.behaviour import Meaning, no_meaning
from ivr.core.dialplan.workbench.scenario import Scenario, run_scenario


@dataclass(frozen=True, slots=True)
class Mutant:
    """A dialplan with one fault."""

    fault: str
    dialplan: Dialplan


def mutants(dialplan: Dialplan) -> Iterator[Mutant]:
    """Every way rerouted once, every warning left out once."""
    for name, sites in _written(dialplan).items():
        for faults in zip(*(list(_faults(dialplan, site)) for site in sites), strict=True):
            told = faults[0][1] if len(sites) == 1 else faults[0][1].replace(f"{sites[0].name.rpartition('/')[0]}/", "")
            changed = {state.name: state for state, _ in faults}
            yield Mutant(f"{name}: {told}", replace(dialplan, states={**dialplan.states, **changed}))


def _written(dialplan: Dialplan) -> dict[str, list[State]]:
    """State as written -> what it became: a slip of the pen in a dialog is made wherever the dialog is used."""
    found: dict[str, list[State]] = {}
    for name, state in dialplan.states.items():
        # Where a dialog's outcome leads is written at each use.
        found.setdefault(name if isinstance(state, ReturnState) else dialplan.definition(name), []).append(state)
    return found


def _faults(dialplan: Dialplan, state: State) -> Iterator[tuple[State, str]]:
    """(the state with one fault, what that is)"""
    if isinstance(state, DiscloseState):
        yield BranchState(state.name, {}, None, state.go), f"the warning '{state.disclosure}' is left out"
    elif isinstance(state, DiscloseForState):
        yield BranchState(state.name, {}, None, state.go), f"the warnings for '{state.target}' are left out"
    for changed, way, target in rerouted(state, lambda target: _beyond(dialplan, target)):
        yield changed, f"{way} leads to {target}"


def _beyond(dialplan: Dialplan, target: str) -> str:
    """Another state: the one after the target, or the start for an end."""
    state = dialplan.states[target]
    if isinstance(state, EndState):
        return dialplan.start
    return next((way.target for way in ways(state, dialplan) if way.target != target), dialplan.start)


def survives(mutant: Mutant, scenarios: tuple[Scenario, ...], *, meaning: Meaning = no_meaning) -> bool:
    """Whether neither a scenario nor the proof notices the fault. `meaning`: what judges free speech."""
    if not all(run_scenario(mutant.dialplan, scenario, meaning=meaning).passed for scenario in scenarios):
        return False
    return prove(mutant.dialplan).certificate is not None
