"""`ivr queue demand`: what was counted, as the calls of `ivr queue simulate` and `plan`."""

from __future__ import annotations

import math
from datetime import datetime

import click

from ivr.apps.cli.options import office_and_settings_option
from ivr.apps.cli.queue_report import HALF_HOUR
from ivr.apps.days import days_of, midnight
from ivr.apps.settings import Settings
from ivr.core.queueing.demand import demands_of
from ivr.core.queueing.simulation import Demand
from ivr.engine.office.line import Figures
from ivr.engine.office.line import figures as figures_of
from ivr.engine.office.office import Office
from ivr.errors import OperatorError


@click.command()
@click.option("--from", "first", default="", metavar="DAY", help="First day, YYYY-MM-DD. Default: today.")
@click.option("--to", "last", default="", metavar="DAY", help="Last day. Default: the first.")
@office_and_settings_option
def demand(settings: Settings, office: Office, first: str, last: str) -> None:
    """Write what callers asked for on the mean of these days: arrivals, talks and patience by queue.

    They are means of many calls, and nothing of a single one. Days on which nobody called are left out. What it
    writes is the `calls` of a simulation or a plan.

    \b
    Example:
      ivr queue demand --from 2026-11-01 --to 2026-11-30 > november.yaml
      ivr queue simulate docs/examples/centre.yaml --calls november.yaml --days 5
    """
    begins, ends = days_of(first, last)
    found = figures_of(office, Figures(midnight(begins), midnight(ends), HALF_HOUR))
    demands = demands_of(found, began=_began, wrap_up=lambda queue: settings.queue(queue).wrap_up_seconds)
    if not demands:
        raise OperatorError("no call was answered in these days: name others with --from and --to")
    click.echo("\n".join(['begins: "00:00"', "calls:", *map(_line, demands)]))


def _began(seconds: float) -> tuple[int, int]:
    at = datetime.fromtimestamp(seconds)
    return at.toordinal(), at.hour * 2 + at.minute // 30


def _line(one: Demand) -> str:
    patience = "" if math.isinf(one.patience) else f" patience: {one.patience:.0f},"
    counts = ", ".join(f"{count:.3g}" for count in one.per_half_hour)
    return f"  - {{queue: {one.queue}, talk: {one.talk:.0f},{patience} per_half_hour: [{counts}]}}"
