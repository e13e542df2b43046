"""Which numbers are served by what, at a glance; and the latest real calls, replayed on a dialplan that is not live."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ivr.core.call.replay import served_by
from ivr.core.call.retold import Change, Retold, retold
from ivr.core.dialplan.model import Dialplan
from ivr.core.vault.search import CallQuery
from ivr.engine.bus.staff import StatusReport, StatusWanted
from ivr.engine.office.dialplans import LiveDialplan, live_now
from ivr.engine.office.draft_trials import dialplan_of
from ivr.engine.office.drafts import written
from ivr.engine.office.office import Asked, Desk, does
from ivr.engine.publishing.drafts import kept_dialplan, says
from ivr.errors import EnvironmentFault, IvrError, OperatorError, PeerError

MOST_CALLS = 500
"""That are replayed at once."""


@dataclass(frozen=True, slots=True)
class Overview(Asked):
    """Everything that answers calls."""


@dataclass(frozen=True, slots=True)
class ServedLine:
    """A dialplan that the settings list, and what is served in its place."""

    file: str
    called: tuple[str, ...]
    """As `PublishedPlan.called`."""
    live: LiveDialplan | None
    """None: nothing is served for it."""
    on_disk: bool
    """Its file says what is served."""


@dataclass(frozen=True, slots=True)
class RunningCalls:
    """Calls that run now and began with one publication."""

    publication: str
    calls: int
    dialplans: tuple[str, ...]
    """name@version of each that was served then."""
    current: bool


@dataclass(frozen=True, slots=True)
class Lines:
    """All of it."""

    lines: tuple[ServedLine, ...]
    running: tuple[RunningCalls, ...] | None
    """None: no engine runs."""


@dataclass(frozen=True, slots=True)
class ReplayCalls(Asked):
    """The latest calls of a line on a dialplan that is not live."""

    draft: str = ""
    """A draft's id."""
    dialplan: Dialplan | None = field(default=None, repr=False)
    """Or this one."""
    last: int = 50
    progress: Callable[[int], None] = field(default=lambda done: None, repr=False)


@dataclass(frozen=True, slots=True)
class RetoldCall:
    """What became of one."""

    call: str
    at: float
    """When it began: seconds since the epoch."""
    served_by: str
    """name@version."""
    retold: Retold


@dataclass(frozen=True, slots=True)
class RetoldCalls:
    """What the latest calls would have been."""

    dialplan: str
    """name@version of what they were replayed on."""
    calls: tuple[RetoldCall, ...]
    """The newest first."""
    damaged: tuple[tuple[str, str], ...]
    """Calls that do not open, and why."""

    @property
    def changes(self) -> Mapping[Change, int]:
        """How many calls of each, by the gravest; what could not be told is not among them."""
        return Counter(one.retold.change for one in self.calls if one.retold.faithful)


@does("dialplans.overview")
def overview(desk: Desk, asked: Overview) -> Lines:
    """By the word of the audit log. Raises SealError."""
    ports = desk.ports.publishing
    now = live_now(desk)
    served = ports.publications.load(now.publication) if now.publication else None
    lines = []
    for listed in ports.listed:
        plan = served.plan_of(listed.file) if served is not None else None
        same = False
        with suppress(OperatorError):  # the file is gone or no text: it does not say what is served
            same = plan is not None and says(ports.drafts, listed.file, plan.texts)
        live = next((one for one in now.dialplans if one.file == listed.file), None)
        lines.append(ServedLine(listed.file, plan.called if plan is not None else listed.called, live, same))
    return Lines(tuple(lines), _running(desk, now.publication))


@does("dialplans.replay")
def replay_calls(desk: Desk, asked: ReplayCalls) -> RetoldCalls:
    """The calls of the dialplan's name, and which of them would have gone elsewhere. Raises OperatorError, SealError.

    Nothing that a caller said is told. One entry names every recording that was opened.
    """
    if not 0 < asked.last <= MOST_CALLS:
        raise OperatorError(f"1 to {MOST_CALLS} calls are replayed at once")
    new = asked.dialplan or dialplan_of(written(desk, desk.ports.kept_drafts.load(asked.draft)).kept)
    kept: dict[str, Dialplan] = {}
    calls: list[RetoldCall] = []
    damaged: list[tuple[str, str]] = []
    name = new.id.partition("@")[0]
    with desk.entering(new.id, sha256=new.sha256) as details:
        query = CallQuery(dialplan=name)
        records = desk.ports.calls.search(
            query, limit=asked.last, before=None, on_damage=lambda what, why: damaged.append((what, why))
        )
        for record in records:
            if record.recording_id is None:
                continue
            try:
                entries = desk.ports.recordings.open(record.call_id).timeline.entries
                old_name, sha256 = served_by(entries)
                old = kept.get(sha256) or kept_dialplan(desk.ports.versions, sha256)
                kept[sha256] = old
                calls.append(RetoldCall(record.call_id, record.started_at, old_name, retold(old, new, entries)))
            except IvrError as error:
                damaged.append((record.call_id, str(error)))
            asked.progress(len(calls) + len(damaged))
        found = RetoldCalls(new.id, tuple(calls), tuple(damaged))
        details["calls"] = [one.call for one in calls]
        details["changes"] = {change.name.lower(): count for change, count in sorted(found.changes.items())}
    return found


def _running(desk: Desk, current: str) -> tuple[RunningCalls, ...] | None:
    try:
        report: dict[str, Any] = desk.ports.hub.ask(StatusWanted(), StatusReport).report
    except (EnvironmentFault, PeerError):
        return None
    counts = Counter(str(cell["publication"]) for cell in report["cells"] if cell["call_id"] and cell["publication"])
    return tuple(RunningCalls(id, calls, _served_in(desk, id), id == current) for id, calls in sorted(counts.items()))


def _served_in(desk: Desk, publication: str) -> tuple[str, ...]:
    try:
        return tuple(plan.id for plan in desk.ports.publishing.publications.load(publication).plans)
    except IvrError:  # it was removed by hand: its calls run on
        return ()
