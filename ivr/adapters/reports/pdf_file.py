"""A report as PDF, set by Typst: one wheel, no library of the system.

Texts are handed over as data, never as source: nothing that stands in a report is carried out. Fonts are those of the
wheel, and the system's for Chinese.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from typing import Final

import typst

from ivr.core.reports.printed import Printed
from ivr.errors import EnvironmentFault

LATIN: Final = "Libertinus Serif"
"""In the wheel."""
CHINESE: Final = (
    "Noto Sans CJK SC",
    "Noto Serif CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
)
"""Any of these; Debian has the fourth as fonts-wqy-microhei."""
_SOURCE: Final = r"""
#let report = json(bytes(sys.inputs.report))
#set document(title: report.title, date: none)
#set page(paper: "a4", flipped: true, margin: 1.5cm, numbering: "1 / 1")
#set text(font: report.fonts, size: 9pt, lang: report.language)
#show heading: set block(above: 1.2em, below: 0.6em)
#heading(level: 1, report.title)
#for fact in report.facts [#strong(fact.at(0)): #raw(fact.at(1)) \ ]
#for part in report.tables {
  heading(level: 2, part.title)
  if part.rows.len() > 0 {
    table(
      columns: part.heads.len(), inset: 4pt, stroke: 0.4pt,
      table.header(..part.heads.map(head => strong(head))),
      ..part.rows.flatten().map(cell => if cell.link != "" { link(cell.link, cell.text) } else { cell.text }),
    )
  }
}
#for note in report.notes [- #note]
#if report.receipt != "" [#heading(level: 2, report.receipt_title) #raw(report.receipt, block: true)]
"""


def pdf_file(report: Printed) -> bytes:
    """Tagged, for readers aloud. Raises EnvironmentFault where this machine has no Chinese font and one is needed."""
    fonts = (LATIN, *_chinese())
    if report.language.startswith("zh") and len(fonts) == 1:
        raise EnvironmentFault(
            "a PDF in Chinese needs a Chinese font, and this machine has none: install Debian's fonts-wqy-microhei, or "
            "choose another form"
        )
    data = json.dumps({**asdict(report), "fonts": fonts})
    made = typst.Compiler(_SOURCE.encode(), font_paths=_fonts(), sys_inputs={"report": data}).compile(format="pdf")
    assert isinstance(made, bytes)
    return made


@cache
def _fonts() -> typst.Fonts:
    """Looked for once by a process: it takes a moment."""
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True)


def _chinese() -> tuple[str, ...]:
    there = set(_fonts().families())
    return tuple(name for name in CHINESE if name in there)[:1]
