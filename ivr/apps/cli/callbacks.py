"""`ivr callbacks`: callback requests. Only the one who takes a request sees its number."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from datetime import UTC, datetime

import click

from ivr.apps.cli.audited import actor, audited, one_of
from ivr.apps.cli.options import settings_option
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import callback_store, open_key_store
from ivr.core.queueing.callback import Callback, CallbackResult, CallbackState
from ivr.errors import OperatorError
from ivr.ports.callbacks import CallbackStore

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
      ivr callbacks cancel 1f3a9c02 --reason "called us again"
    """


@callbacks.command("list")
@click.option("--queue", default="", help="Only of this queue.")
@click.option("--all", "everything", is_flag=True, help="Closed ones too, until they vanish.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@settings_option
def list_callbacks(settings: Settings, queue: str, everything: bool, limit: int, as_json: bool) -> None:
    """Show callback requests, the oldest first. No numbers."""
    store = callback_store(settings, open_key_store(settings))
    found = store.find(queue=queue, pending=not everything, limit=limit)
    if not as_json:
        click.echo(_COLUMNS)
    for one in found:
        click.echo(json.dumps(asdict(one)) if as_json else _line(one))


@callbacks.command()
@click.argument("callback", required=False)
@click.option("--queue", default="", help="Take the next open one of this queue.")
@settings_option
def take(settings: Settings, callback: str | None, queue: str) -> None:
    """Take a request as yours and see its number. Then call, and say what came of it: ivr callbacks done."""
    if (callback is None) == (not queue):
        raise click.UsageError("name a callback, or --queue QUEUE for the next one")
    keys = open_key_store(settings)
    store = callback_store(settings, keys)
    if callback is None:
        waiting = (one for one in store.find(queue=queue, limit=10_000) if one.state is CallbackState.OPEN)
        first = next(waiting, None)
        if first is None:
            raise OperatorError(f"no callback is open in {queue}")
        callback = first.callback_id
    with audited(settings, keys, "callback.taken", _known(store, callback)):
        number = store.take(callback, by=actor(), at=time.time())
    click.echo(f"{callback}  {number}")


@callbacks.command()
@click.argument("callback")
@click.option("--result", required=True, type=click.Choice([str(one) for one in CallbackResult]))
@settings_option
def done(settings: Settings, callback: str, result: str) -> None:
    """Close a request that you took."""
    keys = open_key_store(settings)
    store = callback_store(settings, keys)
    with audited(settings, keys, "callback.done", _known(store, callback), result=result):
        store.close(callback, CallbackState.DONE, by=actor(), at=time.time(), result=result)
    click.echo(f"{callback} is done: {result}.")


@callbacks.command()
@click.argument("callback")
@click.option("--reason", required=True, help="Why; it goes into the audit log.")
@settings_option
def cancel(settings: Settings, callback: str, reason: str) -> None:
    """Close a request that nobody needs to call back any more, whoever took it."""
    keys = open_key_store(settings)
    store = callback_store(settings, keys)
    with audited(settings, keys, "callback.cancelled", _known(store, callback), reason=reason):
        store.close(callback, CallbackState.CANCELLED, by=actor(), at=time.time())
    click.echo(f"{callback} is cancelled.")


def _known(store: CallbackStore, typed: str) -> str:
    """As the log names it: a number typed in its place is not kept."""
    return one_of(typed, (one.callback_id for one in store.find(pending=False, limit=1_000_000)))


def _line(one: Callback) -> str:
    state = f"{one.state} by {one.by}" if one.by else str(one.state)
    requested = f"{datetime.fromtimestamp(one.requested_at, UTC):%Y-%m-%d %H:%M}"
    return f"{one.callback_id:9}  {one.queue:16}  {requested:16}  {one.language:8}  {state:24}  {one.call_id}"
