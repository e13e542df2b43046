"""`ivr queue`: who waits and why, and what a day with other agents, skills or rules would be."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import click

from ivr.apps.cli.options import office_and_settings_option, office_option
from ivr.apps.cli.queue_demand import demand
from ivr.apps.cli.queue_report import report
from ivr.apps.settings import Settings
from ivr.engine.office import line
from ivr.engine.office.office import Office
from ivr.engine.office.premises import ShowQueues
from ivr.engine.office.premises import queues as queues_set
from ivr.errors import OperatorError


@click.group()
def queue() -> None:
    """Queues: who waits and why; simulate a day, plan the staff.

    \b
    Examples:
      ivr queue show                              each queue and each agent, now; --live goes on
      ivr queue list --queue cards                the calls that wait, next first
      ivr queue report --by interval              service level, waits and more of today, by half hours
      ivr queue why CALL                          who was considered for it, who was not and why
      ivr queue simulate docs/examples/centre.yaml    a made-up day, by the very dispatcher that serves calls
      ivr queue plan docs/examples/centre.yaml --svg plan.svg
      ivr queue demand --from 2026-11-01 --to 2026-11-30 > november.yaml    for --calls of both
    """


_calls = click.option(
    "--calls", type=click.Path(path_type=Path), help="The calls of this file instead: see 'ivr queue demand'."
)


@queue.command()
@click.option("--live", is_flag=True, help="With today's figures, again every second until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for scripts.")
@office_and_settings_option
def show(settings: Settings, office: Office, live: bool, as_json: bool) -> None:
    """Show each queue that holds calls, and what each agent does."""
    from ivr.apps.cli.queue_text import agent_lines, message_lines, queue_lines

    if live:
        from ivr.apps.cli.queue_live import show_live

        show_live(office, sorted(settings.queues))
        return
    now = line.queues_now(office, line.Now())
    if as_json:
        click.echo(json.dumps({name: now[name] for name in ("queues", "agents", "mailboxes", "today")}))
    else:
        click.echo("\n".join([*queue_lines(now), "", *message_lines(now), *agent_lines(now)]))


@queue.command()
@office_option
def settings(office: Office) -> None:
    """Show how queues and their hours are set, where they are not as they are by default."""
    for one in queues_set(office, ShowQueues()):
        click.echo(one.name)
        for name, value in (*one.hours.items(), *one.set.items()):
            click.echo(f"  {name:20} {value}")


@queue.command("list")
@click.option("--queue", "name", default="", help="Only of this queue.")
@office_option
def list_calls(office: Office, name: str) -> None:
    """Show the calls that wait, next first; 200 at most."""
    from ivr.apps.cli.queue_text import call_lines

    click.echo("\n".join(call_lines(line.waiting(office, line.Now()), name)))


queue.add_command(report)
queue.add_command(demand)


@queue.command()
@click.argument("call")
@office_option
def why(office: Office, call: str) -> None:
    """Say why a call waits, or why it was offered to whom: every agent, and what spoke for or against them."""
    from ivr.apps.cli.queue_report import past_lines
    from ivr.apps.cli.queue_text import why_lines

    told = line.why(office, line.Why(call))
    past, now = past_lines(told.past), why_lines(told.now) if told.now else []
    click.echo("\n".join([*past, *([""] if past and now else []), *now]))


@queue.command()
@click.argument("file", type=click.Path(path_type=Path))
@_calls
@click.option(
    "--days", default=1, show_default=True, type=click.IntRange(1, 1000), help="Days to play; sums are shown."
)
@click.option("--seed", default=1, show_default=True, help="The same seed is the same day.")
def simulate(file: Path, calls: Path | None, days: int, seed: int) -> None:
    """Play made-up days with the dispatcher that serves real calls, on a virtual clock."""
    import random

    from ivr.apps.centre_file import read_centre
    from ivr.apps.cli.queue_text import figure_lines
    from ivr.core.queueing.figures import CentreFigures, total
    from ivr.core.queueing.simulation import simulate as play

    centre = read_centre(file, calls)
    if not centre.teams:
        raise OperatorError(f"{file} names no teams: nobody works in it. 'ivr queue plan' says how many are needed")
    day = centre.day()
    played: list[CentreFigures] = []
    with click.progressbar(range(days), label="days", show_pos=True, file=sys.stderr) as numbers:
        for number in numbers:
            played.append(play(day, random.Random(f"{seed}-{number}").random))  # noqa: S311 - a made-up day
    click.echo("\n".join(figure_lines(total(played))))


@queue.command()
@click.argument("file", type=click.Path(path_type=Path))
@_calls
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Draw it into this file as well.")
def plan(file: Path, calls: Path | None, svg: Path | None) -> None:
    """Say how many agents each half hour needs, by Erlang A (or C, where callers wait for ever)."""
    from ivr.apps.centre_file import half_hour_names, read_centre
    from ivr.apps.cli.queue_picture import plan_picture
    from ivr.apps.cli.queue_text import plan_lines
    from ivr.core.queueing.erlang import Forecast, Load, agents_needed
    from ivr.core.queueing.simulation import HALF_HOUR

    centre = read_centre(file, calls)
    drawn: list[str] = []
    for asked in centre.calls:
        names = half_hour_names(centre.begins, len(asked.per_half_hour))
        wrap_up = centre.queues[asked.queue].wrap_up_seconds if asked.queue in centre.queues else 0.0
        patience = math.inf if asked.patience is None else asked.patience
        told: list[Forecast | None] = [
            None
            if not count
            else agents_needed(
                Load(count / HALF_HOUR, asked.talk + wrap_up, patience), share=centre.share, target=centre.target
            )
            for count in asked.per_half_hour
        ]
        click.echo(f"{asked.queue}: {centre.share:.0%} within {centre.target:g} s, {asked.talk:g} s of talk")
        click.echo("\n".join([*plan_lines(names, asked.per_half_hour, told), ""]))
        drawn.append(
            plan_picture(asked.queue, names, asked.per_half_hour, [0 if t is None else t.agents for t in told])
        )
    if svg is not None:
        svg.write_text(_stacked(drawn), encoding="utf-8")
        click.echo(f"Drawn: {svg}")


def _stacked(pictures: list[str]) -> str:
    from ivr.apps.cli.queue_picture import HEIGHT, WIDTH

    inner = "".join(f'<g transform="translate(0 {HEIGHT * at})">{one}</g>' for at, one in enumerate(pictures))
    height = HEIGHT * len(pictures)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}">{inner}</svg>\n'
