"""Calls that go on now: where each is, and what is said in one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ivr.engine.bus.live import CallsReport, CallsWanted, LiveCall, WordsReport, WordsWanted
from ivr.engine.office.office import Asked, AskedOfCall, Desk, does
from ivr.errors import OperatorError


@dataclass(frozen=True, slots=True)
class ListCalls(Asked):
    """Those that go on."""


@dataclass(frozen=True, slots=True)
class Follow(AskedOfCall):
    """Read along what is said in a call."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A call whose words were opened. It stays as long as whoever opened it may."""

    call: str
    read: Callable[[int], WordsReport]
    """Lines that one has already -> those since, and what is being said. Raises EnvironmentFault, PeerError."""


@does("calls.list")
def list_calls(desk: Desk, asked: ListCalls) -> tuple[LiveCall, ...]:
    """The oldest first, callers masked. Raises EnvironmentFault when no engine runs, PeerError."""
    return desk.ports.hub.ask(CallsWanted(), CallsReport).calls


@does("calls.follow")
def follow(desk: Desk, asked: Follow) -> Followed:
    """Open a call's words, which is entered once. Raises OperatorError when it does not go on, as `list_calls`."""
    hub = desk.ports.hub
    if asked.call not in {one.call_id for one in hub.ask(CallsWanted(), CallsReport).calls}:
        raise OperatorError("this call does not go on; 'ivr calls list' shows those that do")
    with desk.entering(asked.call):
        return Followed(asked.call, lambda known: hub.ask(WordsWanted(asked.call, known), WordsReport))
