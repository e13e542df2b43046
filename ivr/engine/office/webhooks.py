"""Targets of notices: added, listed, tested, removed. Their secrets are sealed, and never shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from ivr.core.call.notices import Target, checked
from ivr.engine.office.office import Asked, Desk, does, one_of
from ivr.errors import OperatorError


@dataclass(frozen=True, slots=True)
class AddTarget(Asked):
    """A target, as it was typed."""

    name: str
    url: str
    events: tuple[str, ...]
    secret: str = field(repr=False)
    inside: bool = False


@dataclass(frozen=True, slots=True)
class ListTargets(Asked):
    """Which there are."""


@dataclass(frozen=True, slots=True)
class OfTarget(Asked):
    """Which target."""

    name: str
    """As it was typed."""


@does("webhooks.add")
def add(desk: Desk, asked: AddTarget) -> Target:
    """From now on it is told what happens. Raises OperatorError."""
    log = desk.ports.log
    target = checked(asked.name, asked.url, asked.events, asked.secret, inside=asked.inside)
    with desk.entering(
        target.name, host=urlsplit(target.url).hostname, events=list(target.events), inside=target.inside
    ):
        log.publish()
        now = desk.wall()
        kept = replace(target, made_at=now, entry=log.published, alarm_at=now)
        desk.ports.targets_of_notices.add(kept)
    return kept


@does("webhooks.list")
def list_targets(desk: Desk, asked: ListTargets) -> Sequence[Target]:
    """By name, with how they stand."""
    return desk.ports.targets_of_notices.all()


@does("webhooks.test")
def test(desk: Desk, asked: OfTarget) -> int:
    """Send one notice that says that it is a test; the answer's HTTP status. Raises OperatorError, PeerError."""
    there = desk.ports.targets_of_notices.all()
    with desk.entering(one_of(asked.name, (one.name for one in there))):
        found = next((one for one in there if one.name == asked.name), None)
        if found is None:
            raise OperatorError("there is no target of that name; 'ivr webhooks list' shows them")
        return desk.ports.courier.test(found)


@does("webhooks.remove")
def remove(desk: Desk, asked: OfTarget) -> None:
    """It is told nothing more. Raises OperatorError."""
    targets = desk.ports.targets_of_notices
    with desk.entering(one_of(asked.name, (one.name for one in targets.all()))):
        targets.remove(asked.name)
