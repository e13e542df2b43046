"""A report as CSV (RFC 4180): UTF-8 with a mark, so that spreadsheets read Chinese."""

from __future__ import annotations

import csv
import io

from ivr.core.reports.printed import Printed

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
            "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip
"""A spreadsheet takes a field that begins so for a formula, and carries it out (OWASP, CSV Injection)."""


def csv_file(report: Printed) -> bytes:
    """Its tables, one after the other; figures as numbers, intervals as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([harmless(one) for one in line] for line in ((report.title,), *report.facts))
    for table in report.tables:
        writer.writerows([[], [harmless(table.title)], [harmless(head) for head in table.heads]])
        for row in table.rows:
            writer.writerow([harmless(one.text) if one.number is None else repr(one.number) for one in row])
    writer.writerows([[], *([harmless(note)] for note in report.notes)])
    return ("\N{ZERO WIDTH NO-BREAK SPACE}" + out.getvalue()).encode()


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    bare = text.lstrip(" \N{NO-BREAK SPACE}")
    return f"'{text}" if bare.startswith(_FORMULA) and bare != "-" else text
