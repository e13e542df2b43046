"""`ivr host`: other hosts that work for this engine."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ivr.apps.cli.options import office_option, settings_option
from ivr.apps.settings import Settings
from ivr.engine.office import hosts as office_hosts
from ivr.engine.office.hosts import AddHost, ListHosts, RemoveHost
from ivr.engine.office.office import Office
from ivr.errors import OperatorError

REASON = click.option("--reason", required=True, help="Why; it goes into the audit log.")


@click.group()
def host() -> None:
    """Other hosts that work for this engine, over TLS with a certificate on both sides.

    A host recognizes speech, speaks, and compares voices, holding no key and no record. Or it has cells, which carry
    calls: of those it holds the keys while they run, and sealed journals until this engine has them.

    \b
    Examples:
      ivr host add hk2 --to hk2.pem --reason "a machine for speech"   then carry hk2.pem there, mode 0600
      ivr host serve --identity hk2.pem --listen 10.0.0.2:10300       on that machine
      ivr host serve --identity hk2.pem                               there, with works_for in its settings: cells
      ivr host list
      ivr host remove hk2 --reason "given back"
    """


@host.command()
@click.argument("name")
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="New file for its identity.")
@REASON
@office_option
def add(office: Office, name: str, target: Path, reason: str) -> None:
    """Make a host's certificate and key, in one file. For a host that there is: another, and the one before ends."""
    office.must("hosts.add")
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OperatorError(f"{target} cannot be made: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            made = office_hosts.add(office, AddHost(name, reason=reason))
            file.write(made.identity)
    except BaseException:
        target.unlink()
        raise
    click.echo(f"{target} is who {name} is, until {made.host.not_after:%Y-%m-%d}: carry it there and delete it here.")
    click.echo(f"There: ivr host serve --identity {target.name} --listen ADDRESS:10300")
    click.echo(f"Here, in the settings: speech: {{host: {name}, address: ADDRESS:10300}}, and start the engine again.")


@host.command("list")
@office_option
def list_hosts(office: Office) -> None:
    """Show hosts, and until when their certificates are good."""
    found = office_hosts.list_hosts(office, ListHosts())
    for one in found:
        click.echo(f"{one.name}  until {one.not_after:%Y-%m-%d}  SHA-256 {one.fingerprint}")
    if not found:
        click.echo("There is no other host: ivr host add NAME")


@host.command()
@click.argument("name")
@REASON
@office_option
def remove(office: Office, name: str, reason: str) -> None:
    """Trust a host no more: its connections end within a second."""
    office_hosts.remove(office, RemoveHost(name, reason=reason))
    click.echo(f"{name} is trusted no more.")


@host.command()
@click.option("--identity", type=click.Path(path_type=Path), help="What `ivr host add` made.")
@click.option("--listen", help="For speech alone: IPv4 address:port that the engine's host reaches.")
@settings_option
def serve(settings: Settings, identity: Path | None, listen: str | None) -> None:
    """Work for the engine that made this host's identity, until Ctrl-C or SIGTERM.

    With --listen: its speech service, and no more. With `works_for` in the settings: cells that carry its calls, with
    speech of their own.
    """
    if listen is None and settings.works_for is not None:
        from ivr.apps.wiring.far_cells import serve as run_cells

        run_cells(settings, identity, click.echo)
        return
    if listen is None or identity is None:
        raise OperatorError(
            "say --identity and --listen ADDRESS:PORT for speech alone; for cells write works_for into the settings"
        )
    from ivr.apps.wiring.host import serve as run

    run(settings, identity, listen, click.echo)
