"""How the engine fares: cells, speech, edge, disks; and how queues and their hours are set. Nothing of a call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because, Nothing
from ivr.apps.web.visit import Visit
from ivr.engine.office.edge import ReloadEdge, reload
from ivr.engine.office.line import Now, trunks_now
from ivr.engine.office.line import status as status_now
from ivr.engine.office.premises import CheckSettings, ShowDisks, ShowQueues, check_settings
from ivr.engine.office.premises import disks as disks_now
from ivr.engine.office.premises import queues as queues_set
from ivr.errors import EnvironmentFault, PeerError
from ivr.ports.premises import Disk, QueueSet

BEHIND_SECONDS = 12 * 3600.0
"""Ended calls are to be read by the next morning."""
LOW = 0.1
"""Share of a disk below which the page warns."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the engine."""

    name: str
    well: bool
    told: str
    """English; translated on the page."""


@dataclass(frozen=True, slots=True)
class CellRow:
    """One cell."""

    cell: int
    state: str
    calls_served: int


@dataclass(frozen=True, slots=True)
class DiskRow:
    """Where something is kept."""

    what: str
    free: int
    """Bytes, as the next."""
    of: int
    low: bool


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """What somebody should look at."""

    at: float
    """Seconds since the epoch."""
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class AddressRow:
    """An address of a trunk."""

    uri: str
    there: bool
    """It answered the last OPTIONS."""
    answers_ms: float
    """Mean time to its answers, milliseconds."""


@dataclass(frozen=True, slots=True)
class TrunkRow:
    """A trunk, since the edge was started."""

    name: str
    takes_calls: bool
    registered: bool
    """It took our registration, or needs none."""
    addresses: tuple[AddressRow, ...]
    tried: int
    answered: int
    failed: int
    """Calls that it failed by itself."""


@dataclass(frozen=True, slots=True)
class Health:
    """All of it."""

    runs: bool
    """A hub answers."""
    why: str
    since: float | None
    parts: tuple[Part, ...]
    cells: tuple[CellRow, ...]
    states: dict[str, int]
    """State -> how many cells."""
    disks: tuple[DiskRow, ...]
    alarms: tuple[AlarmRow, ...]
    trunks: tuple[TrunkRow, ...]
    has_edge: bool


@dataclass(frozen=True, slots=True)
class QueuesSet:
    """How queues are set."""

    queues: tuple[QueueSet, ...]


@operation("GET", "/health", scope="status.show", page="health.html")
def status_show(visit: Visit) -> Health:
    """How the engine fares."""
    rooms = tuple(_disk(one) for one in _disks(visit))
    try:
        report = status_now(visit.office, Now())
    except (EnvironmentFault, PeerError) as error:
        return Health(False, str(error), None, (), (), {}, rooms, (), (), has_edge=False)
    cells = tuple(CellRow(one["cell"], one["state"], one["calls_served"]) for one in report["cells"])
    alarms = tuple(AlarmRow(one["at"], one["kind"], one["text"]) for one in report["alarms"]) if visit.may_work else ()
    states = dict(Counter(one.state for one in cells))
    parts, edge = tuple(_parts(report)), bool(report["has_edge"])
    trunks = tuple(map(_trunk, trunks_now(visit.office, Now()))) if "trunks.list" in visit.may else ()
    return Health(True, "", report["hub"]["since"], parts, cells, states, rooms, alarms, trunks, has_edge=edge)


@operation("POST", "/health/settings", scope="settings.check")
def settings_check(visit: Visit, asked: Nothing) -> Done:
    """Whether the settings by which the engine runs are sound, with all that they name."""
    check_settings(visit.office, CheckSettings())
    return Done(visit.language.text("The settings are sound, and what they name is there."), "/health")


@operation("POST", "/health/certificate", scope="edge.reload")
def edge_reload(visit: Visit, asked: Because) -> Done:
    """Show callers the certificate that was renewed on disk."""
    shown = reload(visit.office, ReloadEdge(reason=asked.reason))
    told = visit.language.text(
        "Callers are shown the certificate of {names} from now on, good until {time}.",
        names=", ".join(shown.names), time=visit.language.utc(shown.not_after.timestamp()),
    )  # fmt: skip
    return Done(told, "/health")


@operation("GET", "/queues/settings", scope="queues.settings", page="queues_set.html")
def queues_settings(visit: Visit) -> QueuesSet:
    """How queues and their hours are set."""
    return QueuesSet(tuple(queues_set(visit.office, ShowQueues())))


def _disks(visit: Visit) -> Sequence[Disk]:
    try:
        return disks_now(visit.office, ShowDisks())
    except EnvironmentFault:
        return ()


def _disk(one: Disk) -> DiskRow:
    return DiskRow(one.what, one.free, one.of, one.free < LOW * one.of)


def _trunk(one: dict[str, Any]) -> TrunkRow:
    return TrunkRow(
        one["name"], one["there"], one["registered"] is not False,
        tuple(AddressRow(place["uri"], place["there"], place["answers_ms"]) for place in one["addresses"]),
        one["tried"], one["answered"], one["failed"],
    )  # fmt: skip


def _parts(report: dict[str, Any]) -> list[Part]:
    health, hub, there = report["health"], report["hub"], len(report["cells"])
    waits = hub["records_pending"] + hub["steps_pending"] + hub["lines_pending"]
    enough = there == report["cells_wanted"]
    edge = ("It answers." if health["edge"] else "It does not answer.") if report["has_edge"] else "No edge is set up."
    read = report["inspection"]
    judged = (
        ("Calls", bool(health["ok"]), "New calls are served.", "No new call is served now."),
        ("Cells", enough, "All that are wanted are there.", "Some are missing; they are started again."),
        ("Edge", bool(health["edge"]), edge, edge),
        ("Database", not waits, "Nothing waits for it.", "Records wait until it answers."),
        ("Disk", not health.get("disk"), "What must be kept can be kept.", "It is full or refuses."),
        ("Inspection", not read["quiet"] and read["behind_seconds"] < BEHIND_SECONDS,
         "Ended calls are read.", "Ended calls wait to be read for hours, or nobody reads them."),
    )  # fmt: skip
    return [Part(name, well, right if well else wrong) for name, well, right, wrong in judged]
