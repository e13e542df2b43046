"""What must be true before the engine serves: found out first, and said plainly."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

from ivr.adapters.files.keys.passphrase import create_passphrase, read_passphrase
from ivr.adapters.files.keys.store import FileKeyStore
from ivr.adapters.host_certificates import HostFiles, client_context, server_context
from ivr.apps.settings import Settings
from ivr.apps.settings_objects import ObjectSettings
from ivr.apps.wiring import ports
from ivr.apps.wiring.dialplans import read_dialplan
from ivr.apps.wiring.edge_tls import line_pair
from ivr.apps.wiring.leading import term_files
from ivr.apps.wiring.only_one import holder
from ivr.apps.wiring.served import offers
from ivr.apps.wiring.sources import open_sources, sqlite_file
from ivr.apps.wiring.stir import judge
from ivr.apps.wiring.trunk_papers import check_apart
from ivr.apps.wiring.trunks import check_trunk_files, check_trunks
from ivr.apps.wiring.vault import open_key_store
from ivr.core.dialplan.offers import check_offered
from ivr.engine.leading.waiting import refuse_strangers
from ivr.errors import EnvironmentFault, OperatorError, SettingsError
from ivr.ports.keys import ManagedKeyStore

MODULES = "lib*/**/kamailio/modules"
"""Below /usr: Debian's and others' place of Kamailio's parts."""
OTHERS = 0o077
"""Of a file's mode: what group and others may."""
NO_RTPENGINE = "rtpengine, which carries encrypted media, is not installed: sudo apt-get install rtpengine-daemon"
FREE_BYTES_MIN = 200 * 1024 * 1024
"""Below this the disk is as good as full: a call's recording takes 1.9 MB a minute."""


def check_all(settings: Settings) -> None:
    """What serving would find out, and what only calls would, with its line in the settings. Raises IvrError."""
    try:
        settings.check_socket_paths()
        check_dialplans(settings)
        check_files(settings, today=True)
        check_relay(settings)
        check_line(settings)
        if settings.standby is not None:
            check_standby(settings)
    except (SettingsError, EnvironmentFault) as error:
        if place := settings.place_of(str(error).partition(": ")[0]):
            raise type(error)(f"{place}: {error}") from error
        raise


def check_files(settings: Settings, *, today: bool = False) -> None:
    """Every source, and every file but dialplans, that the settings name is there. Raises IvrError.

    `today`: certificates must be valid now, too; a start goes on without, and an alarm says so.
    """
    open_sources(settings)
    for name, source in settings.sources.items():
        file = sqlite_file(source)
        if file is not None and not file.is_file():
            raise SettingsError(f"sources.{name}.url: there is no database {file}: make it first, or write its path")
        for key, file in (("token_file", source.token_file), ("password_file", source.password_file)):
            if file is not None and not file.is_file():
                raise SettingsError(f"sources.{name}.{key}: there is no file {file}")
    judge(settings)
    for name, trunk in settings.trunks.items():
        check_trunk_files(name, trunk, today=today)
    check_apart(settings)
    if settings.edge and settings.sip.tls is not None:
        line_pair(settings, today=today)
    if settings.speech.host is not None:
        check_host(settings, settings.speech.host)
    if settings.hosts.listen is not None:
        check_hosts(settings)
    if settings.works_for is not None and settings.works_for.identity is not None:
        check_identity(settings.works_for.identity)
    if settings.objects is not None:
        check_objects(settings.objects)
    if settings.database.password_file is not None and not settings.database.password_file.is_file():
        raise SettingsError(f"database.password_file: there is no file {settings.database.password_file}")


def check_standby(settings: Settings) -> None:
    """This machine could lead: the database answers, and no other one leads where these directories do not show it.

    Raises IvrError.
    """
    from ivr.apps.wiring.standby import witness

    asked = witness(settings)
    if not asked.reached():
        raise EnvironmentFault(
            "database.url: it does not answer here, or takes no writes, and this machine would never lead: see whether "
            "PostgreSQL runs, and whether its pg_hba.conf lets this machine in"
        )
    refuse_strangers(term_files(settings).seen(), asked.machines(), str(settings.data_dir))


def check_host(settings: Settings, name: str) -> None:
    """It was added, and this host can show who it is. Raises SettingsError."""
    files = HostFiles(settings.hosts_dir)
    if all(one.name != name for one in files.all()):
        raise SettingsError(f"speech.host: there is no host {name}: ivr host add {name}")
    client_context(files.own)


def check_hosts(settings: Settings) -> None:
    """Hosts with cells were added, and this one can show who it is. Raises SettingsError."""
    files = HostFiles(settings.hosts_dir)
    known = {one.name for one in files.all()}
    for name in settings.hosts.cells:
        if name not in known:
            raise SettingsError(f"hosts.cells.{name}: there is no host {name}: ivr host add {name}")
    if not known:
        raise SettingsError("hosts.listen: there is no other host: ivr host add NAME, or leave hosts out")
    server_context(files.own)


def check_identity(file: Path) -> None:
    """It is there, and says who this host is. Raises SettingsError."""
    if not file.is_file():
        raise SettingsError(f"works_for.identity: there is no file {file}: bring what `ivr host add` made")
    client_context(file)


