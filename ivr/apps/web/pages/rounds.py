"""What the keeper does by itself, begun by a person: ended calls sealed for good; and what retention says of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from pydantic import Field

from ivr.apps.web.console import Done
from ivr.apps.web.errors import Fault
from ivr.apps.web.jobs import Job, look, start
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because, Nothing
from ivr.apps.web.visit import Visit
from ivr.engine.office import recordings, retention

JUDGING: Final = "retention.show"
SEALING: Final = "recordings.compact"
LISTED: Final = 500
"""Of each kind, on one page; all are counted."""


class SetAside(Because):
    """Which recording is tried again."""

    call: str = Field(min_length=1, max_length=200)


@dataclass(slots=True)
class Round:
    """So far."""

    count: int = 0
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    """(Recording, what becomes of it, why)."""
    failed: list[tuple[str, str]] = field(default_factory=list)

    def tell(self, what: str, becomes: str, why: str) -> None:
        """One more."""
        self.count += 1
        if len(self.lines) < LISTED:
            self.lines.append((what, becomes, why))

    def damaged(self, what: str, why: str) -> None:
        """It could not be looked at."""
        if len(self.failed) < LISTED:
            self.failed.append((what, why))


@dataclass(frozen=True, slots=True)
class RoundPage:
    """How far it is."""

    here: str
    """Where it goes on."""
    ticket: str
    over: bool
    count: int
    lines: tuple[tuple[str, str, str], ...]
    failed: tuple[tuple[str, str], ...]
    fault: Fault | None


@operation("POST", "/retention/judge", scope="retention.show")
def retention_judge(visit: Visit, asked: Nothing) -> Done:
    """Begin to ask retention of every recording: what is due, what is held, and why. Nothing is erased."""
    at_office = visit.office

    def does(job: Job) -> Round:
        done = job.result = Round()
        for one in retention.judge(at_office, retention.Judge(done.damaged)):
            done.tell(one.found.recording_id, one.verdict.decision.value, one.verdict.reason)
        return done

    return Done("", f"/retention/judge/{quote(start(visit, JUDGING, does))}")


@operation("GET", "/retention/judge/{ticket}", scope="retention.show", page="round.html")
def retention_judging(visit: Visit, ticket: str) -> RoundPage:
    """How far that is."""
    return _page("/retention/judge", ticket, look(visit, JUDGING, ticket))


@operation("POST", "/retention/seal", scope="recordings.compact")
def recordings_compact(visit: Visit, asked: Nothing) -> Done:
    """Begin to bring recordings of ended calls into their long-term form, as the keeper does by itself."""
    at_office = visit.office

    def does(job: Job) -> Round:
        done = job.result = Round()
        for one in recordings.compact(at_office, recordings.Compact(done.damaged)):
            done.tell(one.recording_id, "sealed", f"SHA-256 {one.sha256}")
        return done

    return Done("", f"/retention/seal/{quote(start(visit, SEALING, does))}")


@operation("GET", "/retention/seal/{ticket}", scope="recordings.compact", page="round.html")
def recordings_compacting(visit: Visit, ticket: str) -> RoundPage:
    """How far that is."""
    return _page("/retention/seal", ticket, look(visit, SEALING, ticket))


@operation("POST", "/retention/readmit", scope="recordings.readmit")
def recordings_readmit(visit: Visit, asked: SetAside) -> Done:
    """Try again to seal a recording that was set aside."""
    call = recordings.readmit(visit.office, recordings.Readmit(asked.call.strip(), reason=asked.reason))
    return Done(visit.language.text("{call} is sealed with the next round.", call=call), "/retention")


def _page(here: str, ticket: str, job: Job) -> RoundPage:
    done = job.result if isinstance(job.result, Round) else Round()
    return RoundPage(here, ticket, job.over, done.count, tuple(done.lines), tuple(done.failed), job.fault)
