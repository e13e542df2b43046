"""Samples in, a table out: p50, p95, p99 beside the goal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured."""

    name: str
    unit: str
    samples: tuple[float, ...]
    goal: float | None = None
    """p95 at most, or at least where `more_is_better`; None: for orientation."""
    more_is_better: bool = False

    def percentile(self, share: float) -> float:
        """The sample below which `share` percent of them lie."""
        return float(np.percentile(self.samples, share)) if self.samples else float("nan")

    @property
    def verdict(self) -> str:
        """met, missed, or nothing where there is no goal or no sample."""
        if self.goal is None or not self.samples:
            return "" if self.samples else "not measured"
        p95 = self.percentile(95)
        return "met" if (p95 >= self.goal if self.more_is_better else p95 <= self.goal) else "missed"


def table(figures: list[Figure]) -> str:
    """Figures as aligned text."""
    head = ("figure", "unit", "n", "p50", "p95", "p99", "goal", "")
    rows = [head, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), row[1].ljust(widths[1])]
        cells += [cell.rjust(width) for cell, width in zip(row[2:7], widths[2:7], strict=True)]
        lines.append("  ".join([*cells, row[7]]).rstrip())
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def _row(figure: Figure) -> tuple[str, ...]:
    values = [f"{figure.percentile(share):.1f}" if figure.samples else "-" for share in (50, 95, 99)]
    goal = "" if figure.goal is None else f"{figure.goal:g}"
    return (figure.name, figure.unit, str(len(figure.samples)), *values, goal, figure.verdict)