def check_objects(objects: ObjectSettings) -> None:
    """The files that it names are there, and the secret is nobody else's. Raises SettingsError."""
    for key, file in (("credentials_file", objects.credentials_file), ("ca_file", objects.ca_file)):
        if file is not None and not file.is_file():
            raise SettingsError(f"objects.{key}: there is no file {file}")
    if objects.credentials_file.stat().st_mode & OTHERS:
        file = objects.credentials_file
        raise SettingsError(f"objects.credentials_file: others may read or write {file}: chmod 600 {file}")


def check_dialplans(settings: Settings) -> None:
    """The dialplans that the settings list could be published: before somebody tries. Raises IvrError.

    A host that works for another engine has none of its own: it fetches what is served there.
    """
    if settings.works_for is not None:
        return
    for entry in settings.dialplans:
        check_offered(read_dialplan(entry.file), offers(settings))


def check_line(settings: Settings) -> None:
    """What SIP is sent to has an address, and what it is taken on is free, or ours. Raises IvrError."""
    check_trunks(settings)
    peers = {f"transfers.{name}": one.partition("@")[2] for name, one in settings.transfers.items() if "@" in one}
    for setting, peer in peers.items():
        host = peer.partition(";")[0].partition(":")[0]
        try:
            socket.getaddrinfo(host, None, socket.AF_INET)
        except OSError as error:
            raise SettingsError(
                f"{setting}: no address is known for {host} ({error.strerror}): correct the name, or write its address"
            ) from error
    if holder(settings) is not None:
        return
    resolved = ports.resolve(settings)
    if settings.works_for is None:
        ports.check_free(resolved)
    else:
        ports.check_free_there(resolved)


def check_programs(settings: Settings) -> None:
    """What Debian supplies is there. Raises EnvironmentFault."""
    if settings.edge and shutil.which("kamailio", path=system_path()) is None:
        raise EnvironmentFault(
            "kamailio, the SIP edge, is not installed: sudo apt-get install kamailio (or `make run`, which does it); "
            "or try without it: ivr serve --no-edge"
        )
    if settings.edge and settings.sip.tls is not None and not has_module("tls"):
        raise EnvironmentFault(
            "sip.tls: kamailio's TLS is not installed: sudo apt-get install kamailio-tls-modules "
            "(or tools/install extras)"
        )


def check_relay(settings: Settings) -> None:
    """rtpengine is there where the settings demand it. Raises EnvironmentFault."""
    media = settings.media
    for asked, what in (
        (media.srtp == "required", "media.srtp: it is required"),
        (media.relay == "always", "media.relay is always"),
    ):
        if asked and rtpengine() is None:
            raise EnvironmentFault(f"{what}, but {NO_RTPENGINE} (or tools/install extras)")


def rtpengine() -> str | None:
    """Path of the program; None: it is not installed."""
    return shutil.which("rtpengine", path=system_path())


def has_module(name: str) -> bool:
    """Whether this part of Kamailio is installed."""
    return any(Path("/usr").glob(f"{MODULES}/{name}.so"))


def kamailio() -> str:
    """Path of the program. Raises EnvironmentFault."""
    found = shutil.which("kamailio", path=system_path())
    if found is None:
        raise EnvironmentFault("kamailio is not installed")
    return found


def system_path() -> str:
    """Debian's kamailio is in /usr/sbin, which a plain user's PATH leaves out."""
    return os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin"


def make_directories(settings: Settings) -> None:
    """Everything that is written to exists, is ours alone, and has room. Raises EnvironmentFault."""
    settings.check_socket_paths()
    directories = (
        settings.data_dir,
        settings.runtime_dir,
        settings.edge_dir,
        settings.data_dir / "log",
        settings.recordings_dir,
        settings.voiceprints_dir,
    )
    for directory in directories:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            if directory in (settings.runtime_dir, settings.edge_dir):
                directory.chmod(0o700)
            probe = directory / f".write-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise EnvironmentFault(f"{directory} cannot be written: {error.strerror}") from error
    free = shutil.disk_usage(settings.recordings_dir).free
    if free < FREE_BYTES_MIN:
        raise EnvironmentFault(
            f"{settings.recordings_dir} has {free // 1024**2} MB left, and recordings need room: free some "
            f"(at least {FREE_BYTES_MIN // 1024**2} MB), or set recordings_dir to another disk"
        )


def make_keys(settings: Settings) -> tuple[ManagedKeyStore, str | None]:
    """Open the key store, or make it where neither it nor any recording exists; returns it, and what the operator must
    know."""
    store, passphrase = settings.keystore_path, settings.passphrase_path
    if settings.keys.store == "pkcs11" or store.exists():
        return open_key_store(settings), None  # in a module made by 'ivr keys init' only: it is no place for surprises
    if any(settings.recordings_dir.glob("[0-9]*/*")):
        raise OperatorError(
            f"there are recordings in {settings.recordings_dir} but no key store {store} to open them: restore the "
            "store from its backup, or move the recordings away and run `ivr keys init`"
        )
    made = not passphrase.exists()
    if made:
        create_passphrase(passphrase)
    keys = FileKeyStore.create(store, read_passphrase(passphrase))
    if made:
        return keys, f"made the key store {store}; its passphrase is in {passphrase}: copy both to a safe place, apart"
    return keys, f"made the key store {store}, opened by {passphrase}"
