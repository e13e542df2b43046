"""The edge's rules of where cells are: those of this machine, and behind them those of other hosts, all on loopback.

What a cell of another host sends comes out of the link to that host, at the cell's own address and port.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivr.adapters.kamailio.config import HERE, LOOPBACK, CellsAfar, EdgeConfig


def cell_routes(config: EdgeConfig) -> list[str]:
    """route[CELL_AT]: address $var(at) and port $var(port) of the cell $var(which), $var(host) that it is on, and
    $var(cell_media), where that host sees its media.

    route[WHICH_CELL]: $var(number) of the cell that this message comes from; -1: it comes from none.
    """
    places = list(_places(config))
    at = [
        "route[CELL_AT] {",
        f'    $var(at) = "{LOOPBACK}";',
        f"    $var(port) = {config.cell_first_port} + $var(which);",
        f"    $var(host) = {HERE};",
        f'    $var(cell_media) = "{places[HERE][1].media}";',
    ]
    for number, (first, host) in enumerate(places[1:], HERE + 1):
        at.append(f"    if ($var(which) >= {first} && $var(which) < {first + host.count}) {{")
        at.append(f'        $var(at) = "{host.address}";')
        at.append(f"        $var(port) = {host.first_port} + $var(which) - {first};")
        at.append(f"        $var(host) = {number};")
        at.append(f'        $var(cell_media) = "{host.media}";')
        at.append("    }")
    which = ["route[WHICH_CELL] {", "    $var(number) = -1;", '    if ($pr != "udp") return;']
    for first, host in places:
        last = host.first_port + host.count - 1
        which.append(f'    if ($si == "{host.address}" && $sp >= {host.first_port} && $sp <= {last}) {{')
        which.append(f"        $var(number) = {first} + $sp - {host.first_port};")
        which.append("        return;")
        which.append("    }")
    return [*at, "    return;", "}", *which, "    return;", "}"]


def relay_sockets(config: EdgeConfig) -> list[str]:
    """Where the relay of each host takes orders, as the sets of Kamailio's rtpengine module: their ids are the hosts'
    numbers."""
    places = relay_places(config)
    return [f'modparam("rtpengine", "rtpengine_sock", "{host} == udp:{at}:{port}")' for host, (at, port) in places]


def relay_places(config: EdgeConfig) -> list[tuple[int, tuple[str, int]]]:
    """The number of each host, and where its relay takes orders; none: there are no relays."""
    if config.relay is None:
        return []
    ways = [(LOOPBACK, config.relay.control_port), *((one.address, one.relay_port) for one in config.afar)]
    return list(enumerate(ways, HERE))


def _places(config: EdgeConfig) -> Iterator[tuple[int, CellsAfar]]:
    """Number of the first cell of each host, and where they are; this machine first."""
    first = 0
    media = config.relay.cell_media if config.relay else LOOPBACK
    for host in (CellsAfar(LOOPBACK, config.cell_first_port, config.cell_count, media), *config.afar):
        yield first, host
        first += host.count
