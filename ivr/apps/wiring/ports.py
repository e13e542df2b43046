"""Ports: choosing free ones where the settings say so, and finding out who holds one that is taken."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Container, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ivr.apps.settings import CELL_RTP_PORTS, Settings, split_endpoint
from ivr.apps.settings_listeners import listener_faults
from ivr.apps.settings_sections import MediaSettings
from ivr.apps.settings_sip import TcpSettings, TlsSettings, WebSocketSettings
from ivr.errors import EnvironmentFault

RELAY_CALL_PORTS = 4
"""RTP and RTCP of both sides of a call through the relay."""
FIRST_CHOSEN, LAST_CHOSEN = 10000, 32000
"""Below the range from which Linux gives out ports of itself (32768 and up): what is free now stays so."""
TRIES = 200
CHOICES = 20
"""Ports are chosen at random, and one may meet another: then all are chosen anew."""


def resolve(settings: Settings) -> Settings:
    """The same settings with every port a number, no two of them the same. Raises EnvironmentFault when nothing is
    free."""
    for _ in range(CHOICES):
        found = _resolved(settings)
        if not (faults := list(listener_faults(found))):
            return found
    place, text = faults[0]
    raise EnvironmentFault(f"{'.'.join(map(str, place))}: {text}")


def _resolved(settings: Settings) -> Settings:
    address, port = settings.sip_endpoint
    changes: dict[str, Any] = {}
    if port == 0:
        count = 1 if settings.edge else settings.cells.count
        port = _free_run(address, count, "sip.listen", tcp=True)
        changes["sip"] = settings.sip.model_copy(update={"listen": f"{address}:{port}"})
    streams = _resolve_streams(settings)
    if streams:
        changes["sip"] = changes.get("sip", settings.sip).model_copy(update=streams)
    if settings.cells.base_port == 0:
        base = _free_run("127.0.0.1", settings.cells.count, "cells.base_port", tcp=False, avoid=port)
        changes["cells"] = settings.cells.model_copy(update={"base_port": base})
    if settings.media.rtp_ports == "auto":
        count = settings.cells.count * CELL_RTP_PORTS
        first = _free_run(settings.media_address, count, "media.rtp_ports", tcp=False, even=True)
        changes["media"] = settings.media.model_copy(update={"rtp_ports": f"{first}-{first + count - 1}"})
    if settings.media.relay != "never":
        changes["media"] = _with_relay(changes.get("media", settings.media), settings.cells.count)
    host, _, metrics_port = settings.metrics.listen.rpartition(":")
    if metrics_port == "0":
        chosen = _free_run(host, 1, "metrics.listen", tcp=True)
        changes["metrics"] = settings.metrics.model_copy(update={"listen": f"{host}:{chosen}"})
    host, port = split_endpoint(settings.console.listen)
    if settings.console.enabled and port == 0:
        chosen = _free_run(host, 1, "console.listen", tcp=True)
        changes["console"] = settings.console.model_copy(update={"listen": f"{host}:{chosen}"})
    return settings.model_copy(update=changes)


def relay_ports(cells: int) -> int:
    """How many ports the relay beside so many cells has: those of a call that has just ended are held for a while."""
    return 2 * cells * RELAY_CALL_PORTS


def _with_relay(media: MediaSettings, cells: int) -> MediaSettings:
    """The relay's ports, on loopback as its orders are: what faces the network is asked of each address by itself."""
    found: dict[str, object] = {}
    if media.relay_ports == "auto":
        count = relay_ports(cells)
        first = _free_run("127.0.0.1", count, "media.relay_ports", tcp=False, even=True)
        found["relay_ports"] = f"{first}-{first + count - 1}"
    if media.relay_control == 0:
        found["relay_control"] = _free_run("127.0.0.1", 1, "media.relay_control", tcp=True)
    return media.model_copy(update=found)


def _resolve_streams(settings: Settings) -> dict[str, object]:
    """`sip.tcp`, `sip.tls` and `sip.websocket` with numbers, where they name a port of their own and leave it open."""
    found: dict[str, object] = {}
    for name, section in _streams(settings):
        if section is not None and section.listen is not None:
            address, port = split_endpoint(section.listen)
            if port == 0:
                listen = f"{address}:{_free_run(address, 1, f'sip.{name}.listen', tcp=True)}"
                found[name] = section.model_copy(update={"listen": listen})
    return found


def _streams(settings: Settings) -> tuple[tuple[str, TcpSettings | TlsSettings | WebSocketSettings | None], ...]:
    sip = settings.sip
    return ("tcp", sip.tcp), ("tls", sip.tls), ("websocket", sip.websocket)


def check_free(settings: Settings, *, but: Container[int] = ()) -> None:
    """Refuse to start on ports that someone holds, and say who. Raises EnvironmentFault.

    `but`: cells that hold theirs by right, as they carry calls of an engine before.
    """
    for check in free_checks(settings, but=but):
        check()


def free_checks(settings: Settings, *, but: Container[int] = ()) -> Iterator[Callable[[], None]]:
    """One for each port that `check_free` asks about; each raises EnvironmentFault."""
    if settings.edge:
        yield from _edge_checks(settings)
    yield partial(_need_cells, settings, but)
    metrics = split_endpoint(settings.metrics.listen)
    yield partial(_need, *metrics, udp=False, tcp=True, what="metrics", setting="metrics.listen")
    if settings.console.enabled:
        console = split_endpoint(settings.console.listen)
        yield partial(_need, *console, udp=False, tcp=True, what="the console", setting="console.listen")
    if settings.hosts.listen is not None:
        hub = split_endpoint(settings.hosts.listen)
        yield partial(_need, *hub, udp=False, tcp=True, what="other hosts", setting="hosts.listen")
    if settings.hosts.cells:
        edge, what = settings.hosts.edge_endpoint, "other hosts' cells"
        yield partial(_need, *edge, udp=False, tcp=True, what=what, setting="hosts.edge")


