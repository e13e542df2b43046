"""The keys that wrap recordings' keys. No key is ever shown: names, dates, and what each still wraps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from pydantic import BaseModel, Field

from ivr.apps.web.console import Done
from ivr.apps.web.errors import Fault
from ivr.apps.web.jobs import Job, look, start
from ivr.apps.web.operation import operation
from ivr.apps.web.visit import Visit
from ivr.engine.office import keys as office

COUNTING: Final = "keys.list"
ROTATING: Final = "keys.rotate"


class Nothing(BaseModel):
    """Nothing is asked."""


class OfKey(BaseModel):
    """Which key."""

    kek_id: str = Field(min_length=1, max_length=100)


class Recovery(BaseModel):
    """An offline public key."""

    public_key: str = Field(min_length=1, max_length=200)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key, by name."""

    kek_id: str
    made_at: float
    """Seconds since the epoch."""
    active: bool
    """It wraps; the others only open."""
    used_by: tuple[tuple[str, int], ...] | None
    """(Kind, how many) of what it wraps; None: not counted."""


@dataclass(frozen=True, slots=True)
class Keys:
    """All of them."""

    keys: tuple[KeyRow, ...]
    recovery: str
    """Public key that the store is sealed to as well; empty: none."""


@dataclass(frozen=True, slots=True)
class Working:
    """Counting or rotating: how far it is, and what came of it."""

    ticket: str
    kind: str
    """count, rotate."""
    done: int
    over: bool
    keys: tuple[KeyRow, ...]
    lines: tuple[str, ...]
    damaged: tuple[str, ...]
    fault: Fault | None


@dataclass(slots=True)
class Told:
    """What a job told so far."""

    damaged: list[str] = field(default_factory=list)
    keys: tuple[KeyRow, ...] = ()
    rotated: office.Rotated | None = None

    def damage(self, what: str, why: str) -> None:
        """It could not be wrapped again."""
        self.damaged = [*self.damaged[-99:], f"{what}: {why}"]


@operation("GET", "/keys", scope="keys.list", page="keys.html")
def keys_list(visit: Visit) -> Keys:
    """Names and dates."""
    listed = office.list_keys(visit.office, office.ListKeys(counted=False))
    return Keys(_rows(listed, counted=False), listed.recovery)


@operation("POST", "/keys/count", scope="keys.list")
def keys_count(visit: Visit, asked: Nothing) -> Done:
    """Begin to count what each key wraps: of many recordings it takes a while."""
    at_office = visit.office

    def does(job: Job) -> Told:
        return Told(keys=_rows(office.list_keys(at_office, office.ListKeys()), counted=True))

    return Done("", f"/keys/count/{quote(start(visit, COUNTING, does))}")


@operation("GET", "/keys/count/{ticket}", scope="keys.list", page="keys_work.html")
def keys_counted(visit: Visit, ticket: str) -> Working:
    """What each wraps."""
    return _working(visit, COUNTING, ticket)


@operation("POST", "/keys/rotate", scope="keys.rotate")
def keys_rotate(visit: Visit, asked: Nothing) -> Done:
    """Begin to wrap with a new key, and all data keys again with it."""
    at_office = visit.office

    def does(job: Job) -> Told:
        job.result = told = Told()
        told.rotated = office.rotate(at_office, office.RotateKeys(told.damage, lambda count: job.progress(count, 0)))
        return told

    return Done("", f"/keys/rotate/{quote(start(visit, ROTATING, does))}")


@operation("GET", "/keys/rotate/{ticket}", scope="keys.rotate", page="keys_work.html")
def keys_rotated(visit: Visit, ticket: str) -> Working:
    """How far that is."""
    return _working(visit, ROTATING, ticket)


@operation("POST", "/keys/retire", scope="keys.retire")
def keys_retire(visit: Visit, asked: OfKey) -> Done:
    """Forget an old key. Refused while it wraps anything."""
    office.retire(visit.office, office.RetireKey(asked.kek_id))
    return Done(visit.language.text("{name} is forgotten.", name=asked.kek_id), "/keys")


@operation("POST", "/keys/recovery", scope="keys.set_recovery")
def keys_set_recovery(visit: Visit, asked: Recovery) -> Done:
    """Seal the store to an offline public key too, from now on."""
    office.set_recovery(visit.office, office.SetRecovery(asked.public_key.strip()))
    return Done(visit.language.text("The store is sealed to that key too from now on."), "/keys")


def _rows(listed: office.Listed, *, counted: bool) -> tuple[KeyRow, ...]:
    return tuple(
        KeyRow(
            one.kek_id, one.created_at, one is listed.keks[-1],
            tuple(sorted(listed.users.get(one.kek_id, {}).items())) if counted else None,
        )
        for one in listed.keks
    )  # fmt: skip


def _working(visit: Visit, kind: str, ticket: str) -> Working:
    job = look(visit, kind, ticket)
    result: Any = job.result
    told: Told = result if isinstance(result, Told) else Told()
    lines = []
    if told.rotated is not None:
        done, text = told.rotated.done, visit.language.text
        lines = [
            text("New recordings' keys are wrapped by {name} from now on.", name=told.rotated.active),
            text(
                "Wrapped again: {recordings} recordings, {rows} records, {voiceprints} voiceprints.",
                recordings=done.recordings, rows=done.rows, voiceprints=done.voiceprints,
            ),
        ]  # fmt: skip
    name = "count" if kind == COUNTING else "rotate"
    return Working(ticket, name, job.done, job.over, told.keys, tuple(lines), tuple(told.damaged), job.fault)
