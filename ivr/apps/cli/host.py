"""`ivr host`: other hosts that work for this engine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import click
import yaml

from ivr.apps.cli.new_file import new_file
from ivr.apps.cli.options import office_and_settings_option, office_option, settings_option
from ivr.apps.settings import Settings
from ivr.apps.wiring.settings_for_host import settings_for_host
from ivr.engine.office import hosts as office_hosts
from ivr.engine.office.hosts import AddHost, ListHosts, RemoveHost
from ivr.engine.office.office import Office
from ivr.errors import OperatorError

STANDARD_OUTPUT = Path("-")
REASON = click.option("--reason", required=True, help="Why; it goes into the audit log.")


@click.group()
def host() -> None:
    """Other hosts that work for this engine, over TLS with a certificate on both sides.

    A host recognizes speech, speaks, and compares voices, holding no key and no record. Or it has cells, which carry
    calls: of those it holds the keys while they run, and sealed journals until this engine has them.

    \b
    Examples:
      ivr host add hk2 --to hk2.pem --reason "a machine for speech"   then carry hk2.pem there, mode 0600
      ivr host add hk2 --to hk2.pem --settings hk2.yaml --reason "more calls"   and hk2.yaml, for cells
      ivr host serve --identity hk2.pem --listen 10.0.0.2:10300       on that machine
      ivr host serve --identity hk2.pem                               there, with works_for in its settings: cells
      ivr host list
      ivr host remove hk2 --reason "given back"
    """


@host.command()
@click.argument("name")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path),
    required=True,
    help="New file for its identity; - writes it to standard output.",
)
@click.option(
    "--settings", "file", type=click.Path(path_type=Path), help="New file for its settings: it is to have cells."
)
@REASON
@office_and_settings_option
def add(settings: Settings, office: Office, name: str, target: Path, file: Path | None, reason: str) -> None:
    """Make a host's certificate and key, in one file. For a host that there is: another, and the one before ends.

    With --settings also what stands in its ivr.yaml: where this engine is, its cells as `hosts.cells` here have it, and
    what dialplans ask for by name. Nothing in that is secret.
    """
    office.must("hosts.add")
    there = f"{name}.pem" if target == STANDARD_OUTPUT else target.name
    written = b"" if file is None else _settings_text(settings, name, there)
    with _identity_file(target) as identity, nullcontext(BytesIO()) if file is None else new_file(file) as beside:
        made = office_hosts.add(office, AddHost(name, reason=reason))
        identity.write(made.identity)
        beside.write(written)
    for line in _what_next(name, target, there, file, f"{made.host.not_after:%Y-%m-%d}"):
        click.echo(line, err=target == STANDARD_OUTPUT)


def _identity_file(target: Path) -> AbstractContextManager[BinaryIO]:
    """Where a host's identity goes. A terminal would keep its key in the lines that scrolled away."""
    if target != STANDARD_OUTPUT:
        return new_file(target)
    if sys.stdout.isatty():
        raise OperatorError("--to - writes a key: send it into a file (umask 077; … > FILE), or name the file")
    return nullcontext(sys.stdout.buffer)


def _what_next(name: str, target: Path, there: str, file: Path | None, until: str) -> Iterator[str]:
    if target == STANDARD_OUTPUT:
        yield f"This is who {name} is, until {until}: carry it there as {there}, mode 0600, and delete it here."
    else:
        yield f"{target} is who {name} is, until {until}: carry it there and delete it here."
    if file is not None:
        yield f"{file} is its settings: carry it there, too, with the files that it names."
        yield f"There: ivr host serve --config {file.name}"
        return
    yield f"There: ivr host serve --identity {there} --listen ADDRESS:10300"
    yield f"Here, in the settings: speech: {{host: {name}, address: ADDRESS:10300}}, and start the engine again."


def _settings_text(settings: Settings, name: str, identity: str) -> bytes:
    found = settings_for_host(settings, name, identity)
    Settings.model_validate(found)
    head = f"# Settings of {name}, whose cells carry calls of the engine on another host: `ivr host serve` there.\n"
    return (head + yaml.safe_dump(found, allow_unicode=True, sort_keys=False)).encode()


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
