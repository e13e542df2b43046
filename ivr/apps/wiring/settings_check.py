"""`ivr settings check`: all that is wrong with the settings and with what they name, told at once, each at its line.

What serving would find out, and what only calls would. Each check is by itself: what one finds keeps none from asking.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from functools import partial

from ivr.apps.settings import Settings
from ivr.apps.settings_console import ConsoleSettings
from ivr.apps.wiring import browsers, ports, preflight
from ivr.apps.wiring.blamed import blamed
from ivr.apps.wiring.dialplans import read_dialplan
from ivr.apps.wiring.door import provider
from ivr.apps.wiring.leading import term_files
from ivr.apps.wiring.named_models import model_checks
from ivr.apps.wiring.only_one import holder
from ivr.apps.wiring.preflight import Check
from ivr.apps.wiring.retention import retention_plan
from ivr.apps.wiring.served import offers
from ivr.core.dialplan.offers import check_offered
from ivr.engine.leading.waiting import refuse_strangers
from ivr.errors import DialplanError, EnvironmentFault, IvrError, OperatorError, SettingsError


def check_all(settings: Settings) -> None:
    """Raises IvrError with every fault, a line each; its kind is that of the first."""
    found = [error for check in _checks(settings) if (error := _fault(check)) is not None]
    texts = list(dict.fromkeys(_located(settings, error) for error in found))
    if not texts:
        return
    if texts == [str(found[0])]:
        raise found[0]
    raise type(found[0])("\n".join(texts)) from found[0]


def _fault(check: Check) -> IvrError | None:
    try:
        check()
    except IvrError as error:
        return error
    return None


def _located(settings: Settings, error: IvrError) -> str:
    place = settings.place_of(str(error).partition(": ")[0])
    return f"{place}: {error}" if place else str(error)


def _checks(settings: Settings) -> Iterator[Check]:
    """One for each thing that can be wrong by itself."""
    yield settings.check_socket_paths
    yield from _dialplan_checks(settings)
    yield from preflight.file_checks(settings, today=True)
    yield from model_checks(settings)
    if settings.works_for is None:
        yield from _engine_checks(settings)
    yield partial(preflight.check_relay, settings)
    yield from _peer_checks(settings)
    yield from _port_checks(settings)
    if settings.standby is not None:
        yield partial(check_standby, settings)


def _dialplan_checks(settings: Settings) -> Iterator[Check]:
    """They could be published: before somebody tries. A host that works for another engine has none of its own."""

    def check(index: int) -> None:
        try:
            check_offered(read_dialplan(settings.dialplans[index].file), offers(settings))
        except DialplanError:
            raise  # it names the dialplan's own lines
        except OperatorError as error:
            raise type(error)(f"dialplans.{index}.file: {error}") from error

    if settings.works_for is None:
        yield from (partial(check, index) for index in range(len(settings.dialplans)))


def _engine_checks(settings: Settings) -> Iterator[Check]:
    """What an engine has, and a host that works for another one has not."""
    yield partial(retention_plan, settings)
    yield partial(preflight.check_programs, settings)
    if settings.sip.websocket is not None:
        yield partial(browsers.settled, settings)
    if settings.console.enabled and settings.console.certificate is not None:
        yield partial(_check_console, settings.console)
    if settings.console.enabled and (oidc := settings.console.sign_in.oidc) is not None:
        yield partial(provider, oidc)
    if settings.keys.module is not None and not settings.keys.module.is_file():
        yield partial(_refuse, SettingsError(f"keys.module: there is no file {settings.keys.module}"))


def _check_console(console: ConsoleSettings) -> None:
    """Its certificate and key are there, and belong together, as who serves with them finds. Raises SettingsError."""
    assert console.certificate is not None
    assert console.key is not None
    for name, file in (("certificate", console.certificate), ("key", console.key)):
        if not file.is_file():
            raise SettingsError(f"console.{name}: there is no file {file}")
    try:
        # A key that wants a password would ask for it.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(console.certificate, console.key, password=b"")
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"console.certificate: {console.certificate} and {console.key} are no certificate and its key without a "
            "password, both in PEM, that the engine may read"
        ) from error


def _peer_checks(settings: Settings) -> Iterator[Check]:
    """What SIP is sent to has an address."""
    for name, trunk in settings.trunks.items():
        yield from (partial(_check_address, f"trunks.{name}.addresses", host) for host in trunk.hosts)
    for name, target in settings.transfers.items():
        if "@" in target:
            host = target.partition("@")[2].partition(";")[0].partition(":")[0]
            yield partial(_check_address, f"transfers.{name}", host)


def _check_address(setting: str, host: str) -> None:
    try:
        socket.getaddrinfo(host, None, socket.AF_INET)
    except OSError as error:
        raise SettingsError(
            f"{setting}: no address is known for {host} ({error.strerror}): correct the name, or write its address"
        ) from error


def _port_checks(settings: Settings) -> Iterator[Check]:
    """What SIP and others are taken on is free, or ours."""
    try:
        with blamed("data_dir"):
            runs = holder(settings) is not None
        resolved = settings if runs else ports.resolve(settings)
    except IvrError as error:
        yield partial(_refuse, error)
        return
    if not runs:
        yield from (ports.free_checks if settings.works_for is None else ports.free_checks_there)(resolved)


def _refuse(error: IvrError) -> None:
    raise error


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
