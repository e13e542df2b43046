"""`ivr serve`: the engine in the foreground."""

from __future__ import annotations

import click

from ivr.apps.cli.options import settings_option
from ivr.apps.settings import Settings


@click.command()
@click.option("--no-edge", is_flag=True, help="Without Kamailio: each cell takes calls on a port of its own.")
@settings_option
def serve(settings: Settings, no_edge: bool) -> None:
    """Run the engine until Ctrl-C or SIGTERM; running calls may then end in their time. SIGHUP reloads dialplans.

    \b
    Examples:
      ivr serve                           with ivr.yaml, or the defaults
      ivr serve --config /etc/ivr.yaml
      ivr serve --no-edge                 on a laptop without Kamailio: the first cell answers on port 5060
      IVR_SIP__LISTEN=127.0.0.1:5080 ivr serve
    """
    from ivr.apps.wiring.serve import serve as run

    if no_edge:
        settings = settings.model_copy(update={"edge": False})
    run(settings, click.echo)
