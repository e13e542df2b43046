"""Rules: what is protected exists, what it demands exists and is played, and conditions can be judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ivr.core.dialplan.expression import Expression, names
from ivr.core.dialplan.flow import demanded
from ivr.core.dialplan.language.build import Places
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.likeness import meant
from ivr.core.dialplan.language.source import Path
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.states import DiscloseForState, DiscloseState, LookupState

Judge = Callable[[Expression, Path], Iterator[Finding]]
"""What is wrong with the names and types of a condition."""


def protection(dialplan: Dialplan, places: Places, condition: Judge, clock: frozenset[str]) -> Iterator[Finding]:
    """What is wrong with the rules, and disclosures that nothing plays. `clock`: values that time changes."""
    lookups = [state for state in dialplan.states.values() if isinstance(state, LookupState)]
    actions = {f"{state.source}.{state.query}" for state in lookups}
    played = _played(dialplan)
    for target, rule in dialplan.protect.items():
        path: Path = ("protect", target)
        here = places.at(path, key=True)
        if target not in dialplan.states and target not in actions:
            hint = meant(target, [*dialplan.states, *actions], "Name a state, or a query as source.query.")
            yield here.finding("D160", f"'{target}' is neither a state nor a query.", hint)
        if not rule.demands and rule.identity.value == "none" and not rule.recorded:
            hint = "Add after:, also:, identity: or recorded:."
            yield here.finding("D161", "this rule demands nothing.", hint)
        for index, name in enumerate(rule.after):
            yield from _wanted(name, (*path, "after", index), dialplan, places, played)
        for number, also in enumerate(rule.also):
            at = (*path, "also", number)
            yield from condition(also.condition, (*at, "if"))
            for name in sorted(names(also.condition) & clock):
                text = f"'{name}' may change between the warning and what needs it."
                hint = "Keep it in a value of your own first (set:), and ask for that."
                yield places.at((*at, "if")).finding("D164", text, hint)
            for index, name in enumerate(also.after):
                yield from _wanted(name, (*at, "after", index), dialplan, places, played)
    for name in dialplan.disclosures:
        if name not in played and not _misspelt(dialplan):
            mark = places.at(("disclosures", name), key=True)
            hint = f"Add a state with disclose: {name}."
            yield mark.finding("D162", f"the disclosure '{name}' is never played.", hint)
    yield from _disclosing(dialplan, places)


def _played(dialplan: Dialplan) -> set[str]:
    """Disclosures that some state plays."""
    found = {state.disclosure for state in dialplan.states.values() if isinstance(state, DiscloseState)}
    for state in dialplan.states.values():
        if isinstance(state, DiscloseForState):
            found.update(demanded(state, dialplan))
    return found


def _misspelt(dialplan: Dialplan) -> bool:
    """Whether a state plays a disclosure that does not exist: then it is no wonder that another is never played."""
    return any(
        isinstance(state, DiscloseState) and state.disclosure not in dialplan.disclosures
        for state in dialplan.states.values()
    )


def _wanted(name: str, path: Path, dialplan: Dialplan, places: Places, played: set[str]) -> Iterator[Finding]:
    if name not in dialplan.disclosures:
        hint = meant(name, dialplan.disclosures, "Write it under disclosures:.")
        yield places.at(path).finding("D148", f"no disclosure is named '{name}'.", hint)
    elif name not in played and not _misspelt(dialplan):
        hint = f"Add a state with disclose: {name}, or with disclose_for: what it is demanded for."
        yield places.at(path).finding("D162", f"no state plays the disclosure '{name}'.", hint)


def _disclosing(dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    for state in dialplan.states.values():
        if isinstance(state, DiscloseForState):
            rule = dialplan.protect.get(state.target)
            if rule is None or not rule.demands:
                text = f"no rule demands a disclosure of '{state.target}'."
                hint = "Write one under protect:, or disclose: the warning itself."
                yield places.at(("states", state.name, "disclose_for")).finding("D163", text, hint)
