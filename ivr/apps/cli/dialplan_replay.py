"""`ivr replay`: a real call's journal through the core again."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.apps.cli.options import office_option
from ivr.apps.wiring.dialplans import read_dialplan
from ivr.core.call.replay import Difference
from ivr.core.call.retold import Change
from ivr.core.dialplan.model import Dialplan
from ivr.engine.office import recordings
from ivr.engine.office.dialplan_overview import MOST_CALLS, ReplayCalls, replay_calls
from ivr.engine.office.office import Office
from ivr.engine.office.recordings import ReplayCall

NAMES = {
    Change.WARNING: "another warning",
    Change.ELSEWHERE: "elsewhere",
    Change.ORDERS: "other orders, so nobody knows",
    Change.WORDS: "other words only",
    Change.NONE: "the same",
}


@click.command()
@click.argument("call", default="")
@click.option("--last", type=click.IntRange(1, MOST_CALLS), help="The latest so many calls of the dialplan's name.")
@click.option("--draft", default="", help="With --last: a draft of the office (ivr drafts list).")
@click.option(
    "--dialplan",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Run the call on this dialplan instead, to see where it would have gone another way.",
)
@click.option("--salvage", is_flag=True, help="Replay a damaged recording as far as it is sound.")
@click.option("--reason", default="", help="Why; it goes into the audit log.")
@office_option
def replay(
    office: Office, call: str, last: int | None, draft: str, file: Path | None, salvage: bool, reason: str
) -> None:
    """Run a real call's journal through the core again and show the first difference; there must be none.

    With --last, the latest calls of a line on a dialplan that is not live: who would have gone elsewhere, or heard
    another warning. What is told ends where a call parts from what it was.

    The dialplan is the very version that served the call: each one is kept.

    Exit code 0: the same orders in the same places. 1: a difference.

    \b
    Examples:
      ivr replay CALL
      ivr replay CALL --dialplan dialplans/wealth.yaml
      ivr replay --last 50 --dialplan dialplans/wealth.yaml
      ivr replay --last 50 --draft 3f9a1c02aa17 --reason "before the new warning goes live"
    """
    if (
        (last is None) == (call == "")
        or (last is None and draft)
        or (last is not None and (file is None) == (not draft))
    ):
        raise click.UsageError("Name a CALL, or --last with --dialplan or --draft.")
    if last is not None:
        _replay_last(office, last, draft, read_dialplan(file) if file is not None else None, reason)
        return
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


def _replay_last(office: Office, last: int, draft: str, dialplan: Dialplan | None, reason: str) -> None:
    found = replay_calls(office, ReplayCalls(draft, dialplan, last, reason=reason))
    for one in found.calls:
        if not one.retold.faithful:
            click.echo(
                f"{one.call}  {one.served_by}: the core of today decides otherwise than in the call: see ivr replay"
            )
        elif one.retold.change > Change.WORDS:
            click.echo(f"{one.call}  {one.served_by}: {NAMES[one.retold.change]}")
            for parting in one.retold.partings:
                if parting.change > Change.WORDS:
                    click.echo(f"  after {parting.at:.1f} s, in '{parting.state}': {parting.then}")
                    click.echo(f"    becomes {parting.now}")
    for call, why in found.damaged:
        click.echo(f"{call}  cannot be replayed: {why}")
    counts = ", ".join(f"{found.changes.get(change, 0)} {name}" for change, name in NAMES.items())
    click.echo(f"{len(found.calls)} calls on {found.dialplan}: {counts}")
    if any(found.changes.get(change) for change in NAMES if change > Change.WORDS):
        click.get_current_context().exit(1)


def _told(difference: Difference) -> str:
    lines = [f"first difference: fact {difference.step} ({difference.fact}) at {difference.now:.3f} s"]
    lines += [f"  then:  {order}" for order in difference.then] or ["  then:  nothing"]
    lines += [f"  again: {order}" for order in difference.again] or ["  again: nothing"]
    return "\n".join(lines)
