"""`ivr keys move`: from the file into a hardware security module's token, or back."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.adapters.files.keys.ring_file import recovery_file
from ivr.apps.cli.options import settings_option
from ivr.apps.settings import Settings
from ivr.engine.archive.keyed import KINDS
from ivr.engine.office import keys as office_keys
from ivr.engine.office.keys import MoveKeys


@click.command()
@click.option("--to", "store", required=True, type=click.Choice(["pkcs11", "file"]), help="The kind of the new store.")
@click.option("--leave-damaged", is_flag=True, help="Go on although some keys do not open: they stay behind.")
@click.option("--reason", required=True, help="Why; it goes into the audit log.")
@settings_option
def move(settings: Settings, store: str, leave_damaged: bool, reason: str) -> None:
    """Move all keys to the other kind of store. The engine must be stopped. No audio is rewritten.

    Name the token beside the file first: keys.module, keys.token and keys.pin_file. If it is interrupted, run it
    again: it goes on where it stopped.
    """
    from ivr.apps.wiring.key_move import heirs_settings
    from ivr.apps.wiring.office import office

    with office(settings, moving=True) as opened:
        asked = MoveKeys(store, leave_damaged, lambda line: click.echo(line, err=True), reason=reason)
        done = office_keys.move(opened, asked)
    target = heirs_settings(settings, store)
    counts = ", ".join(f"{done.moved[kind]} {kind}" for kind in KINDS)
    click.echo(f"The keys are in {_named(target)} now and all of them open: {counts}.")
    for one in done.left:
        click.echo(f"left behind: {one}")
    default = target.keystore_path.parent == settings.data_dir / "keys" and settings.keys.path is None
    path = "" if default else f", path: {target.keystore_path}"
    click.echo(f"Set `keys: {{store: {store}{path}}}` in the settings: until then nothing opens.")
    click.echo(f"The old store is kept as {done.old_store}. Once the engine has run and the new one is backed up,")
    click.echo(f"destroy it and every copy of it: {_farewell(settings, Path(done.old_store))}.")


def _named(settings: Settings) -> str:
    if settings.keys.store == "file":
        return f"the file {settings.keystore_path}"
    return f"the token {settings.keys.token} and the file {settings.keystore_path}"


def _farewell(settings: Settings, copy: Path) -> str:
    """How to destroy what the old store leaves."""
    files = [copy, recovery_file(settings.keystore_path)]
    if settings.keys.store == "file":
        files.append(settings.passphrase_path)
    token = "" if settings.keys.store == "file" else f", then the keys in the token {settings.keys.token}"
    return f"shred -u {' '.join(str(file) for file in files if file.exists())}{token}"
