"""A report in the form that somebody asked for: the same for the command line and the console."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from ivr.core.reports.printed import Printed, printed
from ivr.engine.office.reports import Made


class Form(StrEnum):
    """Of a report's file; its name's ending, too."""

    CSV = "csv"
    HTML = "html"
    JSON = "json"
    PDF = "pdf"
    XLSX = "xlsx"


MEDIA_TYPES: Final = {
    Form.CSV: "text/csv; charset=utf-8",
    Form.HTML: "text/html; charset=utf-8",
    Form.JSON: "application/json",
    Form.PDF: "application/pdf",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def report_file(made: Made, form: Form, language: str, say: Callable[[str], str], origin: str) -> bytes:
    """Its bytes. `origin`: the console's address, where figures lead; empty: they lead nowhere. JSON is the figures
    alone, whose hash the receipt states. Raises EnvironmentFault."""
    if form is Form.JSON:
        return made.report.data
    shown = printed(
        made.report, language, say, lambda key: f"{origin}{calls_path(made, key)}" if origin else "", made.receipt
    )
    return _written(form, shown)


def calls_path(made: Made, key: str) -> str:
    """The console's page of the calls behind a figure."""
    days = made.report.days
    asked = urlencode({"since": days.since, "until": days.until, "figure": key})
    return f"/reports/{made.report.name}/calls?{asked}"


def _written(form: Form, report: Printed) -> bytes:
    # Each library is loaded where its form is asked for: the one of PDF is large.
    match form:
        case Form.XLSX:
            from ivr.adapters.reports.xlsx_file import xlsx_file

            return xlsx_file(report)
        case Form.PDF:
            from ivr.adapters.reports.pdf_file import pdf_file

            return pdf_file(report)
        case Form.HTML:
            from ivr.adapters.reports.html_file import html_file

            return html_file(report)
        case _:
            from ivr.adapters.reports.csv_file import csv_file

            return csv_file(report)
