"""`ivr replay`: a real call's journal through the core again."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.apps.cli.audited import audited, call_named
from ivr.apps.cli.options import settings_option
from ivr.apps.settings import Settings
from ivr.apps.wiring.dialplans import read_dialplan
from ivr.apps.wiring.vault import open_key_store, recording_files
from ivr.apps.wiring.versions import kept_dialplan
from ivr.core.call.replay import Difference, served_by
from ivr.core.call.replay import replay as run_again
from ivr.core.dialplan.model import Dialplan
from ivr.errors import OperatorError


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
@settings_option
def replay(settings: Settings, call: str, file: Path | None, salvage: bool, reason: str) -> None:
    """Run a real call's journal through the core again and show the first difference; there must be none.

    The dialplan is the very version that served the call: each one is kept.

    Exit code 0: the same orders in the same places. 1: a difference.

    \b
    Examples:
      ivr replay CALL
      ivr replay CALL --dialplan dialplans/wealth.yaml
    """
    keys = open_key_store(settings)
    with audited(settings, keys, "recording.replayed", call_named(settings, keys, call), reason=reason):
        recording = recording_files(settings, keys).open(call, salvage=salvage)
    entries = recording.timeline.entries
    name, sha256 = served_by(entries)
    dialplan = read_dialplan(file) if file is not None else _served(settings, name, sha256)
    result = run_again(dialplan, entries)
    on = "" if dialplan.sha256 == sha256 else f", on {dialplan.id} of {file}"
    click.echo(f"{recording.header.call_id}: {name}{on}, {result.steps} facts, {result.orders} orders")
    click.echo(f"states: {' > '.join(result.record.states)}")
    click.echo(f"outcome: {result.record.outcome or '(none yet)'}, identity: {result.record.identity}")
    if result.difference is None:
        click.echo("no difference: the core decides today as it did in the call")
        return
    click.echo(_told(result.difference))
    click.get_current_context().exit(1)


def _served(settings: Settings, name: str, sha256: str) -> Dialplan:
    """The very version that served the call."""
    try:
        return kept_dialplan(settings, sha256)
    except OperatorError as error:
        raise OperatorError(
            f"the call was served by {name} with SHA-256 {sha256[:16]}..., which is not among the versions kept below "
            f"{settings.data_dir}. Name the data directory of the engine that served it in the settings."
        ) from error


def _told(difference: Difference) -> str:
    lines = [f"first difference: fact {difference.step} ({difference.fact}) at {difference.now:.3f} s"]
    lines += [f"  then:  {order}" for order in difference.then] or ["  then:  nothing"]
    lines += [f"  again: {order}" for order in difference.again] or ["  again: nothing"]
    return "\n".join(lines)
