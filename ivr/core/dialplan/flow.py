"""The ways from state to state, as a graph; what `check`, `prove` and `graph` read alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ivr.core.dialplan.language.source import Path
from ivr.core.dialplan.model import Dialplan, prompts_of
from ivr.core.dialplan.parts import CommandAction, Retry, Route
from ivr.core.dialplan.states import (
    AskState,
    DiscloseForState,
    DiscloseState,
    EndState,
    EnterState,
    ReturnState,
    State,
)
from ivr.core.dialplan.states.walk import fields_of, leading

FIGURES: Path = ("figures", "otherwise")
"""Where the way out of a prompt is written that is not spoken."""


@dataclass(frozen=True, slots=True)
class Way:
    """One possible step from a state to another."""

    path: Path
    """Where it is written."""
    target: str
    why: str
    """For people: 'pressed 1', 'silence', 'lookup failed'."""
    silent: bool
    """Whether it can be gone without the caller doing anything."""


def ways(state: State, dialplan: Dialplan) -> list[Way]:
    """Every way out of a state, global commands not among them."""
    chosen = _chosen(state) if isinstance(state, AskState) else ()
    return [*chosen, *_declared(state), *_unacknowledged(state, dialplan), *_withheld(state, dialplan)]


def _chosen(state: AskState) -> Iterator[Way]:
    for choice in state.choices:
        path = (choice.name,) if state.consent else ("choices", choice.name, "go")
        yield from _route(choice.go, (*_written(state), *path), f"chose {choice.name}", silent=False)


def _declared(state: State) -> Iterator[Way]:
    """Those that its fields say."""
    for field, leads in leading(state):
        at, why = (*_written(state), field.name), leads.why
        places = getattr(state, field.name)
        if isinstance(places, Mapping):
            for place, target in places.items():
                yield Way((*at, place), target, why.format(place=place), leads.silent)
            continue
        if "{" in why:
            why = why.format_map({each.name: getattr(state, each.name) for each in fields_of(type(state))})
        told = isinstance(state, DiscloseState) and not state.asks
        if told:
            why = why.replace("acknowledged", "heard")
        match getattr(state, field.name):
            case Route() as route:
                yield from _route(route, _way_written(state) or at, why, silent=leads.silent or told)
            case Retry(otherwise=target):
                yield Way((*at, "otherwise"), target, why, leads.silent)
            case str(target):
                yield Way(at, target, why, leads.silent)


def _written(state: State) -> Path:
    return ("states", state.name)


def _way_written(state: State) -> Path | None:
    """Where the way on is written, if that is not the state's own `go`."""
    match state:
        case EnterState(dialog=dialog):
            return ("dialogs", dialog, "start")
        case ReturnState(site=site, outcome=outcome):
            return ("states", site, "returns", outcome)
        case _:
            return None


def _unacknowledged(state: State, dialplan: Dialplan) -> Iterator[Way]:
    """Those that a disclosure says, for whoever does not acknowledge it."""
    match state:
        case DiscloseState(disclosure=name):
            names, why = tuple[str, ...]((name,)), "did not acknowledge"
        case DiscloseForState():
            names, why = demanded(state, dialplan), "did not acknowledge {}"
        case _:
            return
    for name in names:
        disclosure = dialplan.disclosures.get(name)
        if disclosure is not None:
            own = ("otherwise",) if disclosure.acknowledge is None else ("acknowledge", "otherwise")
            told = why if disclosure.acknowledge is not None else why.replace("acknowledge", "hear")
            yield Way(("disclosures", name, *own), disclosure.otherwise, told.format(name), silent=True)


def _withheld(state: State, dialplan: Dialplan) -> Iterator[Way]:
    """Where a prompt that says a value may not be spoken."""
    if dialplan.figures is not None and says_values(state):
        yield Way(FIGURES, dialplan.figures.otherwise, "a figure was not the official one", silent=True)


