"""`ivr queue report`, and what `ivr queue why` says of the past: both from what was kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import click

from ivr.apps.cli.options import office_option
from ivr.apps.cli.queue_text import QUEUE_HEAD, figure_lines, percent, queue_row, span, table
from ivr.apps.days import DAY, days_of, midnight
from ivr.apps.queue_story import sentence
from ivr.core.queueing.figures import AgentFigures, CentreFigures, total
from ivr.core.queueing.past import Moment
from ivr.engine.office.line import Figures
from ivr.engine.office.line import figures as figures_of
from ivr.engine.office.office import Office

HALF_HOUR = 1800.0


@click.command()
@click.option("--from", "first", default="", metavar="DAY", help="First day, YYYY-MM-DD. Default: today.")
@click.option("--to", "last", default="", metavar="DAY", help="Last day. Default: the first.")
@click.option("--by", type=click.Choice(["queue", "agent", "interval"]), default="queue", show_default=True)
@click.option("--queue", "name", default="", help="Only this queue.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object an interval, for scripts.")
@office_option
def report(office: Office, first: str, last: str, by: str, name: str, as_json: bool) -> None:
    """Service level, waits, handling time, abandonment and occupancy of past days, by this machine's clock.

    \b
    Examples:
      ivr queue report                                     today, by queue
      ivr queue report --by interval --queue cards         the half hours of today
      ivr queue report --from 2026-11-01 --to 2026-11-30 --by agent
      ivr queue report --json | jq .
    """
    begins, ends = days_of(first, last)
    found = figures_of(office, Figures(midnight(begins), midnight(ends), HALF_HOUR))
    chosen = {number: _only(figures, name) for number, figures in sorted(found.items())}
    if as_json:
        click.echo("\n".join(_json_lines(chosen)))
    elif not any(figures.queues or figures.agents for figures in chosen.values()):
        click.echo(
            f"Nothing was kept of {name or 'any queue'} from {begins:{DAY}} to {ends - timedelta(days=1):{DAY}}."
        )
    else:
        click.echo("\n".join(_lines(chosen, by)))


def _lines(found: dict[int, CentreFigures], by: str) -> list[str]:
    whole = total(found.values())
    if by == "queue":
        return figure_lines(whole)
    if by == "agent":
        return agent_figure_lines(whole.agents)
    rows = []
    for number, figures in found.items():
        at = datetime.fromtimestamp(number * HALF_HOUR).astimezone()
        rows += [(f"{at:%Y-%m-%d %H:%M}", name, *queue_row(queue)) for name, queue in sorted(figures.queues.items())]
    return table(("from", "queue", *QUEUE_HEAD), rows)


def agent_figure_lines(agents: dict[str, AgentFigures]) -> list[str]:
    """Each agent's work."""
    rows = [
        (
            name,
            one.calls,
            one.missed,
            span(one.logged_in_seconds),
            span(one.talk_seconds),
            span(one.busy_seconds),
            span(one.paused_seconds),
            percent(one.occupancy),
        )
        for name, one in sorted(agents.items())
    ]
    return [
        *table(("agent", "talks", "missed", "logged in", "in talks", "busy", "paused", "occupancy"), rows),
        "",
        "Busy: ringing, talks, wrap-ups. Occupancy: busy, of the time logged in.",
    ]


def _json_lines(found: dict[int, CentreFigures]) -> Iterable[str]:
    for number, figures in found.items():
        yield json.dumps({"from": number * HALF_HOUR, "seconds": HALF_HOUR, **asdict(figures)}, sort_keys=True)


def _only(figures: CentreFigures, name: str) -> CentreFigures:
    if not name:
        return figures
    return CentreFigures({queue: of for queue, of in figures.queues.items() if queue == name}, {})


# --- why --------------------------------------------------------------------------------------------------------------


def past_lines(moments: Sequence[Moment]) -> list[str]:
    """What became of a call, and who was considered at each offer."""
    lines: list[str] = []
    for moment in moments:
        one = moment.line
        at = datetime.fromtimestamp(one.at).astimezone()
        told, named = sentence(one, span)
        lines.append(f"{at:%Y-%m-%d %H:%M:%S}  {told.format_map(named)}")
        lines += [f"                       {weighed.agent}: {weighed.verdict}" for weighed in moment.agents]
    return lines
