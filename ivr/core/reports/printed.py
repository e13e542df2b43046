"""A report as it is printed: every text in one language, every figure with where it leads; no form of file yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ivr.core.reports.report import Report, key_of

Say = Callable[[str], str]
"""English sentence -> the reader's language."""
Link = Callable[[str], str]
"""Key of a figure -> address of its calls; empty: none is known."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a table."""

    text: str
    number: float | None = None
    """What it is, where a reader may count with it: 0.5 of a share of 50 %."""
    percent: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """Heads and rows of one length."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Printed:
    """All of it."""

    language: str
    """BCP 47."""
    title: str
    facts: tuple[tuple[str, str], ...]
    """(What, what it is): definition, days, hash of the figures."""
    tables: tuple[PrintedTable, ...]
    notes: tuple[str, ...]
    receipt_title: str = ""
    receipt: str = field(default="", repr=False)


def printed(report: Report, language: str, say: Say, link: Link, receipt: str = "") -> Printed:
    """The report in a language. Labels that are names are printed as they are."""
    return Printed(
        language,
        say(report.title),
        (
            (say("Report"), report.id),
            (say("Days (UTC)"), f"{report.days.since} – {report.days.until}"),
            (say("SHA-256 of all figures"), report.sha256),
        ),
        tuple(
            PrintedTable(
                say(table.title),
                tuple(map(say, (*table.labels, *table.columns))),
                tuple(
                    (
                        *(Cell(say(label)) for label in row.labels),
                        *(
                            Cell(
                                figure.text,
                                None if figure.low is not None else figure.value,
                                figure.percent,
                                link(key_of(table, row, column)) if figure.calls else "",
                            )
                            for column, figure in zip(table.columns, row.figures, strict=True)
                        ),
                    )
                    for row in table.rows
                ),
            )
            for table in report.tables
        ),
        tuple(map(say, report.notes)),
        say("Receipt") if receipt else "",
        receipt,
    )