def _route(route: Route, path: Path, why: str, *, silent: bool) -> Iterator[Way]:
    single = len(route.branches) == 1
    for index, branch in enumerate(route.branches):
        step: Path = path if single else (*path, index, "else" if branch.condition is None else "to")
        yield Way(step, branch.to, why, silent)


def demanded(state: DiscloseForState, dialplan: Dialplan) -> tuple[str, ...]:
    """Disclosures that such a state may play."""
    rule = dialplan.protect.get(state.target)
    return () if rule is None else tuple(dict.fromkeys(demand.disclosure for demand in rule.demands))


def hears_command(state: State, command: CommandAction) -> bool:
    """Whether the caller can give a global command there."""
    if isinstance(state, AskState) and state.commands:
        entry = state.entry
        if entry is None or entry.keys is None:
            return True
        # While digits are collected a digit is a digit; while a secret is, nothing is listened to.
        by_key = command.press is not None and not command.press.isdigit()
        return by_key or (bool(command.hear) and not entry.secret)
    return isinstance(state, DiscloseForState) or (isinstance(state, DiscloseState) and state.asks)


def says_values(state: State) -> bool:
    """Whether what a call knows is read out in one of its own prompts."""
    return any(piece.values for prompt in prompts_of(state) for pieces in prompt.pieces.values() for piece in pieces)


def ends_call(state: State) -> bool:
    """Whether the call may end there by itself."""
    return isinstance(state, EndState) or any(
        leads.or_ends and getattr(state, field.name) is None for field, leads in leading(state)
    )


def graph(dialplan: Dialplan) -> dict[str, list[Way]]:
    """State -> the ways out of it, global commands among them."""
    found: dict[str, list[Way]] = {}
    for name, state in dialplan.states.items():
        out = ways(state, dialplan)
        out.extend(
            Way(("commands", command.name, "go"), command.go, f"said {command.name}", silent=False)
            for command in dialplan.commands
            if command.go is not None and command.go != name and hears_command(state, command)
        )
        found[name] = out
    return found


def reachable(start: Iterable[str], next_of: Mapping[str, Iterable[str]]) -> set[str]:
    """Every node that can be reached from `start`, itself among them."""
    seen = set(start)
    stack = list(seen)
    while stack:
        for node in next_of.get(stack.pop(), ()):
            if node not in seen:
                seen.add(node)
                stack.append(node)
    return seen


def cycles(next_of: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """One closed walk for each knot of the graph (Tarjan's strongly connected components, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    on_stack: set[str] = set()
    stack: list[str] = []
    found: list[list[str]] = []
    for root in next_of:
        if root in index:
            continue
        work: list[tuple[str, Iterator[str]]] = [(root, iter(next_of[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, rest = work[-1]
            for other in rest:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    on_stack.add(other)
                    work.append((other, iter(next_of.get(other, ()))))
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    knot = _pop_knot(stack, on_stack, node)
                    if len(knot) > 1 or node in next_of.get(node, ()):
                        found.append(_closed_walk(knot, next_of))
    return found


def _pop_knot(stack: list[str], on_stack: set[str], node: str) -> list[str]:
    knot: list[str] = []
    while True:
        member = stack.pop()
        on_stack.discard(member)
        knot.append(member)
        if member == node:
            return knot[::-1]


def _closed_walk(knot: list[str], next_of: Mapping[str, Iterable[str]]) -> list[str]:
    """A shortest walk from the knot's first member back to itself."""
    members, first = set(knot), knot[0]
    before: dict[str, str] = {}
    queue = [first]
    for node in queue:
        for other in next_of.get(node, ()):
            if other == first:
                walk = [first]
                while node != first:
                    walk.append(node)
                    node = before[node]
                return [first, *reversed(walk[1:]), first] if len(walk) > 1 else [first, first]
            if other in members and other not in before:
                before[other] = node
                queue.append(other)
    return [first, first]
