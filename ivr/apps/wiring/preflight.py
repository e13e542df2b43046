"""What must be true before the engine serves: found out first, and said plainly."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from ivr.adapters.files.keys.passphrase import create_passphrase, read_passphrase
from ivr.adapters.files.keys.store import FileKeyStore
from ivr.adapters.host_certificates import HostFiles, client_context, server_context
from ivr.adapters.kamailio import daemon
from ivr.apps.settings import Settings, SourceSettings
from ivr.apps.settings_objects import ObjectSettings
from ivr.apps.wiring.blamed import blamed
from ivr.apps.wiring.edge_tls import line_pair
from ivr.apps.wiring.sources import open_sources, sqlite_file
from ivr.apps.wiring.stir import judge
from ivr.apps.wiring.trunk_papers import check_apart
from ivr.apps.wiring.trunks import check_trunk_files
from ivr.apps.wiring.vault import open_key_store
from ivr.errors import EnvironmentFault, OperatorError, SettingsError
from ivr.ports.keys import ManagedKeyStore

Check = Callable[[], object]
"""It returns where all is well, and raises IvrError, which begins with the setting's name."""
MODULES = "lib*/**/kamailio/modules"
"""Below /usr: Debian's and others' place of Kamailio's parts."""
OTHERS = 0o077
"""Of a file's mode: what group and others may."""
NO_RTPENGINE = "rtpengine, which carries encrypted media, is not installed: sudo apt-get install rtpengine-daemon"
FREE_BYTES_MIN = 200 * 1024 * 1024
"""Below this the disk is as good as full: a call's recording takes 1.9 MB a minute."""


def check_files(settings: Settings) -> None:
    """Every source, and every file but dialplans, that the settings name is there. Raises IvrError.

    Certificates that are not valid now pass: an alarm says so.
    """
    for check in file_checks(settings):
        check()


def file_checks(settings: Settings, *, today: bool = False) -> Iterator[Check]:
    """One for each thing that can be wrong by itself. `today`: certificates must be valid now, too."""
    for name, source in settings.sources.items():
        yield partial(open_sources, settings.model_copy(update={"sources": {name: source}}))
        yield partial(_check_source, name, source)
    yield partial(judge, settings)
    for name, trunk in settings.trunks.items():
        yield partial(check_trunk_files, name, trunk, today=today)
    yield partial(check_apart, settings)
    if settings.edge and settings.sip.tls is not None:
        yield partial(line_pair, settings, today=today)
    if settings.speech.host is not None:
        yield partial(check_host, settings, settings.speech.host)
    if settings.hosts.listen is not None:
        yield from _host_checks(settings)
    if settings.works_for is not None and settings.works_for.identity is not None:
        yield partial(check_identity, settings.works_for.identity)
    if settings.objects is not None:
        yield partial(_check_credentials, settings.objects)
        yield partial(_there, "objects.ca_file", settings.objects.ca_file)
    yield partial(_there, "database.password_file", settings.database.password_file)


def _check_source(name: str, source: SourceSettings) -> None:
    file = sqlite_file(source)
    if file is not None and not file.is_file():
        raise SettingsError(f"sources.{name}.url: there is no database {file}: make it first, or write its path")
    _there(f"sources.{name}.token_file", source.token_file)
    _there(f"sources.{name}.password_file", source.password_file)


def _there(setting: str, file: Path | None) -> None:
    if file is not None and not file.is_file():
        raise SettingsError(f"{setting}: there is no file {file}")


def check_host(settings: Settings, name: str) -> None:
    """It was added, and this host can show who it is. Raises SettingsError."""
    files = HostFiles(settings.hosts_dir)
    with blamed("speech.host"):
        if all(one.name != name for one in files.all()):
            raise SettingsError(f"there is no host {name}: ivr host add {name}")
        client_context(files.own)


def _host_checks(settings: Settings) -> Iterator[Check]:
    """Hosts with cells were added, and this one can show who it is."""
    files = HostFiles(settings.hosts_dir)

    def added(name: str) -> None:
        with blamed(f"hosts.cells.{name}"):
            if all(one.name != name for one in files.all()):
                raise SettingsError(f"there is no host {name}: ivr host add {name}")

    def known() -> None:
        with blamed("hosts.listen"):
            if files.all():
                server_context(files.own)
            elif not settings.hosts.cells:  # else each of them is told
                raise SettingsError("there is no other host: ivr host add NAME, or leave hosts out")

    yield from (partial(added, name) for name in settings.hosts.cells)
    yield known


def check_identity(file: Path) -> None:
    """It is there, and says who this host is. Raises SettingsError."""
    with blamed("works_for.identity"):
        if not file.is_file():
            raise SettingsError(f"there is no file {file}: bring what `ivr host add` made")
        client_context(file)


def _check_credentials(objects: ObjectSettings) -> None:
    """They are there, and nobody else's."""
    file = objects.credentials_file
    _there("objects.credentials_file", file)
    if file.stat().st_mode & OTHERS:
        raise SettingsError(f"objects.credentials_file: others may read or write {file}: chmod 600 {file}")


def check_programs(settings: Settings) -> None:
    """What Debian supplies is there. Raises EnvironmentFault."""
    if not settings.edge:
        return
    if shutil.which("kamailio", path=system_path()) is None:
        raise EnvironmentFault(
            "edge: kamailio, the SIP edge, is not installed: sudo apt-get install kamailio (or `make run`, which does "
            "it); or try without it: ivr serve --no-edge"
        )
    if settings.sip.tls is not None and not has_module("tls"):
        raise EnvironmentFault(
            "sip.tls: kamailio's TLS is not installed: sudo apt-get install kamailio-tls-modules "
            "(or tools/install extras)"
        )
    if settings.sip.tls is not None and daemon.apart() is None:
        raise EnvironmentFault(
            "sip.tls: what keeps strangers from ending kamailio by TLS was not built, as no C compiler was there: "
            "sudo apt-get install gcc libc6-dev, then tools/install extras"
        )


def check_relay(settings: Settings) -> None:
    """rtpengine is there where the settings demand it. Raises EnvironmentFault."""
    media = settings.media
    for asked, what in (
        (media.srtp == "required", "media.srtp: it is required"),
        (media.relay == "always", "media.relay: it is always"),
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
