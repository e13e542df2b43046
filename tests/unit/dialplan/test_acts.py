"""What the proof tries is whole: no act without its event and its words, no fact that a step hears left out."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType
from typing import get_args

import pytest

from ivr.core.dialplan import runtime
from ivr.core.dialplan.proof import enacted
from ivr.core.dialplan.proof.act import Act, ActKind
from ivr.core.dialplan.runtime.interpreter import IN_PASSING
from ivr.core.events import Event
from ivr.core.orders.alerts import RuleFound
from ivr.core.orders.calls import CallArrived
from ivr.core.orders.keypad import KeysMissed
from ivr.core.orders.queue import PlaceTold
from ivr.core.orders.reading import CallerOverheard
from ivr.core.orders.risk import CallsCounted

NOT_TRIED = {
    CallArrived: "before the first state",
    CallerOverheard: "changes the risk alone, likewise",
    CallsCounted: "changes the risk alone, which the proof leaves open wherever time passes",
    KeysMissed: "ends in an answer that is not understood, which is tried by other means",
    PlaceTold: "changes what is said to a caller who waits, and nothing else",
    RuleFound: "changes the risk alone",
}


@pytest.mark.parametrize("kind", ActKind)
def test_every_act_is_an_event_or_none_and_can_be_told(kind: ActKind) -> None:
    assert kind in enacted.ENACTED
    assert str(Act(kind, "this"))


def test_every_fact_that_a_step_hears_is_tried() -> None:
    names = (found.name for found in pkgutil.iter_modules(runtime.__path__))
    heard = {name: _facts(import_module(f"{runtime.__name__}.{name}")) for name in names}
    assert frozenset[type]().union(*heard.values()) - _facts(enacted) - IN_PASSING == set(NOT_TRIED)
    assert [name for name, facts in heard.items() if facts & IN_PASSING] == ["interpreter"]


def _facts(module: ModuleType) -> frozenset[type]:
    """The facts that its code names."""
    return frozenset(get_args(Event)) & frozenset(found for found in vars(module).values() if isinstance(found, type))
