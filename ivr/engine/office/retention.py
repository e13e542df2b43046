"""How long recordings are kept: holds, requests, erasure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ivr.core.audit.entry import AuditEntry
from ivr.core.vault.retention import RetentionPlan
from ivr.engine.archive.eraser import Judged
from ivr.engine.archive.faults import OnDamage
from ivr.engine.archive.standing import GONE
from ivr.engine.office.log_search import Wanted, search
from ivr.engine.office.office import Asked, AskedOfCall, Desk, does
from ivr.errors import DeniedError, OperatorError

HOLD = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")
"""Name of a matter. A number alone may be a customer's."""
APPLIED = "retention.applied"
"""Action of the entry by which the keeper says what it keeps how long, when it starts."""


@dataclass(frozen=True, slots=True)
class Hold(AskedOfCall):
    """Keep a call whatever retention or its owner asks, or no more."""

    name: str
    """The matter it is held for. One call may have any number of holds."""


@dataclass(frozen=True, slots=True)
class OfCall(AskedOfCall):
    """Nothing more is asked."""


@dataclass(frozen=True, slots=True)
class Judge(Asked):
    """What is due and what is held."""

    on_damage: OnDamage = field(repr=False)


@dataclass(frozen=True, slots=True)
class WhatStands(Asked):
    """Classes, holds, requests, and the latest erasures."""

    before: int | None = None
    """Erasures of entries below this number only."""
    last: int = 25
    """Erasures at most."""


@dataclass(frozen=True, slots=True)
class Stands:
    """A hold, or a request of a call's owner."""

    call: str
    hold: str
    """The matter; empty: a request for erasure."""
    entry: int
    """Of the log."""
    at: float
    """Seconds since the epoch."""
    by: str
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """That something was erased: an entry of the log, which proves it as it proves every other."""

    entry: int
    call: str
    at: float
    by: str
    reason: str
    sha256: str
    """Of the sealed file, hex; empty of a record without a recording."""
    due: bool
    """By its class or its owner's request; else a person ordered it, or a rest was removed."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How things stand."""

    plan: RetentionPlan
    holds: list[Stands]
    """The newest first, as the others."""
    requests: list[Stands]
    erasures: list[Proof]
    looked_to: int
    """Entries below this one were not looked at for erasures; 0: all were."""


@dataclass(frozen=True, slots=True)
class ConfirmClock(Asked):
    """The clock is right although the log was silent for days: else nothing is erased."""


@dataclass(frozen=True, slots=True)
class LiftCap(Asked):
    """Let retention erase more within a day."""

    erasures: int


@dataclass(frozen=True, slots=True)
class Erased:
    """One that is gone."""

    name: str
    """Of its recording, else of its call."""
    why: str
    counts: bool = True
    """False: it was shredded before, and came back with an older database."""


@does("retention.hold")
def hold(desk: Desk, asked: Hold) -> str:
    """Nothing erases it until each hold is released; returns the call. Raises OperatorError."""
    if not HOLD.fullmatch(asked.name):
        raise OperatorError("a hold's name begins with a letter and has at most 64 of a-z, A-Z, 0-9 and . _ -: case-17")
    return _enter(desk, asked.call, hold=asked.name)


@does("retention.release")
def release(desk: Desk, asked: Hold) -> str:
    """Release one hold; returns the call. Raises OperatorError when it is not held so."""
    if asked.name not in desk.ports.standing.ledger().holds.get(_call_id(desk, asked.call), frozenset()):
        raise OperatorError(f"{asked.call} is not held for {asked.name}")
    return _enter(desk, asked.call, hold=asked.name)


@does("retention.request")
def request(desk: Desk, asked: OfCall) -> str:
    """The owner asks that it be erased: as soon as its class allows; returns the call. Raises OperatorError."""
    return _enter(desk, asked.call)


@does("retention.withdraw")
def withdraw(desk: Desk, asked: OfCall) -> str:
    """The owner no longer asks; returns the call. Raises OperatorError."""
    return _enter(desk, asked.call)


