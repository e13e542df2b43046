"""`ivr callbacks`: callback requests. Only the one who takes a request sees its number."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from ivr.apps.cli.options import office_option
from ivr.core.queueing.callback import Callback, CallbackResult, CallbackState
from ivr.engine.office import callbacks as office_callbacks
from ivr.engine.office.callbacks import CancelCallback, CloseCallback, FindCallbacks, RedialCallback, TakeCallback
from ivr.engine.office.office import Office

_COLUMNS = f"{'callback':9}  {'queue':16}  {'requested (UTC)':16}  {'language':8}  {'state':24}  call"


@click.group()
def callbacks() -> None:
    """Callback requests: list, take, close.

    \b
    Examples:
      ivr callbacks list --queue loans            who waits, first come first
      ivr callbacks take --queue loans            take the next one: shows the number, to you alone
      ivr callbacks take 1f3a9c02                 take this one
      ivr callbacks done 1f3a9c02 --result reached
      ivr callbacks redial 1f3a9c02               let the engine dial one that is unclear
      ivr callbacks cancel 1f3a9c02 --reason "called us again"
    """


@callbacks.command("list")
@click.option("--queue", default="", help="Only of this queue.")
@click.option("--all", "everything", is_flag=True, help="Closed ones too, until they vanish.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@office_option
def list_callbacks(office: Office, queue: str, everything: bool, limit: int, as_json: bool) -> None:
    """Show callback requests, the oldest first. No numbers."""
    found = office_callbacks.find(office, FindCallbacks(queue, closed=everything, limit=limit))
    if not as_json:
        click.echo(_COLUMNS)
    for one in found:
        click.echo(json.dumps(asdict(one)) if as_json else _line(one))


@callbacks.command()
@click.argument("callback", required=False)
@click.option("--queue", default="", help="Take the next open one of this queue.")
@office_option
def take(office: Office, callback: str | None, queue: str) -> None:
    """Take a request as yours and see its number. Then call, and say what came of it: ivr callbacks done."""
    if (callback is None) == (not queue):
        raise click.UsageError("name a callback, or --queue QUEUE for the next one")
    taken = office_callbacks.take(office, TakeCallback(callback or "", queue))
    click.echo(f"{taken.callback}  {taken.number}")


@callbacks.command()
@click.argument("callback")
@click.option("--result", required=True, type=click.Choice([str(one) for one in CallbackResult]))
@office_option
def done(office: Office, callback: str, result: str) -> None:
    """Close a request that you took."""
    office_callbacks.done(office, CloseCallback(callback, CallbackResult(result)))
    click.echo(f"{callback} is done: {result}.")


@callbacks.command()
@click.argument("callback")
@office_option
def redial(office: Office, callback: str) -> None:
    """Let the engine dial somebody of whom it is unclear whether they were reached: you have made sure that it may."""
    office_callbacks.redial(office, RedialCallback(callback))
    click.echo(f"{callback} is dialled in its turn.")


@callbacks.command()
@click.argument("callback")
@click.option("--reason", required=True, help="Why; it goes into the audit log.")
@office_option
def cancel(office: Office, callback: str, reason: str) -> None:
    """Close a request that nobody needs to call back any more, whoever took it."""
    office_callbacks.cancel(office, CancelCallback(callback, reason=reason))
    click.echo(f"{callback} is cancelled.")


def _line(one: Callback) -> str:
    state = f"{one.state} by {one.by}" if one.by else str(one.state)
    why = f"  {one.result}" if one.state is CallbackState.UNCLEAR else ""
    requested = f"{datetime.fromtimestamp(one.requested_at, UTC):%Y-%m-%d %H:%M}"
    return f"{one.callback_id:9}  {one.queue:16}  {requested:16}  {one.language:8}  {state:24}  {one.call_id}{why}"
