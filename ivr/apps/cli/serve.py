"""`ivr serve`: the engine in the foreground."""

from __future__ import annotations

import click

from ivr.apps.cli.options import CONFIG, settings_option
from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.errors import OperatorError


@click.command()
@click.option("--no-edge", is_flag=True, help="Without Kamailio: each cell takes calls on a port of its own.")
@click.option("--no-demo", is_flag=True, help="Without the demo's first calls (setting: demo_calls).")
@settings_option
@click.pass_context
def serve(ctx: click.Context, settings: Settings, no_edge: bool, no_demo: bool) -> None:
    """Run the engine until Ctrl-C or SIGTERM; running calls may then end in their time.

    It serves what was published (`ivr publish`). On a machine where nothing ever was, it publishes the dialplans that
    the settings list, and says so. SIGHUP publishes what they list by then.

    Where the examples run and nothing is recorded yet, the robot of `ivr demo` makes the first calls.

    \b
    Examples:
      ivr serve                           with ivr.yaml, or the defaults
      ivr serve --config /etc/ivr.yaml
      ivr serve --no-edge                 on a laptop without Kamailio: the first cell answers on port 5060
      IVR_SIP__LISTEN=127.0.0.1:5080 ivr serve
    """
    from ivr.adapters.login import actor_name
    from ivr.apps.wiring.serve import serve as run

    if settings.works_for is not None:
        raise OperatorError("these settings are of a host that works for another engine: ivr host serve")
    refused = {name: False for name, flag in (("edge", no_edge), ("demo_calls", no_demo)) if flag}

    def chosen(read: Settings) -> Settings:
        return read.model_copy(update=refused)

    config = ctx.meta[CONFIG]
    run(chosen(settings), actor_name(), lambda: chosen(load_settings(config)), click.echo, settings_file=config)
