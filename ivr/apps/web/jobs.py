"""What takes longer than a page may: done beside it, with how far it is. The page looks again until it is done.

Rule: whoever started it sees it, and nobody else. Few run at once. What is done is forgotten with the process: each of
these acts may be done again.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ivr.apps.web.errors import Fault, fault_of
from ivr.apps.web.visit import Visit
from ivr.errors import OperatorError

AT_ONCE: Final = 2
REMEMBERED: Final = 100
"""Of more, the oldest that is over is forgotten."""
LOG = logging.getLogger("ivr.console")


@dataclass(slots=True)
class Job:
    """One of them."""

    kind: str
    person: str
    done: int = 0
    of: int = 0
    """0: not known."""
    over: bool = False
    result: object = field(default=None, repr=False)
    fault: Fault | None = None
    """Why it failed."""

    def progress(self, done: int, of: int) -> None:
        """So far."""
        self.done, self.of = done, of


@dataclass(slots=True)
class Jobs:
    """Those of this process."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    jobs: OrderedDict[str, Job] = field(default_factory=OrderedDict)


def start(visit: Visit, kind: str, does: Callable[[Job], object]) -> str:
    """Begin; returns the ticket by which it is looked at. Raises OperatorError while as many run as may."""
    kept, job = _jobs(visit), Job(kind, visit.office.actor.name)
    with kept.lock:
        if sum(not one.over for one in kept.jobs.values()) >= AT_ONCE:
            raise OperatorError("others are at work just now: try again in a minute")
        for ticket in [name for name, one in kept.jobs.items() if one.over][: max(0, len(kept.jobs) - REMEMBERED)]:
            del kept.jobs[ticket]
        ticket = secrets.token_urlsafe(12)
        kept.jobs[ticket] = job
    threading.Thread(target=_run, args=(job, does), name=f"job {kind}", daemon=True).start()
    return ticket


def look(visit: Visit, kind: str, ticket: str) -> Job:
    """How far it is. Raises OperatorError when there is none of that ticket, kind and person."""
    job = _jobs(visit).jobs.get(ticket)
    if job is None or job.kind != kind or job.person != visit.office.actor.name:
        raise OperatorError("this was begun by somebody else, or before the console was started: begin again")
    return job


def _run(job: Job, does: Callable[[Job], object]) -> None:
    try:
        job.result = does(job)
    except Exception as error:
        job.fault = fault_of(error)
        if job.fault.status >= 500:
            LOG.exception("console_job_failed")
    finally:
        job.over = True


def _jobs(visit: Visit) -> Jobs:
    kept = visit.console.state.setdefault("jobs", Jobs())
    assert isinstance(kept, Jobs)
    return kept
