"""Systems outside that are told what happens. Their secrets are sealed, and never shown."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because
from ivr.apps.web.visit import Visit
from ivr.core.call.notices import EVENTS
from ivr.engine.office import webhooks as office


class NewTarget(Because):
    """A target."""

    name: str = Field(min_length=1, max_length=32)
    url: str = Field(min_length=1, max_length=500)
    events: list[str] = Field(default_factory=list, max_length=10)
    secret: str = Field(min_length=1, max_length=200, repr=False)
    inside: bool = False


class OfTarget(BaseModel):
    """Which target."""

    name: str = Field(min_length=1, max_length=32)


class ToRemove(OfTarget, Because):
    """Which target, and why."""


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One of them, without its secret."""

    name: str
    url: str
    events: tuple[str, ...]
    inside: bool
    made_at: float
    """Seconds since the epoch, as the next."""
    next_at: float
    failures: int
    """In a row."""
    told: int
    dropped: int
    last: str


@dataclass(frozen=True, slots=True)
class Targets:
    """All of them."""

    targets: tuple[TargetRow, ...]
    events: tuple[str, ...]


@operation("GET", "/webhooks", scope="webhooks.list", page="webhooks.html")
def webhooks_list(visit: Visit) -> Targets:
    """Who is told what, and how each stands."""
    return Targets(
        tuple(
            TargetRow(
                one.name, one.url, one.events, one.inside, one.made_at, one.next_at, one.failures, one.told,
                one.dropped, one.last,
            )
            for one in office.list_targets(visit.office, office.ListTargets())
        ),
        EVENTS,
    )  # fmt: skip


@operation("POST", "/webhooks/add", scope="webhooks.add")
def webhooks_add(visit: Visit, asked: NewTarget) -> Done:
    """Tell a system what happens from now on."""
    wanted = office.AddTarget(
        asked.name, asked.url, tuple(asked.events), asked.secret, asked.inside, reason=asked.reason
    )
    office.add(visit.office, wanted)
    return Done(visit.language.text("{name} is told what happens from now on.", name=asked.name), "/webhooks")


@operation("POST", "/webhooks/test", scope="webhooks.test")
def webhooks_test(visit: Visit, asked: OfTarget) -> Done:
    """Send one notice that says that it is a test."""
    status = office.test(visit.office, office.OfTarget(asked.name))
    told = visit.language.text("{name} answered: HTTP status {status}.", name=asked.name, status=status)
    return Done(told, "/webhooks")


@operation("POST", "/webhooks/remove", scope="webhooks.remove")
def webhooks_remove(visit: Visit, asked: ToRemove) -> Done:
    """Tell a system nothing more."""
    office.remove(visit.office, office.OfTarget(asked.name, reason=asked.reason))
    return Done(visit.language.text("{name} is told nothing more.", name=asked.name), "/webhooks")
