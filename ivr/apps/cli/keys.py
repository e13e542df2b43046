"""`ivr keys`: the key store. Nothing secret is ever printed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from ivr.adapters.files.keys.ring_file import recovery_file
from ivr.apps.cli.keys_move import move
from ivr.apps.cli.options import office_and_settings_option, office_option, settings_option
from ivr.apps.settings import Settings
from ivr.engine.office import keys as office_keys
from ivr.engine.office.keys import ListKeys, MakeKeys, RecoverKeys, RetireKey, RotateKeys, SetRecovery
from ivr.engine.office.office import Office
from ivr.errors import OperatorError, SealError

PROGRESS_SECONDS = 2.0
"""Between two lines of progress."""


@click.group()
def keys() -> None:
    """The key store: make it, list it, rotate it, recover it, move it.

    \b
    Examples:
      ivr keys init                              make the store and a random passphrase where the settings say
      ivr keys init --recovery age1...           seal it to an offline key too (age-keygen makes one)
      ivr keys list                              the keys that wrap recordings' keys
      ivr keys rotate                            a new key; all recordings' keys are wrapped again, no audio is touched
      ivr keys retire kek-1-4f0a9c               forget an old key, once it wraps nothing any more
      ivr keys recovery age1...                  give an existing store a recovery key
      ivr keys recover --identity key.txt --from store.json.recovery.age
      ivr keys move --to pkcs11 --reason "..."   all keys into the token that the settings name; --to file: back
    """


@keys.command()
@click.option("--passphrase-file", type=click.Path(path_type=Path), help="Made with a random passphrase if absent.")
@click.option("--recovery", default="", help="Public key (age1...) of an offline recovery key.")
@settings_option
def init(settings: Settings, passphrase_file: Path | None, recovery: str) -> None:
    """Make the key store, and a passphrase for it. What exists already is left as it is."""
    if passphrase_file is not None:
        if settings.keys.store != "file":
            raise click.UsageError(
                "this store has no passphrase: its token's PIN is in the file that keys.pin_file names"
            )
        chosen = settings.keys.model_copy(update={"passphrase_file": passphrase_file.absolute()})
        settings = settings.model_copy(update={"keys": chosen})
    from ivr.apps.wiring.office import office

    with office(settings) as opened:
        made = office_keys.make(opened, MakeKeys(recovery))
    path = settings.keystore_path
    if not made.new:
        click.echo(f"The key store {path} exists and opens with {_secret_file(settings)}.")
        return
    _tell_secret(settings)
    click.echo(f"The key store is {path}. Back it up apart from the recordings.")
    if settings.keys.store == "pkcs11":
        click.echo(f"Its keys are in the token {settings.keys.token}: back that up as its maker says.")
    _tell_recovery(settings, made.recovery)


@keys.command("list")
@office_option
def list_keys(office: Office) -> None:
    """Show the keys that wrap recordings' keys: names, dates, and what each still wraps."""
    listed = office_keys.list_keys(office, ListKeys())
    for kek in listed.keks:
        made = f"{datetime.fromtimestamp(kek.created_at, UTC):%Y-%m-%d %H:%M} UTC"
        use = "wraps and opens" if kek is listed.keks[-1] else "opens only"
        wrapped = ", ".join(f"{count} {kind}" for kind, count in listed.users.get(kek.kek_id, {}).items())
        click.echo(f"{kek.kek_id:20} made {made}   {use:15}   used by {wrapped or 'nothing'}")
    click.echo(f"recovery key: {listed.recovery or 'none; see ivr keys recovery'}")


@keys.command()
@office_and_settings_option
def rotate(settings: Settings, office: Office) -> None:
    """Make a new key and wrap all data keys with it. No audio is rewritten; if it is interrupted, run it again."""
    rotated = office_keys.rotate(office, RotateKeys(_damaged, _progress()))
    done = rotated.done
    click.echo(f"New recordings' keys are wrapped by {rotated.active} from now on.")
    click.echo(f"Wrapped again: {done.recordings} recordings, {done.rows} records, {done.voiceprints} voiceprints.")
    _tell_recovery(settings, rotated.recovery)
    if rotated.damaged:
        raise SealError(f"{rotated.damaged} keys could not be wrapped again: the old key is still needed for them")


@keys.command()
@click.argument("kek_id")
@office_option
def retire(office: Office, kek_id: str) -> None:
    """Forget an old key. Refused while it wraps anything."""
    office_keys.retire(office, RetireKey(kek_id))
    click.echo(f"{kek_id} is forgotten.")


@keys.command()
@click.argument("public_key")
@office_and_settings_option
def recovery(settings: Settings, office: Office, public_key: str) -> None:
    """Seal the store to an offline public key (age1...) too, from now on."""
    _tell_recovery(settings, office_keys.set_recovery(office, SetRecovery(public_key)))


@keys.command()
@click.option("--identity", required=True, type=click.Path(path_type=Path), help="The recovery key's secret file.")
@click.option("--from", "source", required=True, type=click.Path(path_type=Path), help="store.json.recovery.age")
@office_and_settings_option
def recover(settings: Settings, office: Office, identity: Path, source: Path) -> None:
    """Make the key store again from its recovery file, under the passphrase that the settings name (or a new one)."""
    try:
        sealed = source.read_bytes()
    except OSError as error:
        raise OperatorError(f"{source} cannot be read: {error.strerror}") from error
    back = office_keys.recover(office, RecoverKeys(sealed, identity, _damaged, _progress()))
    _tell_secret(settings)
    click.echo(f"The key store {settings.keystore_path} is back, with {back.keks} keys.")
    if back.damaged:
        raise SealError(
            f"{back.damaged} keys could not be recovered: they were made before the store had a recovery key"
        )


keys.add_command(move)


def _progress() -> Callable[[int], None]:
    said_at = time.monotonic()

    def progress(count: int) -> None:
        nonlocal said_at
        if time.monotonic() - said_at > PROGRESS_SECONDS:
            said_at = time.monotonic()
            click.echo(f"{count} recordings...", err=True)

    return progress


def _damaged(what: str, reason: str) -> None:
    click.echo(f"ivr: {what}: {reason}", err=True)


def _tell_secret(settings: Settings) -> None:
    if settings.keys.store == "file":
        path = settings.passphrase_path
        click.echo(f"Its passphrase is in {path}. Copy it to a safe place: without it no recording opens.")


def _tell_recovery(settings: Settings, public_key: str) -> None:
    if public_key:
        file = recovery_file(settings.keystore_path)
        click.echo(f"Copy {file} to a safe place after each change: with the recovery key it replaces the store.")


def _secret_file(settings: Settings) -> Path:
    return settings.passphrase_path if settings.keys.store == "file" else settings.pin_path
