"""A report as one page of HTML that stands alone: no script, nothing from elsewhere."""

from __future__ import annotations

from html import escape

from ivr.core.reports.printed import Cell, Printed, PrintedTable

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1a1a1a}"
    "table{border-collapse:collapse;margin:.5rem 0 2rem}"
    "th,td{border:1px solid #bbb;padding:.3rem .6rem;text-align:left}td.n{text-align:right}pre{white-space:pre-wrap}"
)


def html_file(report: Printed) -> bytes:
    """UTF-8."""
    facts = "".join(f"<tr><th scope=row>{escape(what)}</th><td>{escape(text)}</td></tr>" for what, text in report.facts)
    tables = "".join(map(_table, report.tables))
    notes = "".join(f"<li>{escape(note)}</li>" for note in report.notes)
    receipt = f"<h2>{escape(report.receipt_title)}</h2><pre>{escape(report.receipt)}</pre>" if report.receipt else ""
    return (
        f'<!doctype html><html lang="{escape(report.language)}"><head><meta charset="utf-8">'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(report.title)}</title><style>{_STYLE}</style></head><body><h1>{escape(report.title)}</h1>"
        f"<table>{facts}</table>{tables}<ul>{notes}</ul>{receipt}</body></html>\n"
    ).encode()


def _table(table: PrintedTable) -> str:
    heads = "".join(f"<th scope=col>{escape(head)}</th>" for head in table.heads)
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.rows)
    return f"<h2>{escape(table.title)}</h2><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(cell: Cell) -> str:
    text = f'<a href="{escape(cell.link)}">{escape(cell.text)}</a>' if cell.link else escape(cell.text)
    return f"<td{' class=n' if cell.number is not None else ''}>{text}</td>"