def _edge_checks(settings: Settings) -> Iterator[Callable[[], None]]:
    tcp, listen = settings.sip.tcp.listen is None, settings.sip_endpoint
    yield partial(_need, *listen, udp=True, tcp=tcp, what="SIP", setting="sip.listen")
    for name, section in _streams(settings):
        if section is not None and section.listen is not None:
            listener = split_endpoint(section.listen)
            yield partial(_need, *listener, udp=False, tcp=True, what="SIP", setting=f"sip.{name}.listen")
    if settings.media.relay != "never":
        control, what = settings.media.relay_control, "the media relay's orders"
        yield partial(_need, "127.0.0.1", control, udp=True, tcp=True, what=what, setting="media.relay_control")


def check_free_there(settings: Settings, *, but: Container[int] = ()) -> None:
    """The same on a host that works for another one's engine."""
    for check in free_checks_there(settings, but=but):
        check()


def free_checks_there(settings: Settings, *, but: Container[int] = ()) -> Iterator[Callable[[], None]]:
    """One for each port that `check_free_there` asks about; each raises EnvironmentFault."""
    assert settings.works_for is not None
    yield partial(_need_cells, settings, but)
    edge, what = ("127.0.0.1", settings.works_for.sip_port), "the engine's edge"
    yield partial(_need, *edge, udp=True, tcp=False, what=what, setting="works_for.sip_port")
    media = (settings.works_for.address, 0)
    yield partial(_need, *media, udp=True, tcp=False, what="media", setting="works_for.address")


def _need_cells(settings: Settings, but: Container[int]) -> None:
    setting = "cells.base_port" if settings.edge else "sip.listen"
    for number in (settings.cell_sip_port(cell) for cell in range(settings.cells.count) if cell not in but):
        _need(settings.cell_sip_address, number, udp=True, tcp=False, what="a cell's SIP", setting=setting)


def free_tcp_port() -> int:
    """A port that is free on loopback now."""
    return _free_run("127.0.0.1", 1, "sources", tcp=True)


def _need(address: str, port: int, *, udp: bool, tcp: bool, what: str, setting: str) -> None:
    for wanted, kind in ((udp, socket.SOCK_DGRAM), (tcp, socket.SOCK_STREAM)):
        if wanted and not _is_free(address, port, kind):
            _refuse(address, port, kind, what, setting)


def _refuse(address: str, port: int, kind: int, what: str, setting: str) -> None:
    if not _is_free(address, 0, kind):  # not even any port
        raise EnvironmentFault(f"{setting}: {what} cannot be taken on {address}, which is no address of this machine")
    holder = holder_of(port, udp=kind == socket.SOCK_DGRAM)
    transport = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
    by = f" by {holder[1]} (pid {holder[0]})" if holder else " by another user's program"
    if holder and holder[1] == "kamailio":
        todo = (
            "if it is Debian's own kamailio service, stop it for good: sudo systemctl disable --now kamailio; "
            "otherwise end that process"
        )
    elif holder and holder[1].startswith("ivr-cell-"):
        todo = (
            "it may carry a customer's call, so do not end it: it ends by itself when the call is over. Start again "
            "then, or choose other ports (cells.base_port, sip.listen) in ivr.yaml"
        )
    else:
        todo = f"end that program, or choose another port: {setting} in ivr.yaml"
    raise EnvironmentFault(f"{setting}: {transport} port {port} on {address}, wanted for {what}, is taken{by}: {todo}")


def _is_free(address: str, port: int, kind: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            # A listener of ours that has just ended leaves TIME_WAIT behind: that is free for us.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            if kind == socket.SOCK_STREAM:
                probe.listen(1)
        except OSError:
            return False
    return True


def _free_run(address: str, count: int, setting: str, *, tcp: bool, avoid: int = 0, even: bool = False) -> int:
    """First of `count` ports in a row that are free, by trying random places. `setting`: who wants them."""
    for _ in range(TRIES):
        first = random.randint(FIRST_CHOSEN, LAST_CHOSEN - count)  # noqa: S311 - not a secret
        first -= first % 2 if even else 0
        run = range(first, first + count)
        kinds = (socket.SOCK_DGRAM, socket.SOCK_STREAM) if tcp else (socket.SOCK_DGRAM,)
        if avoid not in run and all(_is_free(address, port, kind) for port in run for kind in kinds):
            return first
    raise EnvironmentFault(f"{setting}: no {count} free ports in a row were found on {address}")


def holder_of(port: int, *, udp: bool) -> tuple[int, str] | None:
    """(pid, program) that holds a port, as far as we may see (proc(5))."""
    inodes = set()
    table = Path("/proc/net/udp" if udp else "/proc/net/tcp")
    for line in table.read_text().splitlines()[1:]:
        fields = line.split()
        listening = udp or fields[3] == "0A"
        if listening and int(fields[1].rpartition(":")[2], 16) == port:
            inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(link.readlink()) in inodes for link in (process / "fd").iterdir()):
                return int(process.name), (process / "comm").read_text().strip()
        except OSError:
            continue  # it ended, or is another user's
    return None
