"""What is kept of a call: its record, its dialogs, its steps."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CallSaved:
    """The call's record as it stands; sent when it begins, when it is answered and when it ends."""

    record: dict[str, object] = field(repr=False)
    """`CallRecord` as JSON."""
    final: bool = False


@dataclass(frozen=True, slots=True)
class CallStored:
    """A final CallSaved is durable in the database: the cell may forget it."""

    call_id: str


@dataclass(frozen=True, slots=True)
class DialogsHeld:
    """The SIP dialogs of the call that are up: what is needed to end each of them if the cell dies."""

    call_id: str
    dialogs: tuple[tuple[str, ...], ...] = field(repr=False)
    """`Dialog.words()` of each."""


@dataclass(frozen=True, slots=True)
class StepTold:
    """A step of a call, for the audit log. Owed until StepsKept names it or a later one."""

    call_id: str
    began: float
    """Wall clock at the call's start."""
    number: int
    """From 1, in the call's order."""
    at: float
    action: str
    details: dict[str, object] = field(repr=False)
    """What the log may hold: hashes, staff, our own documents."""
    fresh: bool = False
    """Never said before, so that no hub can have entered it."""


@dataclass(frozen=True, slots=True)
class StepsKept:
    """The call's steps up to this one are durable in the audit log."""

    call_id: str
    number: int
