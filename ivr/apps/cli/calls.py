"""`ivr calls`: the calls that go on now, and what is said in one."""

from __future__ import annotations

import json
import time

import click

from ivr.apps.cli.options import office_option
from ivr.apps.cli.queue_text import span, table
from ivr.core.codec import plain
from ivr.engine.bus.live import LiveCall
from ivr.engine.office import calls as acts
from ivr.engine.office.office import Office

LOOK_SECONDS = 0.5


@click.group()
def calls() -> None:
    """The calls that go on now. Those that ended: ivr recordings.

    \b
    Examples:
      ivr calls list
      ivr calls follow CALL --reason "complaint 4711"     what is said, as it is recognized, until the call ends
    """


@calls.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one a line, for scripts.")
@office_option
def list_calls(office: Office, as_json: bool) -> None:
    """Show each call: its caller masked, where it is, and who serves it."""
    found = acts.list_calls(office, acts.ListCalls())
    if as_json:
        for one in found:
            click.echo(json.dumps(plain(one)))
    elif not found:
        click.echo("No call goes on.")
    else:
        head = ("call", "caller", "line", "state", "since", "identity", "agents or queue", "flags")
        click.echo("\n".join(table(head, [_row(one, now=time.time()) for one in found])))


@calls.command()
@click.argument("call")
@click.option("--reason", default="", help="Why: it goes into the audit log.")
@office_option
def follow(office: Office, call: str, reason: str) -> None:
    """Print what is said, line by line, until the call ends or Ctrl-C. The audit log says who did."""
    followed, known, running = acts.follow(office, acts.Follow(call, reason=reason)), 0, True
    while running:
        office.must("calls.follow", call)  # whoever may no longer reads no further
        told = followed.read(known)
        for line in told.lines:
            click.echo(f"{line.who:7} {line.text}")
        known, running = known + len(told.lines), told.running
        time.sleep(LOOK_SECONDS if running else 0)
    click.echo("The call is over: ivr recordings show " + followed.call)


def _row(one: LiveCall, *, now: float) -> tuple[object, ...]:
    stands = one.stands
    served = ", ".join(f"{name} ({state})" for name, state in one.agents)
    return (
        one.call_id,
        one.caller,
        one.dialplan,
        stands.states[-1] if stands and stands.states else "",
        span(now - (stands.since if stands else one.started_at)),
        str(stands.identity) if stands else "",
        served or (f"{one.queue}, place {one.place}" if one.queue else ""),
        ", ".join(stands.flags) if stands else "",
    )
