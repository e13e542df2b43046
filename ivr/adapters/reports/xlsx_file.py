"""A report as a workbook, a sheet a table. Every text is written as text, so none is a formula."""

from __future__ import annotations

import io

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook

from ivr.core.reports.printed import Cell, Printed

SHEET_NAME = 31
"""Characters that a sheet's name may have."""
_NO_NAME = str.maketrans("[]:*?/\\'", "        ")
WIDTH = 22
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "max_url_length": 2079,
}


def xlsx_file(report: Printed) -> bytes:
    """Nothing of it is written to disk meanwhile."""
    out = io.BytesIO()
    with Workbook(out, _OPTIONS) as book:
        bold, share = book.add_format({"bold": True}), book.add_format({"num_format": "0.0 %"})
        cover = book.add_worksheet(_name(report.title, 0))
        cover.set_column(0, 0, 2 * WIDTH)
        cover.write_string(0, 0, report.title, bold)
        lines = [*report.facts, *((note, "") for note in report.notes)]
        if report.receipt:
            lines += [(report.receipt_title, ""), *((line, "") for line in report.receipt.splitlines())]
        for at, (what, text) in enumerate(lines, 2):
            cover.write_string(at, 0, what)
            cover.write_string(at, 1, text)
        for number, table in enumerate(report.tables, 1):
            sheet = book.add_worksheet(_name(table.title, number))
            sheet.set_column(0, len(table.heads) - 1, WIDTH)
            sheet.freeze_panes(1, 0)
            for column, head in enumerate(table.heads):
                sheet.write_string(0, column, head, bold)
            for at, row in enumerate(table.rows, 1):
                for column, cell in enumerate(row):
                    _write(sheet, at, column, cell, share)
    return out.getvalue()


def _write(sheet: xlsxwriter.workbook.Worksheet, at: int, column: int, cell: Cell, share: Format) -> None:
    look = share if cell.percent else None
    if cell.link:
        sheet.write_url(at, column, cell.link, string=cell.text)
    if cell.number is not None:
        sheet.write_number(at, column, cell.number, look)
    elif not cell.link:
        sheet.write_string(at, column, cell.text)


def _name(title: str, number: int) -> str:
    """A sheet's name: no two alike."""
    return f"{number} {title.translate(_NO_NAME)}"[:SHEET_NAME].strip()
