"""Two slow ways through the product of a dialplan, to hold the quick one against.

`possible` follows single calls, each with its own questions behind it: what it finds broken is broken. `told_apart`
keeps for each disclosure the places where it is heard apart from those where it is not: exact but for what lies behind.
"""

from __future__ import annotations

from collections import deque

from ivr.core.dialplan.expression import evaluate, names
from ivr.core.dialplan.model import Demand, way_in
from ivr.core.dialplan.proof.probe import BACK
from ivr.core.dialplan.proof.product import Move, Place, Product

Breach = tuple[str, str]
"""(target, what it lacks)"""
_Call = tuple[Place, bool, bool, tuple[str, ...]]
"""Place, unheard, whether the condition may hold, questions asked."""


def _demands(product: Product) -> list[tuple[str, Demand]]:
    return [(target, demand) for target, rule in product.dialplan.protect.items() for demand in rule.demands]


def _breaks(product: Product, place: Place, target: str, demand: Demand, *, missing: bool) -> bool:
    known = product.known(place)
    may = demand.condition is None or evaluate(demand.condition, known.get) is not False
    return missing and may and target in product.happening(place[0])


def possible(product: Product, limit: int) -> set[Breach]:
    """Rules that single calls break, over at most so many situations for each demand."""
    return {(t, str(d)) for t, d in _demands(product) if _call_breaks(product, t, d, limit)}


def _call_breaks(product: Product, target: str, demand: Demand, limit: int) -> bool:
    start = product.start()
    first: _Call = (start, True, True, _asked(product, start[0], ()))
    seen, waiting = {first}, deque([first])
    while waiting and len(seen) < limit:
        place, unheard, holds, trail = waiting.popleft()
        if _breaks(product, place, target, demand, missing=unheard and holds):
            return True
        for step in product.steps(place):
            after = _after(product, step, demand, (unheard, holds))
            behind = trail[-1:] if step.change.disclosure is not None else trail
            to = step.to
            if after is None:
                continue
            if to[0] == BACK:
                behind = behind[:-1] if behind[-1:] == (place[0],) else behind
                while behind and way_in(behind[-1], place[0]) in product.dialplan.protect:
                    behind = behind[:-1]
                if not behind:
                    continue
                to = product.place(way_in(behind[-1], place[0]), *to[1:])
                while behind and behind[-1].startswith(f"{to[0]}/"):
                    behind = behind[:-1]
            call = (to, *after, _asked(product, to[0], behind))
            if call not in seen:
                seen.add(call)
                waiting.append(call)
    return False


def _asked(product: Product, state: str, trail: tuple[str, ...]) -> tuple[str, ...]:
    return (*trail, state) if state in product.questions and trail[-1:] != (state,) else trail


def _after(product: Product, step: Move, demand: Demand, before: tuple[bool, bool]) -> tuple[bool, bool] | None:
    """(unheard, may hold) after a step; None where the step cannot be taken."""
    unheard, holds = before
    change = step.change
    if change.met is not None:
        rule = product.dialplan.protect[change.met[0]].demands
        asked, wanted = rule[: change.met[1]], rule[change.met[1] :][:1]
        for each in wanted:
            if each == demand and not (unheard and holds):
                return None
            if each.disclosure == demand.disclosure and not unheard:
                return None
        for each in asked:
            if each.disclosure == demand.disclosure and each.condition is None and unheard:
                return None
            if each == demand and unheard:
                holds = False
    if change.switched and not product.dialplan.disclosures[demand.disclosure].in_any_language:
        unheard = True
    if change.disclosure == demand.disclosure and change.acknowledged is not None:
        unheard = not change.acknowledged
    if demand.condition is not None:
        if names(demand.condition) & change.assigned:
            holds = True
        number = list(dict.fromkeys(d.condition for _, d in _demands(product) if d.condition is not None))
        if number.index(demand.condition) in change.closed:
            holds = False
    return unheard, holds


def told_apart(product: Product) -> set[Breach]:
    """Rules on disclosures without condition that may be broken, one flood for each disclosure."""
    plain = [(target, demand) for target, demand in _demands(product) if demand.condition is None]
    found: set[Breach] = set()
    for name in {demand.disclosure for _, demand in plain}:
        reached = _flood(product, name)
        for target, demand in plain:
            if demand.disclosure == name and any(
                _breaks(product, place, target, demand, missing=unheard) for place, unheard in reached
            ):
                found.add((target, str(demand)))
    return found


def _flood(product: Product, name: str) -> set[tuple[Place, bool]]:
    start = (product.start(), True)
    last: dict[tuple[Place, bool], frozenset[str]] = {start: frozenset()}
    behind: dict[tuple[Place, bool], frozenset[str]] = {start: frozenset()}
    demand = Demand(name)
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        place, unheard = node
        newest = frozenset({place[0]}) if place[0] in product.questions else last[node]
        for step in product.steps(place):
            after = _after(product, step, demand, (unheard, True))
            if after is None:
                continue
            played = step.change.disclosure is not None
            older = newest if played else behind[node] | newest
            targets = [step.to]
            if step.to[0] == BACK:
                back = (last[node] if played else behind[node]) - {place[0]}
                entered = {way_in(question, place[0]) for question in back} - product.dialplan.protect.keys()
                targets = [product.place(name, *step.to[1:]) for name in entered]
            for target in targets:
                there = (target, after[0])
                new_last, new_behind = last.get(there, frozenset()) | newest, behind.get(there, frozenset()) | older
                if there not in last or new_last != last[there] or new_behind != behind[there]:
                    last[there], behind[there] = new_last, new_behind
                    waiting.append(there)
    return set(last)
