"""`ivr queue show --live`, as it looks on a terminal: a queue and an agent are one line each, however narrow it is."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from rich.console import Console

from ivr.apps.cli.queue_live import clock, live_view
from ivr.core.queueing.figures import QueueFigures

CALL = "134501-0a1b2c3d4e5f6071"
SERVICE = QueueFigures(offered=1234, answered=1100, answered_in_target=900, abandoned=101, answer_seconds=22_000.0)
REPORT: dict[str, Any] = {
    "queues": [{"queue": "service", "waiting": 12, "longest_seconds": 245.2}],
    "mailboxes": [{"mailbox": "complaints", "calls": 2, "oldest_seconds": 125.0}],
    "today": {"queues": {"service": asdict(SERVICE)}},
    "agents": [
        {"name": "alice", "state": "talking", "seconds": 131.0, "reason": "", "calls": 14, "call_id": CALL},
        {"name": "bob.with-a-name-as-long-as-it-may", "state": "logged_out", "seconds": 90_000.0, "calls": 3,
         "reason": "training for the new fund, until the end of the week", "call_id": None},
        {"name": "carl", "state": "unreachable", "seconds": 8_000.0, "reason": "", "calls": 0, "call_id": None},
    ],
}  # fmt: skip


def lines(width: int) -> list[str]:
    """What a terminal of so many columns shows."""
    console = Console(width=width, color_system=None)
    with console.capture() as shown:
        console.print(live_view(REPORT, ["experts", "service"], width=width))
    return shown.get().splitlines()


@pytest.mark.parametrize("width", [80, 100, 139, 140, 200])
def test_each_queue_and_agent_is_one_line_and_nothing_that_counts_is_cut_off(width: int) -> None:
    seen = lines(width)
    assert max(map(len, seen)) <= width
    (service,) = [line for line in seen if line.lstrip().startswith("service")]
    assert service.split()[:5] == ["service", "12", "4:05", "1234", "1100"]
    assert "20.0 s" in service, "how long those waited who were answered"
    (bob,) = [line for line in seen if line.lstrip().startswith("bob")]
    assert "logged out" in bob
    assert "25:00:00" in bob
    (carl,) = [line for line in seen if line.lstrip().startswith("carl")]
    assert carl.split() == ["carl", "unreachable", "2:13:20", "0"]
    assert sum(bool(line.strip()) for line in seen) == 2 * 3 + 2 + 3 + 1, (
        "titles, heads, rules, queues, agents, messages"
    )
    assert "Messages that nobody has listened to: 2 in complaints, the oldest for 2:05" in seen


def test_a_wide_terminal_has_every_figure_and_the_calls() -> None:
    wide, narrow = "\n".join(lines(140)), "\n".join(lines(80))
    for only in ("SL w/o short", "refused", "went on", CALL):
        assert only in wide
        assert only not in narrow


def test_times_are_as_on_a_clock() -> None:
    shown = [clock(value) for value in (0.4, 59.6, 245.2, 3600.0, 90_000.0)]
    assert shown == ["0:00", "1:00", "4:05", "1:00:00", "25:00:00"]
