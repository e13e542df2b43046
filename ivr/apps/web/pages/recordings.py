"""Finding calls: one line of words and options, a few filters, the newest first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from pydantic import BaseModel, Field
from starlette.responses import Response

from ivr.apps.web.call_view import CallRow, row
from ivr.apps.web.operation import operation
from ivr.apps.web.sound import thumbnail, waveform_of
from ivr.apps.web.visit import Visit
from ivr.core.call.record import CallRecord
from ivr.core.vault.query_text import day, parse_query
from ivr.engine.office import recordings as office
from ivr.errors import OperatorError

PAGE_CALLS: Final = 25
LATEST: Final = 50
DAY_SECONDS = 86400.0


class Find(BaseModel):
    """What to find; every field that is given must fit."""

    q: str = Field(default="", max_length=1000)
    """Words and options, as `ivr recordings find` takes them."""
    outcome: str = ""
    flag: str = ""
    since: str = ""
    """A day, UTC; inclusive."""
    until: str = ""
    """A day, UTC; inclusive."""
    after: str = Field(default="", max_length=200)
    """Where the page before ended."""


@dataclass(frozen=True, slots=True)
class Found:
    """Calls that fit, newest first."""

    calls: tuple[CallRow, ...]
    damaged: int
    """Records that do not open, and are not shown."""
    after: str
    """Where this page ends; empty: it is the last."""
    narrowed: bool
    """Something was asked for."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest calls, newest first."""

    calls: tuple[CallRow, ...]
    damaged: tuple[tuple[str, str], ...]
    """(What does not open, why)."""


@operation("GET", "/recordings", scope="recordings.search", page="recordings.html")
def recordings_find(visit: Visit, asked: Find) -> Found:
    """Find calls that have ended."""
    query = parse_query(asked.q)
    query = replace(query, outcome=asked.outcome or query.outcome, flag=asked.flag or query.flag)
    if asked.since:
        query = replace(query, since=day(asked.since))
    if asked.until:
        query = replace(query, until=day(asked.until) + DAY_SECONDS)
    found = office.search(visit.office, office.Search(query, PAGE_CALLS, _place(asked.after)))
    return Found(
        tuple(row(record) for record in found.records),
        len(found.damaged),
        _after(found.records[-1]) if len(found.records) + len(found.damaged) == PAGE_CALLS else "",
        bool(asked.q or asked.outcome or asked.flag or asked.since or asked.until),
    )


@operation("GET", "/latest", scope="recordings.list", page="recordings_latest.html")
def recordings_list(visit: Visit) -> Latest:
    """The latest calls, also those that go on, that crashed, or that no record knows."""
    found = office.list_calls(visit.office, office.ListCalls(LATEST))
    return Latest(tuple(row(record) for record in found.records), tuple(found.damaged))


@operation("GET", "/recordings/{call}/thumbnail.svg", scope="recordings.waveform", api=False)
def recordings_thumbnail(visit: Visit, call: str) -> Response:
    """A recording's waveform as a small picture."""
    return Response(thumbnail(waveform_of(visit, call)), media_type="image/svg+xml")


def _after(record: CallRecord) -> str:
    return f"{record.started_at!r},{record.call_id}"


def _place(after: str) -> tuple[float, str] | None:
    if not after:
        return None
    at, _, call = after.partition(",")
    try:
        return float(at), call
    except ValueError:
        raise OperatorError("this page is no longer there: search again") from None
