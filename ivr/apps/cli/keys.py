"""`ivr keys`: the key store. Nothing secret is ever printed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from ivr.adapters.files.key_store import FileKeyStore
from ivr.adapters.files.passphrase import create_passphrase, read_passphrase
from ivr.apps.cli.options import settings_option
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import open_key_store, passphrase_file


@click.group()
def keys() -> None:
    """The key store: make it, list it.

    \b
    Examples:
      ivr keys init                              make the store and a random passphrase where the settings say
      ivr keys init --passphrase-file /media/usb/passphrase
      ivr keys list                              the keys that wrap recordings' keys
      ivr keys rotate                            wrap new recordings' keys with a new key
    """


@keys.command()
@click.option("--passphrase-file", type=click.Path(path_type=Path), help="Made with a random passphrase if absent.")
@settings_option
def init(settings: Settings, passphrase_file: Path | None) -> None:
    """Make the key store, and a passphrase for it. What exists already is left as it is."""
    secret = passphrase_file or _passphrase_path(settings)
    store = settings.keystore_path
    if store.exists():
        FileKeyStore(store, read_passphrase(secret))
        click.echo(f"The key store {store} exists and opens with {secret}.")
        return
    if not secret.exists():
        create_passphrase(secret)
        click.echo(f"A random passphrase is in {secret}. Copy it to a safe place: without it no recording opens.")
    FileKeyStore.create(store, read_passphrase(secret))
    click.echo(f"The key store is {store}. Back it up apart from the recordings.")


@keys.command("list")
@settings_option
def list_keys(settings: Settings) -> None:
    """Show the keys that wrap recordings' keys: names and dates."""
    ring = open_key_store(settings).ring
    for kek in ring.keks:
        made = f"{datetime.fromtimestamp(kek.created_at, UTC):%Y-%m-%d %H:%M} UTC"
        click.echo(f"{kek.kek_id:20} made {made}   {'wraps and opens' if kek is ring.active else 'opens only'}")


@keys.command()
@settings_option
def rotate(settings: Settings) -> None:
    """Wrap the keys of new recordings with a new key. Old recordings go on opening."""
    click.echo(f"New recordings' keys are wrapped by {open_key_store(settings).rotate()} from now on.")


def _passphrase_path(settings: Settings) -> Path:
    return passphrase_file(settings)
