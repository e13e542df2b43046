"""What is wrong with a risk table: what it reads exists and fits, and each of its bands can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.language.build import Places
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.language.likeness import meant
from ivr.core.dialplan.language.source import Path
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.states import QueueState
from ivr.core.identity.risk import (
    MOST_POINTS,
    Attested,
    Differs,
    Often,
    Outside,
    RiskTable,
    Signal,
    Spoken,
    Told,
    Weight,
)

_NUMBERS: Final = (ValueType.DIGITS, ValueType.TEXT)
_SIGNALS: Path = ("risk", "signals")


def findings(dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """All of it."""
    table = dialplan.risk
    for state in dialplan.states.values():
        if isinstance(state, QueueState) and state.at_risk and not table:
            mark = places.at(("states", state.name, "at_risk"), key=True)
            hint = "Add risk: {signals: {withheld: 30, unvouched: 30}}, or leave at_risk: out."
            yield mark.finding("D198", "nothing tells the risk: the dialplan has no risk: table.", hint)
    if not table:
        return
    for signal, weight in table.signals.items():
        yield from _reads(signal, weight, dialplan, places)
    if table.medium > table.high:
        mark = places.at(("risk", "medium"))
        yield mark.finding("D199", "medium is above high.", "Swap them.")
    most = _most(table)
    if most < table.high:
        text = f"all signals together give {most} points, and a high risk begins at {table.high}: none ever is."
        hint = f"Write high: {most} or less, or give signals more points."
        yield places.at(_SIGNALS, key=True).finding("D199", text, hint)


def _reads(signal: Signal, weight: Weight, dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    path: Path = (*_SIGNALS, str(signal))
    match weight:
        case Outside(hours=name):
            if name not in dialplan.hours:
                hint = meant(name, dialplan.hours, f"Write them: hours: {{{name}: {{mon - sun: 7:00 - 23:00}}}}.")
                yield places.at((*path, "outside")).finding("D199", f"no hours are named '{name}'.", hint)
        case Told(value=name):
            yield from _value(name, (ValueType.TEXT,), path, dialplan, places)
        case Differs(value=name):
            yield from _value(name, _NUMBERS, path, dialplan, places)
        case Often(value=name) if name:
            yield from _value(name, tuple(ValueType), path, dialplan, places)
            spec = dialplan.values.get(name)
            if spec is not None and not spec.searchable:
                text = f"calls are not found by '{name}', so they cannot be counted."
                hint = f"Write values: {{{name}: {{type: {spec.type}, searchable: true}}}}."
                yield places.at((*path, "value")).finding("D199", text, hint)
        case Spoken(phrases=phrases):
            for language in phrases:
                if language not in dialplan.languages:
                    hint = f"The dialplan speaks {', '.join(dialplan.languages)}."
                    mark = places.at((*path, "phrases", language), key=True)
                    yield mark.finding("D199", f"nobody is heard in '{language}' here.", hint)


def _value(
    name: str, types: tuple[ValueType, ...], path: Path, dialplan: Dialplan, places: Places
) -> Iterator[Finding]:
    spec = dialplan.values.get(name)
    if spec is None or spec.secret or spec.type not in types:
        kind = types[0]
        hint = meant(name, dialplan.values, f"Declare it: values: {{{name}: {kind}}}.")
        yield places.at((*path, "value")).finding("D199", f"'{name}' is no {kind} value that may be read.", hint)


def _most(table: RiskTable) -> int:
    """Points of a call against which everything speaks."""
    found = 0
    for weight in table.signals.values():
        points = weight.points if isinstance(weight, Told | Attested) else getattr(weight, "points", 0)
        found += max(points.values(), default=0) if not isinstance(points, int) else points
    return min(found, MOST_POINTS)
