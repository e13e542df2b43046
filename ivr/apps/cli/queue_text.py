"""Queues, agents and figures as a person reads them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from ivr.core.queueing.erlang import Forecast
from ivr.core.queueing.figures import CentreFigures, QueueFigures


def agent_lines(report: dict[str, Any]) -> list[str]:
    """What each agent does now."""
    if not report["agents"]:
        return ["There are no agents yet: ivr agents add NAME"]
    rows = [
        (
            agent["name"],
            agent["state"].replace("_", " "),
            span(agent["seconds"]),
            f"{agent['reason']} (by {agent['by']})" if agent["reason"] else "",
            agent["calls"],
            span(agent["talk_seconds"]),
            agent["call_id"] or "",
        )
        for agent in report["agents"]
    ]
    return table(("agent", "state", "since", "reason", "talks", "in talks", "call"), rows)


def queue_lines(report: dict[str, Any]) -> list[str]:
    """Each queue that holds calls."""
    if not report["queues"]:
        return ["No call waits."]
    rows = [(queue["queue"], queue["waiting"], span(queue["longest_seconds"])) for queue in report["queues"]]
    return table(("queue", "waiting", "longest"), rows)


def message_lines(report: dict[str, Any]) -> list[str]:
    """Each mailbox with messages that nobody has listened to."""
    rows = [(one["mailbox"], one["calls"], span(one["oldest_seconds"])) for one in report["mailboxes"]]
    return [*table(("mailbox", "messages", "oldest"), rows), ""] if rows else []


def call_lines(report: dict[str, Any], queue: str) -> list[str]:
    """Each call that waits, next first."""
    calls = [call for call in report["waiting_calls"] if queue in ("", call["queue"])]
    if not calls:
        return ["No call waits."]
    rows = [
        (
            call["queue"],
            call["place"],
            span(call["seconds"]),
            call["priority"],
            "yes" if call["ringing"] else "",
            call["call_id"],
        )
        for call in calls
    ]
    return table(("queue", "place", "waits", "priority", "rings", "call"), rows)


def why_lines(report: dict[str, Any]) -> list[str]:
    """Why a call waits."""
    skills = ", ".join(f"{skill} {level}" for skill, level in report["asks_for"]) or "nothing special"
    return [
        f"Place {report['place']} in {report['queue']}, for {span(report['waited'])}. It asks for: {skills}.",
        *table(
            ("agent", "", "for"),
            [(one["agent"], one["verdict"], span(one["seconds"])) for one in report["agents"]],
        ),
    ]


QUEUE_HEAD = (
    "offered",
    "answered",
    "gave up",
    "short",
    "refused",
    "went on",
    "SL all",
    "SL w/o short",
    "ASA",
    "AHT",
    "longest",
)
"""Every call that came was answered, refused, gave up or went on, or waits still."""


def queue_row(queue: QueueFigures) -> tuple[object, ...]:
    """A queue's figures, under `QUEUE_HEAD`."""
    return (
        queue.offered,
        queue.answered,
        queue.abandoned,
        queue.abandoned_short,
        queue.refused,
        queue.went + queue.moved_out,
        percent(queue.service_level_of_all_offered),
        percent(queue.service_level_without_short_abandons),
        seconds(queue.average_speed_of_answer),
        seconds(queue.average_handling_time),
        seconds(queue.longest_wait),
    )


def figure_lines(figures: CentreFigures) -> list[str]:
    """What a day came to."""
    rows = [(name, *queue_row(queue)) for name, queue in sorted(figures.queues.items())]
    return [
        *table(("queue", *QUEUE_HEAD), rows),
        "",
        f"Agents: {len(figures.agents)}, occupancy {percent(figures.occupancy)}.",
        "SL all: answered within the target, of all offered. SL w/o short: calls that gave up within 5 s left out.",
        "ASA: mean wait of answered calls. AHT: mean talk and wrap-up.",
        *estimate_lines(figures),
    ]


def estimate_lines(figures: CentreFigures) -> list[str]:
    """How far off was what waiting callers would have been told; nothing when nobody waited."""
    if not figures.estimates:
        return []
    ours = statistics.fmean(abs(told - waited) for waited, told, _ in figures.estimates)
    usual = statistics.fmean(abs(told - waited) for waited, _, told in figures.estimates)
    waits = statistics.fmean(waited for waited, _, _ in figures.estimates)
    return [
        "",
        f"Expected waits, told to {len(figures.estimates)} callers who waited {waits:.0f} s on average: off by "
        f"{ours:.0f} s on average; the mean of the last waits, by {usual:.0f} s.",
    ]


def plan_lines(names: Sequence[str], calls: Sequence[float], forecasts: Sequence[Forecast | None]) -> list[str]:
    """Agents for each half hour."""
    rows: list[tuple[object, ...]] = []
    for name, load, told in zip(names, calls, forecasts, strict=True):
        if told is None:
            rows.append((name, f"{load:g}", 0, "", "", "", ""))
        else:
            rows.append(
                (
                    name,
                    f"{load:g}",
                    told.agents,
                    percent(told.within),
                    seconds(told.mean_wait),
                    percent(told.abandons),
                    percent(told.occupancy),
                )
            )
    return table(("from", "calls", "agents", "in time", "mean wait", "give up", "occupancy"), rows)


def span(value: float) -> str:
    """A length of time, rounded once."""
    whole = round(value)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def percent(share: float) -> str:
    """A share of 1 as per cent."""
    return "-" if math.isnan(share) else f"{100 * share:.1f} %"


def seconds(value: float) -> str:
    """Seconds, or a dash."""
    return "-" if math.isnan(value) else f"{value:.1f} s"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Columns, numbers to the right."""
    texts = [tuple(header), *(tuple(str(value) for value in row) for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(header))]
    right = [
        all(isinstance(row[column], int | float) or str(row[column])[:1].isdigit() for row in rows)
        for column in range(len(header))
    ]
    return [
        "  ".join(
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in texts
    ]
