"""`ivr keys`: the key store. Nothing secret is ever printed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from ivr.adapters.files.keys.age_seal import parse_recipient
from ivr.adapters.files.keys.passphrase import create_passphrase
from ivr.adapters.files.keys.ring_file import recovery_file
from ivr.apps.cli.audited import actor, audited
from ivr.apps.cli.keys_move import move
from ivr.apps.cli.options import settings_option
from ivr.apps.settings import Settings
from ivr.apps.wiring.archive import compactor, keyed
from ivr.apps.wiring.hub_client import void_stocks
from ivr.apps.wiring.only_one import no_cell_lives, only_one
from ivr.apps.wiring.vault import (
    audit_log,
    create_key_store,
    open_key_store,
    recover_key_store,
)
from ivr.engine.archive.compaction import OnDamage
from ivr.engine.office.office import one_of
from ivr.errors import DeniedError, OperatorError, SealError
from ivr.ports.keys import ManagedKeyStore

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
    recovery = parse_recipient(recovery) if recovery else ""
    path = settings.keystore_path
    if path.exists():
        open_key_store(settings)
        click.echo(f"The key store {path} exists and opens with {_secret_file(settings)}.")
        return
    _make_passphrase(settings)
    store = create_key_store(settings, recovery=recovery)
    with audited(settings, store, "key.made", store.keks()[-1].kek_id):
        click.echo(f"The key store is {path}. Back it up apart from the recordings.")
    if settings.keys.store == "pkcs11":
        click.echo(f"Its keys are in the token {settings.keys.token}: back that up as its maker says.")
    _tell_recovery(settings, recovery)


@keys.command("list")
@settings_option
def list_keys(settings: Settings) -> None:
    """Show the keys that wrap recordings' keys: names, dates, and what each still wraps."""
    store = open_key_store(settings)
    counts = keyed(settings, store).recordings_by_kek()
    *_, active = names = store.keks()
    for kek in names:
        made = f"{datetime.fromtimestamp(kek.created_at, UTC):%Y-%m-%d %H:%M} UTC"
        use = "wraps and opens" if kek is active else "opens only"
        click.echo(f"{kek.kek_id:20} made {made}   {counts[kek.kek_id]:>7} recordings   {use}")
    click.echo(f"recovery key: {store.recovery or 'none; see ivr keys recovery'}")


@keys.command()
@settings_option
def rotate(settings: Settings) -> None:
    """Make a new key and wrap all data keys with it. No audio is rewritten; if it is interrupted, run it again."""
    store = open_key_store(settings)
    with audited(settings, store, "key.rotated", "key store") as details:
        active = details["to"] = store.rotate()
        click.echo(f"New recordings' keys are wrapped by {active} from now on.")
        void_stocks(settings, _old(store))  # what is left of them is asked again before a key is retired
        damaged = _rewrap_all(settings, store)
    _tell_recovery(settings, store.recovery)
    if damaged:
        raise SealError(f"{damaged} keys could not be wrapped again: the old key is still needed for them")


@keys.command()
@click.argument("kek_id")
@settings_option
def retire(settings: Settings, kek_id: str) -> None:
    """Forget an old key. Refused while it wraps anything."""
    store = open_key_store(settings)
    with (
        audited(settings, store, "key.retired", one_of(kek_id, (kek.kek_id for kek in store.keks()))),
        _no_stock(settings, store, kek_id),
    ):
        if used := keyed(settings, store).users_of(kek_id):
            raise DeniedError(
                f"{kek_id} is in use by {', '.join(used)}: run 'ivr keys rotate' (and 'ivr recordings compact')"
            )
        store.retire(kek_id)
    click.echo(f"{kek_id} is forgotten.")


@contextmanager
def _no_stock(settings: Settings, store: ManagedKeyStore, kek_id: str) -> Iterator[None]:
    """No cell holds a data key of that key: by the hub's word, or because no cell lives. Raises DeniedError."""
    told = void_stocks(settings, _old(store))
    if told is None:
        with no_cell_lives(settings):
            yield
        return
    if told.unheard:
        raise DeniedError(f"{told.unheard} cells do not say what they hold: try again in a minute, see 'ivr status'")
    if kek_id in told.held:
        raise DeniedError(f"{kek_id} is in use by running calls: try again when they are over and compacted")
    yield


def _old(store: ManagedKeyStore) -> list[str]:
    return [kek.kek_id for kek in store.keks()[:-1]]


@keys.command()
@click.argument("public_key")
@settings_option
def recovery(settings: Settings, public_key: str) -> None:
    """Seal the store to an offline public key (age1...) too, from now on."""
    public_key = parse_recipient(public_key)
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
    if settings.keystore_path.exists():
        raise OperatorError(f"there is a key store at {settings.keystore_path}: move it away first")
    with only_one(settings), no_cell_lives(settings):
        _recover(settings, sealed, identity)


def _recover(settings: Settings, sealed: bytes, identity: Path) -> None:
    _make_passphrase(settings)
    store = recover_key_store(settings, sealed, identity)
    damaged = 0
    with audited(settings, store, "key.recovered", "key store"):
        if settings.keys.store == "pkcs11":  # nothing that the lost token wrapped opens without the identity
            damaged = _compact_all(settings, store) + _rewrap_all(settings, store)
        click.echo(f"The key store {settings.keystore_path} is back, with {len(store.keks())} keys.")
    if damaged:
        raise SealError(f"{damaged} keys could not be recovered: they were made before the store had a recovery key")


keys.add_command(move)


def _compact_all(settings: Settings, store: ManagedKeyStore) -> int:
    """Bring journals into their long-term form, for their own keys cannot be wrapped again; returns how many failed."""
    damaged: list[str] = []
    log = audit_log(settings, store)
    for _ in compactor(settings, store, log, actor=actor()).run(_telling(damaged)):
        pass
    log.close()
    return len(damaged)


def _rewrap_all(settings: Settings, store: ManagedKeyStore) -> int:
    """Wrap everything again; returns how much could not be."""
    damaged: list[str] = []
    said_at = time.monotonic()

    def progress(count: int) -> None:
        nonlocal said_at
        if time.monotonic() - said_at > PROGRESS_SECONDS:
            said_at = time.monotonic()
            click.echo(f"{count} recordings...", err=True)

    done = keyed(settings, store).rewrap(store, _telling(damaged), progress)
    click.echo(f"Wrapped again: {done.recordings} recordings, {done.rows} records, {done.voiceprints} voiceprints.")
    return len(damaged)


def _telling(damaged: list[str]) -> OnDamage:
    def tell(what: str, reason: str) -> None:
        damaged.append(what)
        click.echo(f"ivr: {what}: {reason}", err=True)

    return tell


def _make_passphrase(settings: Settings) -> None:
    path = settings.passphrase_path
    if settings.keys.store == "file" and not path.exists():
        create_passphrase(path)
        click.echo(f"A random passphrase is in {path}. Copy it to a safe place: without it no recording opens.")


def _tell_recovery(settings: Settings, public_key: str) -> None:
    if public_key:
        file = recovery_file(settings.keystore_path)
        click.echo(f"Copy {file} to a safe place after each change: with the recovery key it replaces the store.")


def _secret_file(settings: Settings) -> Path:
    return settings.passphrase_path if settings.keys.store == "file" else settings.pin_path
