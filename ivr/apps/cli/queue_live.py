"""`ivr queue show --live`: queues with today's figures, and agents, on a terminal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ivr.apps.cli.queue_text import QUEUE_HEAD, queue_row
from ivr.core.queueing.figures import QueueFigures
from ivr.engine.office.line import Now, queues_now
from ivr.engine.office.office import Office

COLOURS = {"available": "green", "talking": "cyan", "held": "cyan", "offered": "yellow", "wrap_up": "magenta"}
WIDE = 140
"""Columns of a terminal that holds every figure. A narrower one shows those of `BRIEF` only, and no calls' names."""
BRIEF = ("offered", "answered", "gave up", "SL all", "ASA", "AHT")


def live_view(report: dict[str, Any], queues: Sequence[str], *, width: int) -> Group:
    """Queues and agents now, with today's figures, for a terminal of so many columns: each on one line."""
    waiting = {one["queue"]: one for one in report["queues"]}
    today: dict[str, Any] = report["today"]["queues"]
    shown = [head for head in QUEUE_HEAD if width >= WIDE or head in BRIEF]
    board = _table("Queues today", "queue", "waits", "longest now" if width >= WIDE else "now", *shown)
    for column in board.columns[1:]:
        column.justify = "right"
    for name in sorted({*queues, *waiting, *today}):
        now = waiting.get(name, {"waiting": 0, "longest_seconds": 0.0})
        row = dict(zip(QUEUE_HEAD, queue_row(QueueFigures(**today.get(name, {}))), strict=True))
        waits = Text(str(now["waiting"]), "bold yellow" if now["waiting"] else "")
        longest = clock(now["longest_seconds"]) if now["waiting"] else ""
        board.add_row(cut(name, 16 if width >= WIDE else 9), waits, longest, *(str(row[head]) for head in shown))
    people = _table("Agents now", "agent", "state", "since", "talks", "reason", *(["call"] if width >= WIDE else []))
    for column in people.columns[2:4]:
        column.justify = "right"
    for one in report["agents"]:
        state = Text(one["state"].replace("_", " "), COLOURS.get(one["state"], "dim"))
        name, reason = (cut(one[key], 40 if width >= WIDE else 22) for key in ("name", "reason"))
        cells = [name, state, clock(one["seconds"]), str(one["calls"]), reason, one["call_id"] or ""]
        people.add_row(*cells[: len(people.columns)])
    left = [
        f"{one['calls']} in {one['mailbox']}, the oldest for {clock(one['oldest_seconds'])}"
        for one in report["mailboxes"]
    ]
    told = [Text(f"Messages that nobody has listened to: {'; '.join(left)}", "yellow"), Text()] if left else []
    return Group(board, Text(), *told, people)


def _table(title: str, *heads: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for head in heads:
        table.add_column(head, no_wrap=True)
    return table


def cut(text: str, most: int) -> str:
    """So many characters of a name, rather than of the figures beside it."""
    return text if len(text) <= most else text[: most - 1] + "…"


def clock(value: float) -> str:
    """A length of time as a clock shows it: 4:05, 2:13:20."""
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes}:{seconds:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def show_live(office: Office, queues: Sequence[str]) -> None:
    """Again every second until Ctrl-C; on another screen, so that the terminal is as before afterwards."""
    console = Console()

    def seen() -> Group:
        return live_view(queues_now(office, Now()), queues, width=console.width)

    with Live(seen(), console=console, screen=True, auto_refresh=False) as live:
        while True:
            time.sleep(1.0)
            live.update(seen(), refresh=True)
