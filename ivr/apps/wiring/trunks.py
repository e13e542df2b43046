"""Trunks, made from the settings: what the edge is told of them, their passwords, and whether all is there."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from ivr.adapters.files.text import read_text
from ivr.adapters.kamailio.config import EdgeConfig, TrunkLine, TrunkTls
from ivr.adapters.kamailio.control import EdgeControl
from ivr.adapters.kamailio.trunks import issuers
from ivr.apps.settings import Settings
from ivr.apps.settings_trunks import TrunkSettings
from ivr.apps.wiring.trunk_papers import check_papers
from ivr.errors import IvrError, OperatorError, SettingsError

OTHERS_MAY = 0o077


def trunk_lines(settings: Settings) -> tuple[TrunkLine, ...]:
    """As the edge is to know them."""
    return tuple(_line(name, trunk) for name, trunk in settings.trunks.items())


def _line(name: str, trunk: TrunkSettings) -> TrunkLine:
    tls = None
    if trunk.tls is not None:
        one = trunk.tls
        pair = None if one.certificate is None or one.key is None else (one.certificate, one.key)
        tls = TrunkTls(one.authority, one.names or trunk.hosts, pair, one.revoked)
    return TrunkLine(
        name,
        trunk.addresses,
        trunk.domain or trunk.hosts[0],
        trunk.prefixes,
        trunk.never,
        transport=trunk.transport,
        caller=trunk.caller or "",
        login=trunk.username or "",
        registers=trunk.register_seconds,
        srtp=trunk.srtp,
        tls=tls,
        networks=tuple(_sources(trunk)),
        shows_certificate=trunk.tls is not None and trunk.tls.shows_certificate,
    )


def trunk_networks(settings: Settings) -> tuple[str, ...]:
    """Where calls of trunks come from; a host name stands for the addresses that it has now."""
    return tuple(dict.fromkeys(network for trunk in settings.trunks.values() for network in _sources(trunk)))


def _sources(trunk: TrunkSettings) -> Iterator[str]:
    if trunk.networks:
        yield from trunk.networks
        return
    for host in trunk.hosts:
        with contextlib.suppress(OSError):  # `ivr settings check` says it; the edge tries again by itself
            yield from (f"{one[4][0]}/32" for one in socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM))


def without_edge(settings: Settings, number: str) -> str:
    """Where a cell without an edge dials a number: at the first trunk that may be asked for it, by no password."""
    found = [trunk for trunk in settings.trunks.values() if trunk.may_ask_for(number)]
    if not found:
        raise OperatorError("no trunk may be asked for this number")
    return f"sip:{number}@{found[0].addresses[0]}"


def put_trunks(control: EdgeControl, settings: Settings, config: EdgeConfig) -> Callable[[], None]:
    """Tells a running edge the passwords of trunks, as they are now, and who signs their certificates.

    Raises OperatorError; when called, PeerError.
    """
    files = {name: trunk.password_file for name, trunk in settings.trunks.items()}
    known = {name: _password(file) for name, file in files.items() if file is not None}

    def put() -> None:
        control.put_issuers(issuers(config))
        for line in config.outbound:
            if line.name in known:
                control.put_trunk(config, line, known[line.name])

    return put


def check_trunk_files(name: str, trunk: TrunkSettings, *, today: bool = False) -> None:
    """Files that a trunk's settings name are there and sound. Raises SettingsError.

    `today`: its certificates and lists are valid now, too.
    """
    try:
        if trunk.password_file is not None:
            _password(trunk.password_file)
    except IvrError as error:
        raise SettingsError(f"trunks.{name}: {error}") from error
    if trunk.tls is not None:
        check_papers(name, trunk.tls, today=today)


def _password(file: Path) -> str:
    """The file's first line. Raises OperatorError."""
    if not file.is_file():
        raise OperatorError(f"there is no file {file}: write the password into it, mode 0600")
    if file.stat().st_mode & OTHERS_MAY:
        raise OperatorError(f"others may read {file}, which holds a password: chmod 600 {file}")
    found = read_text(file).splitlines()[:1]
    if not found or not found[0]:
        raise OperatorError(f"{file} is empty: its first line is the password")
    return found[0]
