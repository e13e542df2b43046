"""`ivr edge`: the SIP edge while it runs."""

from __future__ import annotations

import click

from ivr.apps.cli.options import office_option
from ivr.engine.office import edge as office_edge
from ivr.engine.office.edge import ReloadEdge
from ivr.engine.office.office import Office


@click.group()
def edge() -> None:
    """The SIP edge while it runs: show callers a certificate that was renewed, and judge trunks by renewed files.

    \b
    Examples:
      ivr edge reload                          the files of sip.tls and of trunks are read again
      ivr edge reload --reason "CA changed"    the same, with a reason in the audit log
    """


@edge.command()
@click.option("--reason", default="", help="Why; it goes into the audit log.")
@office_option
def reload(office: Office, reason: str) -> None:
    """Read the files of sip.tls and those of trunks' tls again. No call ends.

    What is not sound is refused, and what was there stays.
    """
    shown = office_edge.reload(office, ReloadEdge(reason=reason))
    click.echo(f"Callers are shown the certificate of {', '.join(shown.names)} from now on, good until")
    click.echo(f"{shown.not_after:%Y-%m-%d %H:%M} UTC (SHA-256 {shown.fingerprint}).")
