"""What an engine's settings offer to dialplans, and whether a dialplan asks for more: a dead lookup or transfer is not
served, nor a queue in which nobody would come.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from ivr.core.dialplan.language.likeness import meant
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.own_sources import OWN
from ivr.core.dialplan.states import LookupState, QueueState, TransferState
from ivr.errors import OperatorError, SettingsError


@dataclass(frozen=True, slots=True)
class Offers:
    """What there is for dialplans to ask."""

    sources: Mapping[str, Mapping[str, Set[str]] | None]
    """Data source -> its queries, each with the parameters that it needs; None: it answers any query."""
    transfers: Set[str]
    """Destinations."""
    skills: Set[str] = frozenset()
    """Of agents, beside languages."""
    overflows: Mapping[str, Set[str]] = field(default_factory=dict)
    """Queue -> ways by which its calls, or those of a queue that takes them, are sent on when they waited too long."""


def check_offered(dialplan: Dialplan, offers: Offers) -> None:
    """Everything that the dialplan asks for is there. Raises SettingsError, OperatorError."""
    for state in dialplan.states.values():
        if isinstance(state, LookupState) and state.source not in OWN:
            _check_lookup(f"{dialplan.source}: state '{state.name}' asks {state.source}.{state.query}", state, offers)
        elif isinstance(state, QueueState):
            _check_skills(f"{dialplan.source}: state '{state.name}'", state, offers)
            _check_overflows(f"{dialplan.source}: state '{state.name}'", state, offers)
        elif isinstance(state, TransferState) and state.destination not in offers.transfers:
            known = ", ".join(sorted(offers.transfers)) or "none"
            raise OperatorError(
                f"{dialplan.source}: state '{state.name}' transfers to '{state.destination}', which the settings do "
                f'not name (they name {known}): write transfers: {{{state.destination}: "sip:..."}} into ivr.yaml'
            )


def _check_skills(asking: str, state: QueueState, offers: Offers) -> None:
    for skill in dict.fromkeys((*state.skills, *(skill for one in state.at_risk.values() for skill in one.skills))):
        if skill not in offers.skills and not skill.startswith("lang:"):
            hint = meant(skill, offers.skills, f"Write skills: [{skill}] into ivr.yaml.")
            raise OperatorError(f"{asking} asks for the skill '{skill}', which the settings do not name. {hint}")


def _check_overflows(waiting: str, state: QueueState, offers: Offers) -> None:
    for way in sorted(offers.overflows.get(state.queue, frozenset()) - state.overflow.keys()):
        raise OperatorError(
            f"{waiting} waits in '{state.queue}', from which the settings send calls on by '{way}', and does not say "
            f"where that is: write overflow: {{{way}: STATE}} there, or take the way out of ivr.yaml"
        )


def _check_lookup(asked: str, state: LookupState, offers: Offers) -> None:
    if state.source not in offers.sources:
        known = ", ".join(offers.sources) or "none"
        hint = "name it under sources: in the settings (demo is the made-up bank of the examples)"
        raise SettingsError(f"{asked}, and the settings have no source {state.source} (they have: {known}): {hint}")
    queries = offers.sources[state.source]
    if queries is None:
        return
    if state.query not in queries:
        raise SettingsError(f"{asked}, and sources.{state.source}.queries have: {', '.join(queries)}")
    given = {*state.given, *([state.once] if state.once else [])}
    if missing := queries[state.query] - given:
        raise SettingsError(f"{asked} without {', '.join(sorted(missing))}: add them to its given:")
