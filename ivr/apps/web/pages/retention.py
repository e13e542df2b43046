"""What is kept how long, what is held and why, what was erased and what proves it; erasing what is due."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from pydantic import BaseModel, Field

from ivr.apps.web.console import Done
from ivr.apps.web.errors import Fault
from ivr.apps.web.jobs import Job, look, start
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because, ForMatter
from ivr.apps.web.visit import Visit
from ivr.engine.office import retention as office
from ivr.engine.office.retention import Proof, Stands

ERASURES: Final = 25
RUNNING: Final = "retention.run"
TOLD: Final = 100
"""Lines that one page of a run shows; all are counted, and each erasure is an entry of the log."""
MOST: Final = 1_000_000


class Page(BaseModel):
    """Which erasures."""

    before: int | None = Field(default=None, ge=0, lt=2**60)
    """Those of entries below this number."""


class HoldCall(ForMatter):
    """Which call is to be held."""

    call: str = Field(min_length=1, max_length=200)


class OfCall(Because):
    """Which call."""

    call: str = Field(min_length=1, max_length=200)


class More(Because):
    """How many more may be erased within a day."""

    erasures: int = Field(ge=1, le=MOST)


@dataclass(frozen=True, slots=True)
class Kept:
    """A retention class."""

    name: str
    earliest_days: int
    latest_days: int
    source: str
    default: bool
    dialplans: tuple[str, ...]
    """Patterns of dialplans' names that it is for."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How things stand."""

    classes: tuple[Kept, ...]
    holds: tuple[Stands, ...]
    requests: tuple[Stands, ...]
    erasures: tuple[Proof, ...]
    before: int
    """Where older erasures begin; 0: there are none."""


@dataclass(frozen=True, slots=True)
class Run:
    """Erasing what is due: how far it is."""

    ticket: str
    over: bool
    erased: int
    lines: tuple[str, ...]
    """The latest."""
    failed: tuple[str, ...]
    fault: Fault | None


@dataclass(slots=True)
class Erasing:
    """What a run did so far."""

    erased: int = 0
    lines: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def damaged(self, what: str, why: str) -> None:
        """It could not be looked at."""
        self.failed = [*self.failed[-TOLD:], f"{what}: {why}"]


@operation("GET", "/retention", scope="retention.standing", page="retention.html")
def retention_standing(visit: Visit, asked: Page) -> Retention:
    """Classes, holds, requests, and the proofs of the latest erasures."""
    found = office.standing(visit.office, office.WhatStands(asked.before, ERASURES))
    plan = found.plan
    used = {plan.default, *plan.dialplans.values()}
    classes = tuple(
        Kept(
            one.name, one.earliest_days, one.latest_days, one.source, one.name == plan.default,
            tuple(pattern for pattern, name in plan.dialplans.items() if name == one.name),
        )
        for one in sorted(plan.classes.values(), key=lambda one: (one.name not in used, one.latest_days))
    )  # fmt: skip
    return Retention(classes, tuple(found.holds), tuple(found.requests), tuple(found.erasures), found.looked_to)


@operation("POST", "/retention/hold", scope="retention.hold")
def retention_hold_call(visit: Visit, asked: HoldCall) -> Done:
    """Keep a call whatever retention or its owner asks."""
    office.hold(visit.office, office.Hold(asked.call.strip(), asked.name, reason=asked.reason))
    told = visit.language.text("Held for {name}: nothing erases it until each hold is released.", name=asked.name)
    return Done(told, "/retention")


@operation("POST", "/retention/request", scope="retention.request")
def retention_request_call(visit: Visit, asked: OfCall) -> Done:
    """A call's owner asks that it be erased."""
    office.request(visit.office, office.OfCall(asked.call.strip(), reason=asked.reason))
    return Done(visit.language.text("Entered: it is erased as soon as its class allows."), "/retention")


@operation("POST", "/retention/shred", scope="retention.shred")
def retention_shred(visit: Visit, asked: OfCall) -> Done:
    """Destroy a call's key, its files and its record, now and for good."""
    office.shred(visit.office, office.OfCall(asked.call.strip(), reason=asked.reason))
    return Done(visit.language.text("Erased for good. The newest entry below proves it."), "/retention")


@operation("POST", "/retention/clock", scope="retention.confirm_clock")
def retention_clock(visit: Visit, asked: Because) -> Done:
    """The clock is right although the log was silent for days."""
    now = office.confirm_clock(visit.office, office.ConfirmClock(reason=asked.reason))
    return Done(visit.language.text("The clock is confirmed: {time}.", time=visit.language.utc(now)), "/retention")


@operation("POST", "/retention/lift", scope="retention.lift")
def retention_lift(visit: Visit, asked: More) -> Done:
    """Let retention erase more within a day than the settings let it."""
    office.lift(visit.office, office.LiftCap(asked.erasures, reason=asked.reason))
    told = visit.language.text("{count} more may be erased until this time tomorrow.", count=asked.erasures)
    return Done(told, "/retention")


class Nothing(BaseModel):
    """Nothing is asked."""


@operation("POST", "/retention/run", scope="retention.run")
def retention_run(visit: Visit, asked: Nothing) -> Done:
    """Begin to erase everything that is due."""
    at_office = visit.office

    def does(job: Job) -> Erasing:
        done = Erasing()
        job.result = done
        for one in office.run(at_office, office.Judge(done.damaged)):
            done.erased += one.counts
            done.lines = [*done.lines[-TOLD:], f"{one.name}: {one.why}"]
        return done

    return Done("", f"/retention/run/{quote(start(visit, RUNNING, does))}")


@operation("GET", "/retention/run/{ticket}", scope="retention.run", page="retention_run.html")
def retention_running(visit: Visit, ticket: str) -> Run:
    """How far that is."""
    job = look(visit, RUNNING, ticket)
    done = job.result if isinstance(job.result, Erasing) else Erasing()
    return Run(ticket, job.over, done.erased, tuple(reversed(done.lines)), tuple(done.failed), job.fault)
