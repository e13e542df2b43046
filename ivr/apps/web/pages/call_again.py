"""A call held against what was kept of it: its steps in the audit log, and its journal through the core of today."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel, Field

from ivr.apps.web.operation import operation
from ivr.apps.web.pages.audit import Row
from ivr.apps.web.pages.audit import row as entry_row
from ivr.apps.web.pages.calls import Nothing
from ivr.apps.web.visit import Visit
from ivr.core.call.deeds import Keys
from ivr.engine.office import audit, receipts, recordings


class Code(BaseModel):
    """A receipt's short code."""

    code: str = Field(default="", max_length=64)


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """One entry about the call."""

    row: Row
    differs: bool
    """From the step that the recording holds: one of the two was altered."""


@dataclass(frozen=True, slots=True)
class StoryDeed:
    """What the caller did, or what was judged or tried."""

    at: float
    """Seconds from the answer."""
    keys: bool
    """It is keys that they pressed."""
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoryPage:
    """What the log says of a call, compared with its recording."""

    call: str
    entries: tuple[StoryEntry, ...]
    deeds: tuple[StoryDeed, ...]
    """In the recording, and not in the log."""
    trouble: str
    """Why the recording does not open: then the steps' details are not known."""
    late: int
    """Steps that are in the recording only; the keeper enters them."""
    differing: int


@dataclass(frozen=True, slots=True)
class RunAgain:
    """A call's journal through the core of today."""

    call: str
    served_by: str
    facts: int
    orders: int
    states: tuple[str, ...]
    same: bool
    at: float
    """Of the first difference, seconds from the answer; 0: there is none."""
    fact: str
    then: tuple[str, ...] = field(repr=False)
    """What was ordered in the call."""
    again: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CodePage:
    """Which recording a code is of."""

    code: str
    call: str
    """Empty: nothing was asked yet."""
    entry: int
    sha256: str


@operation("GET", "/recordings/{call}/story", scope="audit.show", page="call_story.html")
def audit_show(visit: Visit, call: str) -> StoryPage:
    """The story of one call by the audit log, each step compared with what its recording holds."""
    story = audit.show(visit.office, audit.CallStory(call))
    entries = []
    for one in story.entries:
        known = one.step.details if one.step is not None and one.same else None
        entries.append(
            StoryEntry(entry_row(visit, one.number, one.entry, known), one.step is not None and not one.same)
        )
    deeds = tuple(StoryDeed(one.at, isinstance(one, Keys), one.text) for one in story.deeds)
    return StoryPage(call, tuple(entries), deeds, story.trouble, story.late, story.differing)


@operation("POST", "/recordings/{call}/replay", scope="recordings.replay", page="call_replayed.html")
def recordings_replay(visit: Visit, call: str, asked: Nothing) -> RunAgain:
    """Whether the core decides today as it did in the call, on the very version that served it."""
    again = recordings.replay(visit.office, recordings.ReplayCall(call))
    result, first = again.result, again.result.difference
    return RunAgain(
        again.call_id, again.served_by, result.steps, result.orders, tuple(result.record.states), first is None,
        first.now if first else 0.0, first.fact if first else "", first.then if first else (),
        first.again if first else (),
    )  # fmt: skip


@operation("GET", "/receipts", scope="receipts.resolve", page="receipt_code.html")
def receipts_resolve(visit: Visit, asked: Code) -> CodePage:
    """Which call a receipt's short code is of."""
    if not asked.code.strip():
        return CodePage("", "", 0, "")
    found = receipts.resolve(visit.office, receipts.ResolveCode(asked.code.strip()))
    return CodePage(asked.code.strip(), found.recording_id, found.entry, found.sha256)
