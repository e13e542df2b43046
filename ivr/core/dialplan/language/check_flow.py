"""Dead ends, states that nothing leads to, and loops that a silent caller would never leave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr.core.dialplan.flow import Way, cycles, ends_call, reachable
from ivr.core.dialplan.language.build import Places
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.likeness import meant
from ivr.core.dialplan.language.source import Path
from ivr.core.dialplan.model import Dialplan


def targets(dialplan: Dialplan, places: Places, out: Mapping[str, list[Way]]) -> Iterator[Finding]:
    """Every named state exists."""
    known = dialplan.states
    wanted: list[tuple[Path, str]] = [(("start",), dialplan.start)]
    seen: set[Path] = set()
    for ways in out.values():
        wanted.extend((way.path, way.target) for way in ways if way.target)
    for path, target in wanted:
        if target not in known and path not in seen:
            seen.add(path)
            mark = places.at(path)
            hint = meant(target, known, "Write it under states:.")
            if mark.within and target.rpartition("/")[2] in known:
                hint = "A dialog is left by return: alone; its use says where that leads."
            yield mark.finding("D170", f"no state is named '{target}'.", hint)


def flow(dialplan: Dialplan, places: Places, out: Mapping[str, list[Way]]) -> Iterator[Finding]:
    """Reachability, escape and loops, on a graph whose targets all exist."""
    forward = {name: [way.target for way in found] for name, found in out.items()}
    reached = reachable([dialplan.start], forward)
    for name in dialplan.states:
        if name not in reached:
            hint = "Lead to it, or delete it."
            yield places.at(("states", name), key=True).finding("D171", f"nothing leads to the state '{name}'.", hint)
    yield from _inescapable(dialplan, places, forward)
    silent = {name: [way.target for way in found if way.silent] for name, found in out.items()}
    for walk in cycles(silent):
        text = f"a silent caller would loop forever: {' > '.join(walk)}."
        hint = "Let one of these end the call or lead to an agent after some attempts."
        yield places.at(("states", walk[0]), key=True).finding("D173", text, hint)


def _inescapable(dialplan: Dialplan, places: Places, forward: dict[str, list[str]]) -> Iterator[Finding]:
    backward: dict[str, list[str]] = {name: [] for name in dialplan.states}
    for name, found in forward.items():
        for target in found:
            backward[target].append(name)
    ends = [name for name, state in dialplan.states.items() if ends_call(state)]
    escaping = reachable(ends, backward)
    for name in dialplan.states:
        if name not in escaping:
            text = f"from the state '{name}' the call can never end."
            hint = "Lead to a hang_up:, an enqueue: or a transfer:."
            yield places.at(("states", name), key=True).finding("D172", text, hint)