@does("retention.show")
def judge(desk: Desk, asked: Judge) -> Iterator[Judged]:
    """What retention says of every recording whose call has ended, and why."""
    return desk.ports.eraser(desk.actor.name).judge(desk.ports.plan, asked.on_damage)


@does("retention.standing")
def standing(desk: Desk, asked: WhatStands) -> Retention:
    """Classes, what holds and requests stand, and the proofs of the latest erasures. It opens no recording."""
    stands = sorted(
        (
            Stands(call, hold, number, entry.at, entry.actor, entry.reason)
            for (call, hold), (number, entry) in desk.ports.standing.entries().items()
        ),
        key=lambda one: -one.entry,
    )
    found = search(desk.ports.log, Wanted(actions=GONE, outcome="done"), last=asked.last, before=asked.before)
    return Retention(
        desk.ports.plan,
        [one for one in stands if one.hold],
        [one for one in stands if not one.hold],
        [_proof(number, entry) for number, entry in found.entries],
        found.looked_to,
    )


@does("retention.run")
def run(desk: Desk, asked: Judge) -> Iterator[Erased]:
    """Erase everything that is due; each as it goes. Raises DeniedError: by settings of one's own, by a clock that is
    not trusted, or more than a day may erase."""
    worker, plan = desk.ports.eraser(desk.actor.name), desk.ports.plan
    _same_rules(desk)
    for call_id in worker.reconcile():
        yield Erased(call_id, "a record that came back with an older database", counts=False)
    for judged in worker.run(plan, asked.on_damage):
        yield Erased(judged.found.recording_id, judged.verdict.reason)
    for call_id in worker.run_records(plan, asked.on_damage):
        yield Erased(call_id, "the record of a call without a recording")


@does("retention.confirm_clock")
def confirm_clock(desk: Desk, asked: ConfirmClock) -> float:
    """The time that was confirmed, seconds since the epoch."""
    now = desk.wall()
    with desk.entering("clock"):
        return now


@does("retention.lift")
def lift(desk: Desk, asked: LiftCap) -> None:
    """More may go until this time tomorrow."""
    with desk.entering("retention", erasures=asked.erasures):
        return


@does("retention.shred")
def shred(desk: Desk, asked: OfCall) -> None:
    """Destroy its key, its files and its record, now and for good. Raises DeniedError: it is held, its class forbids
    it, or as `run` does; OperatorError."""
    with desk.entering(desk.call_named(asked.call)):
        _same_rules(desk)
        desk.ports.eraser(desk.actor.name).shred(asked.call, desk.ports.plan, desk.reason)


def _proof(number: int, entry: AuditEntry) -> Proof:
    told = entry.details
    call, sha256 = str(told.get("call", entry.subject)), str(told.get("sha256", ""))
    return Proof(number, call, entry.at, entry.actor, entry.reason, sha256, due=told.get("due") is True)


def _enter(desk: Desk, call: str, **details: object) -> str:
    call_id = _call_id(desk, call)
    # What is entered here is seen by every erasure that follows, and by none before.
    with desk.ports.retention_alone(), desk.entering(call_id, **details):
        return call_id


def _call_id(desk: Desk, call: str) -> str:
    """The call's id, by its recording, or by its record: a call that does not exist cannot be held."""
    try:
        return desk.ports.recordings.find(call).call_id
    except OperatorError:
        return desk.ports.calls.get(call).call_id


def _same_rules(desk: Desk) -> None:
    """Raises DeniedError when these settings keep calls otherwise than those that the engine serves by."""
    log, applied = desk.ports.log, None
    log.publish()
    for _, entry in log.entries(actions=(APPLIED,)):
        applied = entry.details
    if applied is not None and applied != desk.ports.retention_rules:
        raise DeniedError(
            "these settings keep calls otherwise than those that the engine was started with, and nobody erases by "
            "settings of their own: start the engine with them first, which enters them into the audit log"
        )
