"""Which numbers are served by which dialplan, what was served before, and drafts of what is to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because
from ivr.apps.web.visit import Visit
from ivr.core.dialplan.publication import DEFAULT
from ivr.engine.office import dialplan_overview, dialplans, drafts
from ivr.engine.office.dialplan_overview import RunningCalls, ServedLine
from ivr.engine.office.dialplans import ApprovePublishing, Past, RollBack, ShowDialplans
from ivr.engine.office.drafts import BeginDraft, ListDrafts, WrittenDraft

PAST_SHOWN: Final = 50
"""Publications on the page, at most."""


class OfFile(BaseModel):
    """Of which listed dialplan."""

    file: str = Field(max_length=1000)


class BackTo(Because):
    """What is to be served again."""

    publication: str = Field(min_length=4, max_length=64)


class BackToFor(BackTo):
    """For whom that is approved."""

    publisher: str = Field(min_length=1, max_length=64)


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line, and what answers it."""

    name: str
    """Of the dialplan, or of its file while nothing is served."""
    file: str
    numbers: tuple[str, ...]
    """None: every number that no other line has."""
    version: str
    """name@version; empty: nothing is served."""
    sha256: str
    since: float
    by: str
    approved_by: str
    """Empty: one person may."""
    on_disk: bool


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft in a list."""

    id: str
    name: str
    """Of its main file, without its ending."""
    revision: int
    saved_at: float
    saved_by: str
    authors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PastRow:
    """A publication that was."""

    id: str
    at: float
    by: str
    reason: str
    approved_by: str
    dialplans: tuple[str, ...]
    live: bool


@dataclass(frozen=True, slots=True)
class DialplansPage:
    """Everything that answers calls, did, or may."""

    lines: tuple[LineRow, ...]
    drafts: tuple[DraftRow, ...]
    running: tuple[RunningCalls, ...] | None
    """None: no engine runs."""
    past: tuple[PastRow, ...]
    """The newest first; empty for whoever may not see them."""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of a dialplan that was served."""

    id: str
    """name@version."""
    sha256: str
    at: float
    """When it was first published, seconds since the epoch."""
    sounds: int
    """Recorded files that it plays."""


@dataclass(frozen=True, slots=True)
class Versions:
    """All of them."""

    versions: tuple[VersionRow, ...]


@operation("GET", "/dialplans", scope="dialplans.overview", page="dialplans.html")
def dialplans_overview(visit: Visit) -> DialplansPage:
    """Which numbers are served by which version, since when, by whom; drafts; what was served before."""
    found = dialplan_overview.overview(visit.office, dialplan_overview.Overview())
    written = drafts.list_drafts(visit.office, ListDrafts())
    past = dialplans.publications(visit.office, ShowDialplans()) if "dialplans.publications" in visit.may else []
    return DialplansPage(
        tuple(map(_line, found.lines)),
        tuple(map(draft_row, written)),
        found.running,
        tuple(map(_past, past[:PAST_SHOWN])),
    )


@operation("POST", "/dialplans/drafts", scope="drafts.begin")
def drafts_begin(visit: Visit, asked: OfFile) -> Done:
    """Begin a draft of what is served."""
    draft = drafts.begin(visit.office, BeginDraft(asked.file))
    return Done("", f"/dialplans/drafts/{draft.id}")


@operation("GET", "/dialplans/versions", scope="dialplans.versions", page="dialplan_versions.html")
def dialplans_versions(visit: Visit) -> Versions:
    """Every version that was ever served, the newest first."""
    found = dialplans.versions(visit.office, ShowDialplans())
    return Versions(tuple(VersionRow(one.id, one.sha256, one.kept_at, len(one.sounds)) for one in found))


@operation("POST", "/dialplans/roll-back", scope="dialplans.roll_back")
def dialplans_roll_back(visit: Visit, asked: BackTo) -> Done:
    """Serve an earlier publication again."""
    done = dialplans.roll_back(visit.office, RollBack(asked.publication, reason=asked.reason))
    return Done(told_of(visit, done.publication.id), "/dialplans")


@operation("POST", "/dialplans/roll-back/approve", scope="dialplans.approve")
def dialplans_approve_roll_back(visit: Visit, asked: BackToFor) -> Done:
    """Let another person serve an earlier publication again."""
    done = dialplans.approve(
        visit.office, ApprovePublishing(asked.publisher, back_to=asked.publication, reason=asked.reason)
    )
    told = visit.language.text(
        "{who} may make {what} live once, within a day.", who=done.publisher, what=_listed(done.dialplans)
    )
    return Done(told, "/dialplans")


def told_of(visit: Visit, publication: str) -> str:
    """Have the engine serve a publication; what came of it, for people."""
    taken = visit.console.take(publication)
    if not taken.runs:
        return visit.language.text("Published. No engine runs here now: the next one to start serves it.")
    if taken.older:
        told = "Published: new calls are served by it. {count} running calls end with what they began with."
        return visit.language.text(told, count=taken.older)
    return visit.language.text("Published: new calls are served by it.")


def draft_row(one: WrittenDraft) -> DraftRow:
    """A draft in a list."""
    kept = one.kept
    return DraftRow(kept.id, kept.main.removesuffix(".yaml"), kept.revision, kept.at, kept.by, one.authors)


def _line(one: ServedLine) -> LineRow:
    live = one.live
    name = live.id.partition("@")[0] if live is not None else one.file.rpartition("/")[2].removesuffix(".yaml")
    return LineRow(
        name=name,
        file=one.file,
        numbers=() if one.called == (DEFAULT,) else one.called,
        version=live.id if live is not None else "",
        sha256=live.sha256 if live is not None else "",
        since=live.since if live is not None else 0.0,
        by=live.by if live is not None else "",
        approved_by=live.approved_by if live is not None else "",
        on_disk=one.on_disk,
    )


def _past(one: Past) -> PastRow:
    return PastRow(one.id, one.at, one.by, one.reason, one.approved_by, one.dialplans, one.live)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names)
