"""`ivr queue show --live`: queues with today's figures, and agents, on a terminal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ivr.apps.cli.queue_text import QUEUE_HEAD, queue_row, span
from ivr.core.queueing.figures import QueueFigures
from ivr.engine.office.line import Now, queues_now
from ivr.engine.office.office import Office

COLOURS = {"available": "green", "talking": "cyan", "held": "cyan", "offered": "yellow", "wrap_up": "magenta"}


def live_view(report: dict[str, Any], queues: Sequence[str]) -> Group:
    """Queues and agents now, with today's figures, for a terminal."""
    waiting = {one["queue"]: one for one in report["queues"]}
    today: dict[str, Any] = report["today"]["queues"]
    board = Table(title="Queues today", title_justify="left", expand=False)
    for head in ("queue", "waits", "longest now", *QUEUE_HEAD):
        board.add_column(head, justify="left" if head == "queue" else "right")
    for name in sorted({*queues, *waiting, *today}):
        now = waiting.get(name, {"waiting": 0, "longest_seconds": 0.0})
        row = [str(value) for value in queue_row(QueueFigures(**today.get(name, {})))]
        style = "bold yellow" if now["waiting"] else ""
        board.add_row(name, Text(str(now["waiting"]), style), span(now["longest_seconds"]), *row)
    people = Table(title="Agents now", title_justify="left", expand=False)
    for head in ("agent", "state", "since", "reason", "talks", "call"):
        people.add_column(head)
    for one in report["agents"]:
        state = Text(one["state"].replace("_", " "), COLOURS.get(one["state"], "dim"))
        people.add_row(one["name"], state, span(one["seconds"]), one["reason"], str(one["calls"]), one["call_id"] or "")
    return Group(board, Text(), people)


def show_live(office: Office, queues: Sequence[str]) -> None:
    """Again every second until Ctrl-C; on another screen, so that the terminal is as before afterwards."""
    report = queues_now(office, Now())
    with Live(live_view(report, queues), console=Console(), screen=True, auto_refresh=False) as live:
        while True:
            time.sleep(1.0)
            live.update(live_view(queues_now(office, Now()), queues), refresh=True)
