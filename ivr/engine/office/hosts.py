"""Other hosts that work for this engine: added, listed, removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ivr.engine.office.office import UNKNOWN, Asked, Desk, does, one_of
from ivr.ports.hosts import AddedHost, Host


@dataclass(frozen=True, slots=True)
class AddHost(Asked):
    """A host, or another certificate for one."""

    name: str
    """As it was typed."""


@dataclass(frozen=True, slots=True)
class ListHosts(Asked):
    """Which there are."""


@dataclass(frozen=True, slots=True)
class RemoveHost(Asked):
    """Its certificate counts no more."""

    name: str
    """As it was typed."""


@does("hosts.add")
def add(desk: Desk, asked: AddHost) -> AddedHost:
    """With its secret key, which is kept nowhere here. Raises OperatorError."""
    details: dict[str, object]
    with desk.entering("host") as details:
        details["host"] = UNKNOWN  # until it is known to be a name
        made = desk.ports.hosts.add(asked.name, now=datetime.fromtimestamp(desk.wall(), UTC))
        details["host"], details["fingerprint"] = made.host.name, made.host.fingerprint
    return made


@does("hosts.list")
def list_hosts(desk: Desk, asked: ListHosts) -> Sequence[Host]:
    """By name."""
    return desk.ports.hosts.all()


@does("hosts.remove")
def remove(desk: Desk, asked: RemoveHost) -> None:
    """From now on, and within a second on what it is connected by. Raises OperatorError."""
    hosts = desk.ports.hosts
    with desk.entering(one_of(asked.name, (one.name for one in hosts.all()))):
        hosts.remove(asked.name)
