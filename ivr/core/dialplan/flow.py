"""The ways from state to state, as a graph; what `check`, `prove` and `graph` read alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ivr.core.dialplan.language.source import Path
from ivr.core.dialplan.model import (
    AskState,
    BranchState,
    CallbackState,
    Dialplan,
    DiscloseForState,
    DiscloseState,
    EndState,
    EnterState,
    LookupState,
    QueueState,
    ReturnState,
    SayState,
    State,
    TransferState,
    VoicemailState,
    VoiceState,
)
from ivr.core.dialplan.parts import CommandAction, Route


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
    at: Path = ("states", state.name)
    if isinstance(state, SayState):
        return list(_route(state.go, (*at, "go"), "said", silent=True))
    if isinstance(state, AskState):
        return list(_ask(state, at))
    if isinstance(state, DiscloseState):
        return list(_disclose(state, dialplan, at))
    if isinstance(state, DiscloseForState):
        return list(_disclose_for(state, dialplan, at))
    if isinstance(state, LookupState):
        return list(_lookup(state, at))
    if isinstance(state, VoiceState):
        found = list(_route(state.go, (*at, "go"), "voice accepted", silent=False))
        found.append(Way((*at, "unscored"), state.unscored, "voice not scored", silent=True))
        found.append(Way((*at, "otherwise"), state.otherwise, "voice rejected", silent=True))
        return found
    if isinstance(state, BranchState):
        return list(_route(state.go, (*at, "go"), "decided", silent=True))
    if isinstance(state, QueueState):
        found = [Way((*at, "otherwise"), state.otherwise, "no agent came", silent=True)]
        if state.after is not None:
            found.append(Way((*at, "after"), state.after, "the agent hung up", silent=True))
        return found
    if isinstance(state, CallbackState):
        found = list(_route(state.go, (*at, "go"), "left a callback request", silent=True))
        return [*found, Way((*at, "failed"), state.failed, "the request could not be kept", silent=True)]
    if isinstance(state, VoicemailState):
        found = list(_route(state.go, (*at, "go"), "left a message", silent=True))
        return [*found, Way((*at, "empty"), state.empty, "left no message", silent=True)]
    if isinstance(state, TransferState):
        found = [Way((*at, "failed"), state.failed, "nobody answered the transfer", silent=True)]
        if state.after is not None:
            found.append(Way((*at, "after"), state.after, "the target hung up", silent=True))
        return found
    if isinstance(state, EnterState):
        path: Path = ("dialogs", state.dialog, "start")
        return list(_route(state.go, path, f"began {state.dialog}", silent=True))
    if isinstance(state, ReturnState):
        path = ("states", state.site, "returns", state.outcome)
        return list(_route(state.go, path, f"returned {state.outcome}", silent=True))
    assert isinstance(state, EndState)
    return []


def _route(route: Route, path: Path, why: str, *, silent: bool) -> Iterator[Way]:
    single = len(route.branches) == 1
    for index, branch in enumerate(route.branches):
        step: Path = path if single else (*path, index, "else" if branch.condition is None else "to")
        yield Way(step, branch.to, why, silent)


def _ask(state: AskState, at: Path) -> Iterator[Way]:
    for choice in state.choices:
        path = (*at, choice.name) if state.consent else (*at, "choices", choice.name, "go")
        yield from _route(choice.go, path, f"chose {choice.name}", silent=False)
    if state.go is not None:
        yield from _route(state.go, (*at, "go"), "gave the value", silent=False)
    yield Way((*at, "silence", "otherwise"), state.silence.otherwise, "stayed silent", silent=True)
    yield Way((*at, "nomatch", "otherwise"), state.nomatch.otherwise, "was not understood", silent=False)


def _disclose(state: DiscloseState, dialplan: Dialplan, at: Path) -> Iterator[Way]:
    yield from _route(state.go, (*at, "go"), f"acknowledged {state.disclosure}", silent=False)
    yield from _unacknowledged(state.disclosure, dialplan, "did not acknowledge")


def _disclose_for(state: DiscloseForState, dialplan: Dialplan, at: Path) -> Iterator[Way]:
    # Silent, as there may be nothing to play.
    yield from _route(state.go, (*at, "go"), f"heard what '{state.target}' demands", silent=True)
    for name in demanded(state, dialplan):
        yield from _unacknowledged(name, dialplan, f"did not acknowledge {name}")


def demanded(state: DiscloseForState, dialplan: Dialplan) -> tuple[str, ...]:
    """Disclosures that such a state may play."""
    rule = dialplan.protect.get(state.target)
    return () if rule is None else tuple(dict.fromkeys(demand.disclosure for demand in rule.demands))


def _unacknowledged(name: str, dialplan: Dialplan, why: str) -> Iterator[Way]:
    disclosure = dialplan.disclosures.get(name)
    if disclosure is not None:
        path: Path = ("disclosures", name, "acknowledge", "otherwise")
        yield Way(path, disclosure.acknowledge.otherwise, why, silent=True)


def _lookup(state: LookupState, at: Path) -> Iterator[Way]:
    yield from _route(state.go, (*at, "go"), "the answer came", silent=True)
    yield Way((*at, "failed"), state.failed, "the lookup failed", silent=True)
    if state.again is not None:
        yield Way((*at, "again"), state.again, "not passed, may try again", silent=True)
    if state.otherwise is not None:
        yield Way((*at, "otherwise"), state.otherwise, "not passed too often", silent=True)


def hears_command(state: State, command: CommandAction) -> bool:
    """Whether the caller can give a global command there."""
    if isinstance(state, AskState) and state.commands:
        entry = state.entry
        if entry is None or entry.keys is None:
            return True
        # While digits are collected a digit is a digit; while a secret is, nothing is listened to.
        by_key = command.press is not None and not command.press.isdigit()
        return by_key or (bool(command.hear) and not entry.secret)
    return isinstance(state, DiscloseState | DiscloseForState)


def ends_call(state: State) -> bool:
    """Whether the call may end there by itself."""
    return isinstance(state, EndState) or (isinstance(state, QueueState | TransferState) and state.after is None)


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
