"""`ivr keys`: the key store. Nothing secret is ever printed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import click

from ivr.adapters.files.key_store import FileKeyStore, recovery_file
from ivr.adapters.files.passphrase import create_passphrase, read_passphrase
from ivr.adapters.files.rewrap import kek_ids_in_use, rewrap_recordings
from ivr.adapters.files.voiceprints import VoiceprintFiles
from ivr.apps.cli.audited import audited
from ivr.apps.cli.options import settings_option
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import call_store, open_key_store, passphrase_file, recording_files
from ivr.errors import DeniedError, OperatorError, SealError

PROGRESS_SECONDS = 2.0
"""Between two lines of progress."""


@click.group()
def keys() -> None:
    """The key store: make it, list it, rotate it, recover it.

    \b
    Examples:
      ivr keys init                              make the store and a random passphrase where the settings say
      ivr keys init --recovery age1...           seal it to an offline key too (age-keygen makes one)
      ivr keys list                              the keys that wrap recordings' keys
      ivr keys rotate                            a new key; all recordings' keys are wrapped anew, no audio is touched
      ivr keys retire kek-1-4f0a9c               forget an old key, once it wraps nothing any more
      ivr keys recovery age1...                  give an existing store a recovery key
      ivr keys recover --identity key.txt --from store.json.recovery.age
    """


@keys.command()
@click.option("--passphrase-file", type=click.Path(path_type=Path), help="Made with a random passphrase if absent.")
@click.option("--recovery", default="", help="Public key (age1...) of an offline recovery key.")
@settings_option
def init(settings: Settings, passphrase_file: Path | None, recovery: str) -> None:
    """Make the key store, and a passphrase for it. What exists already is left as it is."""
    secret = passphrase_file or _passphrase_path(settings)
    store = settings.keystore_path
    if store.exists():
        FileKeyStore(store, read_passphrase(secret))
        click.echo(f"The key store {store} exists and opens with {secret}.")
        return
    _make_passphrase(secret)
    FileKeyStore.create(store, read_passphrase(secret), recovery=recovery)
    click.echo(f"The key store is {store}. Back it up apart from the recordings.")
    _tell_recovery(settings, recovery)


@keys.command("list")
@settings_option
def list_keys(settings: Settings) -> None:
    """Show the keys that wrap recordings' keys: names, dates, and what each still wraps."""
    store = open_key_store(settings)
    counts = kek_ids_in_use(recording_files(settings, store))
    for kek in store.ring.keks:
        made = f"{datetime.fromtimestamp(kek.created_at, UTC):%Y-%m-%d %H:%M} UTC"
        use = "wraps and opens" if kek is store.ring.active else "opens only"
        click.echo(f"{kek.kek_id:20} made {made}   {counts.get(kek.kek_id, 0):>7} recordings   {use}")
    click.echo(f"recovery key: {store.ring.recovery or 'none; see ivr keys recovery'}")


@keys.command()
@settings_option
def rotate(settings: Settings) -> None:
    """Make a new key and wrap all data keys with it. No audio is rewritten; the next run finishes a broken one."""
    store = open_key_store(settings)
    with audited(settings, store, "key.rotated", "key store") as details:
        active = details["to"] = store.rotate()
        click.echo(f"New recordings' keys are wrapped by {active} from now on.")
        damaged = _rewrap_all(settings, store)
    _tell_recovery(settings, store.ring.recovery)
    if damaged:
        raise SealError(f"{damaged} keys could not be wrapped anew: the old key is still needed for them")


@keys.command()
@click.argument("kek_id")
@settings_option
def retire(settings: Settings, kek_id: str) -> None:
    """Forget an old key. Refused while it wraps anything."""
    store = open_key_store(settings)
    with audited(settings, store, "key.retired", kek_id):
        used = {
            "recordings": kek_id in kek_ids_in_use(recording_files(settings, store)),
            "records in the database": kek_id in call_store(settings, store).kek_ids(),
            "voiceprints": kek_id in VoiceprintFiles(settings.voiceprints_dir, store).kek_ids(),
        }
        if any(used.values()):
            where = ", ".join(name for name, one in used.items() if one)
            raise DeniedError(f"{kek_id} is in use by {where}: run 'ivr keys rotate' (and 'ivr recordings compact')")
        store.retire(kek_id)
    click.echo(f"{kek_id} is forgotten.")


@keys.command()
@click.argument("public_key")
@settings_option
def recovery(settings: Settings, public_key: str) -> None:
    """Seal the store to an offline public key (age1...) too, from now on."""
    store = open_key_store(settings)
    with audited(settings, store, "recovery.set", public_key):
        store.set_recovery(public_key)
    _tell_recovery(settings, public_key)


@keys.command()
@click.option("--identity", required=True, type=click.Path(path_type=Path), help="The recovery key's secret file.")
@click.option("--from", "source", required=True, type=click.Path(path_type=Path), help="store.json.recovery.age")
@settings_option
def recover(settings: Settings, identity: Path, source: Path) -> None:
    """Make the key store again from its recovery file, under the passphrase that the settings name (or a new one)."""
    try:
        sealed = source.read_bytes()
    except OSError as error:
        raise OperatorError(f"{source} cannot be read: {error.strerror}") from error
    secret = _passphrase_path(settings)
    if settings.keystore_path.exists():
        raise OperatorError(f"there is a key store at {settings.keystore_path}: move it away first")
    _make_passphrase(secret)
    store = FileKeyStore.recover(settings.keystore_path, sealed, identity, read_passphrase(secret))
    with audited(settings, store, "key.recovered", "key store"):
        click.echo(f"The key store {settings.keystore_path} is back, with {len(store.ring.keks)} keys.")


def _rewrap_all(settings: Settings, store: FileKeyStore) -> int:
    """Wrap everything anew; returns how much could not be."""
    damaged: list[Path] = []

    def tell(path: Path, reason: str) -> None:
        damaged.append(path)
        click.echo(f"ivr: {path}: {reason}", err=True)

    active = store.ring.active.kek_id
    count, said_at = 0, time.monotonic()
    for _ in rewrap_recordings(recording_files(settings, store), store.rewrap, active, tell):
        count += 1
        if time.monotonic() - said_at > PROGRESS_SECONDS:
            said_at = time.monotonic()
            click.echo(f"{count} recordings...", err=True)
    rows = call_store(settings, store).rewrap(store.rewrap, active)
    voices = VoiceprintFiles(settings.voiceprints_dir, store).rewrap(store.rewrap, active)
    click.echo(f"Wrapped anew: {count} recordings, {rows} records, {voices} voiceprints.")
    return len(damaged)


def _make_passphrase(path: Path) -> None:
    if not path.exists():
        create_passphrase(path)
        click.echo(f"A random passphrase is in {path}. Copy it to a safe place: without it no recording opens.")


def _tell_recovery(settings: Settings, public_key: str) -> None:
    if public_key:
        file = recovery_file(settings.keystore_path)
        click.echo(f"Copy {file} to a safe place after each change: with the recovery key it replaces the store.")


def _passphrase_path(settings: Settings) -> Path:
    return passphrase_file(settings)
