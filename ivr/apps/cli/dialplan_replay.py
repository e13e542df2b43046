"""`ivr replay`: a real call's journal through the core again."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.apps.cli.options import office_option
from ivr.apps.wiring.dialplans import read_dialplan
from ivr.core.call.replay import Difference
from ivr.engine.office import recordings
from ivr.engine.office.office import Office
from ivr.engine.office.recordings import ReplayCall


@click.command()
@click.argument("call")
@click.option(
    "--dialplan",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Run the call on this dialplan instead, to see where it would have gone another way.",
)
@click.option("--salvage", is_flag=True, help="Replay a damaged recording as far as it is sound.")
@click.option("--reason", default="", help="Why; it goes into the audit log.")
@office_option
def replay(office: Office, call: str, file: Path | None, salvage: bool, reason: str) -> None:
    """Run a real call's journal through the core again and show the first difference; there must be none.

    The dialplan is the very version that served the call: each one is kept.

    Exit code 0: the same orders in the same places. 1: a difference.

    \b
    Examples:
      ivr replay CALL
      ivr replay CALL --dialplan dialplans/wealth.yaml
    """
    dialplan = read_dialplan(file) if file is not None else None
    again = recordings.replay(office, ReplayCall(call, dialplan, salvage, reason=reason))
    result = again.result
    on = "" if again.dialplan.sha256 == again.sha256 else f", on {again.dialplan.id} of {file}"
    click.echo(f"{again.call_id}: {again.served_by}{on}, {result.steps} facts, {result.orders} orders")
    click.echo(f"states: {' > '.join(result.record.states)}")
    click.echo(f"outcome: {result.record.outcome or '(none yet)'}, identity: {result.record.identity}")
    if result.difference is None:
        click.echo("no difference: the core decides today as it did in the call")
        return
    click.echo(_told(result.difference))
    click.get_current_context().exit(1)


def _told(difference: Difference) -> str:
    lines = [f"first difference: fact {difference.step} ({difference.fact}) at {difference.now:.3f} s"]
    lines += [f"  then:  {order}" for order in difference.then] or ["  then:  nothing"]
    lines += [f"  again: {order}" for order in difference.again] or ["  again: nothing"]
    return "\n".join(lines)
