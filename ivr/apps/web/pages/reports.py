"""Reports: which there are, one of some days with its figures, its file, and the calls behind a figure."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, unquote, urlencode

from pydantic import BaseModel, Field
from starlette.responses import Response

from ivr.apps.report_files import MEDIA_TYPES, Form, calls_path, report_file
from ivr.apps.web.call_view import CallRow, row
from ivr.apps.web.operation import operation
from ivr.apps.web.visit import Visit
from ivr.core.reports.definitions import DEFINITIONS
from ivr.core.reports.printed import PrintedTable, printed
from ivr.engine.office import reports as office

DAYS: Final = 30
"""Shown where nobody asks for others: to yesterday."""


class Span(BaseModel):
    """Which days, UTC."""

    since: str = Field(default="", max_length=10)
    until: str = Field(default="", max_length=10)


class InForm(Span):
    """And as which file."""

    form: Form = Form.PDF


class OfFigure(Span):
    """And which figure's calls."""

    figure: str = Field(min_length=1, max_length=1000)
    page: int = Field(default=1, ge=1, le=office.MOST_CALLS)


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One that there is."""

    name: str
    version: int
    title: str
    about: str


@dataclass(frozen=True, slots=True)
class Reports:
    """All of them."""

    reports: tuple[ReportRow, ...]


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One report of some days."""

    name: str
    title: str
    about: str
    since: str
    until: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[PrintedTable, ...]
    notes: tuple[str, ...]
    receipt: str
    damaged: int
    files: tuple[tuple[str, str], ...]
    """(Form, path)."""


@dataclass(frozen=True, slots=True)
class FigurePage:
    """The calls behind a figure."""

    name: str
    title: str
    figure: str
    """Its key."""
    counts: tuple[str, ...]
    """The same as one reads it: what the row is about, then the column."""
    since: str
    until: str
    count: int
    calls: tuple[CallRow, ...]
    """Of this page, the newest first."""
    page: int
    more: bool
    """Others are on the next page."""
    unopened: int
    """Of this page: erased since, or they do not open."""


@operation("GET", "/reports", scope="reports.list", page="reports.html")
def reports_list(visit: Visit) -> Reports:
    """Every report."""
    listed = office.list_reports(visit.office, office.ListReports())
    return Reports(tuple(ReportRow(one.name, one.version, one.title, one.about) for one in listed))


@operation("GET", "/reports/{name}", scope="reports.make", page="report.html")
def reports_make(visit: Visit, name: str, asked: Span) -> ReportPage:
    """Its figures, each of which opens its calls."""
    since, until = _days(asked)
    made = office.make(visit.office, office.MakeReport(name, since, until))
    say = visit.language.text
    shown = printed(made.report, visit.language.code, say, lambda key: calls_path(made, key))
    files = tuple(
        (str(one), f"/reports/{name}/file?{urlencode({'since': since, 'until': until, 'form': one})}") for one in Form
    )
    return ReportPage(
        name, shown.title, say(DEFINITIONS[name].about), since, until, shown.facts, shown.tables, shown.notes,
        made.receipt, made.damaged, files,
    )  # fmt: skip


@operation("GET", "/reports/{name}/file", scope="reports.make", api=False)
def reports_file(visit: Visit, name: str, asked: InForm) -> Response:
    """The same as a file, with its receipt in it."""
    since, until = _days(asked)
    made = office.make(visit.office, office.MakeReport(name, since, until))
    data = report_file(made, asked.form, visit.language.code, visit.language.text, visit.console.origins[0].url)
    file = f"{name}-{since}-{until}.{asked.form}"
    return Response(
        data,
        media_type=MEDIA_TYPES[asked.form],
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file, safe='')}"},
    )


@operation("GET", "/reports/{name}/calls", scope="reports.open", page="report_calls.html")
def reports_open(visit: Visit, name: str, asked: OfFigure) -> FigurePage:
    """The calls behind a figure; the audit log names them."""
    since, until = _days(asked)
    wanted = office.OpenFigure(name, since, until, figure=asked.figure, page=asked.page)
    opened = office.open_figure(visit.office, wanted)
    say, count = visit.language.text, len(opened.calls)
    here = min(office.AT_ONCE, max(0, count - (asked.page - 1) * office.AT_ONCE))
    return FigurePage(
        name, say(DEFINITIONS[name].title), asked.figure,
        tuple(say(unquote(part)) for part in asked.figure.split("/")[1:] if part), since, until, count,
        tuple(map(row, opened.records)), asked.page, count > asked.page * office.AT_ONCE, here - len(opened.records),
    )  # fmt: skip


def _days(asked: Span) -> tuple[str, str]:
    yesterday = datetime.fromtimestamp(time.time(), UTC) - timedelta(days=1)
    until = asked.until or f"{yesterday:%Y-%m-%d}"
    return asked.since or f"{yesterday - timedelta(days=DAYS - 1):%Y-%m-%d}", until
