"""`ivr status`: what the engine does now."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ivr.apps.cli.options import office_and_settings_option
from ivr.apps.settings import Settings
from ivr.engine.office.line import Now
from ivr.engine.office.line import status as status_now
from ivr.engine.office.office import Office
from ivr.engine.office.premises import ShowDisks
from ivr.engine.office.premises import disks as room_left


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@click.option("--disks", is_flag=True, help="Only how much room is left where things are kept; without an engine too.")
@office_and_settings_option
def status(settings: Settings, office: Office, as_json: bool, disks: bool) -> None:
    """Show cells, calls, agents, queues and the latest alarms. Exit code 4: no engine runs.

    \b
    Examples:
      ivr status
      ivr status --json | jq .health
      watch -n 1 ivr status
    """
    if disks:
        found = room_left(office, ShowDisks())
        lines = [f"{one.what:12} {one.free / 1e9:8.1f} GB free of {one.of / 1e9:.1f} GB" for one in found]
        click.echo(json.dumps([asdict(one) for one in found]) if as_json else "\n".join(lines))
        return
    report = status_now(office, Now())
    report["roles_in_force"] = granted(settings.roles_path)
    report["served"] = served(settings, report["cells"])
    click.echo(json.dumps(report, indent=2) if as_json else status_text(report, now=time.time()))


def granted(bookmark: Path) -> bool:
    """Whether a role was granted, as far as the bookmark of the roles says. Only to be shown: it is not checked."""
    try:
        return bool(json.loads(bookmark.read_text(encoding="utf-8"))["holders"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def served(settings: Settings, cells: Sequence[dict[str, Any]]) -> list[dict[str, object]]:
    """Which number is served by which version, by what the cells say; old calls end by older ones."""
    from ivr.apps.wiring.served import publications
    from ivr.core.dialplan.publication import shown_numbers

    files = publications(settings)
    current = files.named()
    counts = Counter(str(cell["publication"]) for cell in cells if cell["publication"])
    rows: list[dict[str, object]] = []
    for id in sorted(counts, key=lambda id: id != current):
        publication = files.load(id)
        for plan in publication.plans:
            rows.append(
                {
                    "numbers": shown_numbers(plan.called),
                    "dialplan": plan.id,
                    "sha256": plan.sha256,
                    "published_at": publication.at,
                    "by": publication.actor,
                    "cells": counts[id],
                    "current": id == current,
                }
            )
    return rows


def status_text(report: dict[str, Any], *, now: float) -> str:
    """The report as a person reads it."""
    cells = report["cells"]
    busy = [cell for cell in cells if cell["state"] != "idle"]
    health = report["health"]
    edge = "no edge" if not report["has_edge"] else "edge up" if health["edge"] else "EDGE DOWN"
    well = "well" if health["ok"] and len(cells) == report["cells_wanted"] else "NOT WELL"
    lines = [
        f"The engine is {well}, up {_span(now - report['hub']['since'])}: "
        f"{len(cells)} of {report['cells_wanted']} cells, {len(busy)} in a call, {edge}"
    ]
    if health["disk"]:
        lines.append(f"Calls are refused or not kept whole: {health['disk']}")
    if report["hub"]["records_pending"]:
        lines.append(f"{report['hub']['records_pending']} call records wait for the database")
    if told := inspection_text(report["inspection"]):
        lines.append(told)
    if not report["roles_in_force"]:
        lines.append("No role was granted: every command is open to whoever may read the key store's secret")
    lines += _table(
        ("cell", "state", "call", "calls served", "pid", "sip"),
        [(c["cell"], c["state"], c["call_id"] or "", c["calls_served"], c["pid"], _where(c)) for c in cells],
    )
    rows = [
        (s["numbers"], s["dialplan"], s["sha256"][:12], _when(s["published_at"]), s["by"],
         s["cells"] if s["current"] else f"{s['cells']}, until their calls end")
        for s in report["served"]
    ]  # fmt: skip
    lines += _table(("number", "served by", "sha-256", "published (UTC)", "by", "cells"), rows)
    if report["agents"]:
        agents = [(a["name"], a["state"], _span(a["seconds"]), a["call_id"] or "") for a in report["agents"]]
        lines += _table(("agent", "state", "since", "call"), agents)
    else:
        lines += ["", "No agents: add one with `ivr agents add NAME`."]
    if report["queues"]:
        queues = [(q["queue"], q["waiting"], _span(q["longest_seconds"])) for q in report["queues"]]
        lines += _table(("queue", "waiting", "longest"), queues)
    if report["alarms"]:
        alarms = [(_when(a["at"]), a["kind"], a["text"], a["call_id"] or "") for a in report["alarms"]]
        lines += _table(("alarm at (UTC)", "kind", "what", "call"), alarms)
    return "\n".join(lines)


def inspection_text(told: dict[str, Any]) -> str:
    """How far the reading of ended calls is behind; empty: nothing waits, or nothing was told yet."""
    if told["quiet"]:
        return f"The inspector has told nothing since {_when(told['told_at'])} (UTC): ended calls are not read"
    if not told["waiting"]:
        return ""
    return f"{told['waiting']} ended calls wait to be read, the first for {_span(told['behind_seconds'])}"


def _table(header: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> list[str]:
    texts = [header, *(tuple(str(value) for value in row) for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(header))]
    return [
        "",
        *("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in texts),
    ]


def _where(cell: dict[str, Any]) -> str:
    """A cell's SIP address, and the other host that it is on."""
    return f"{cell['sip']} on {cell['host']}" if cell.get("host") else str(cell["sip"])


def _span(seconds: float) -> str:
    whole = int(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min"
    return f"{whole // 3600} h"


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
