"""The edge's rules of where cells are: those of this machine on loopback, and behind them those of other hosts."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.adapters.kamailio.config import LOOPBACK, CellsAfar, EdgeConfig


def cell_routes(config: EdgeConfig) -> list[str]:
    """route[CELL_AT]: address $var(at) and port $var(port) of the cell $var(which).

    route[WHICH_CELL]: $var(number) of the cell that this message comes from; -1: it comes from none. On loopback nobody
    else sends from such a port; on a network whoever can write its address as another's may, which is why a cell that
    dials must say a word too.
    """
    places = list(_places(config))
    at = [
        "route[CELL_AT] {",
        f'    $var(at) = "{LOOPBACK}";',
        f"    $var(port) = {config.cell_first_port} + $var(which);",
    ]
    for first, host in places[1:]:
        at.append(f"    if ($var(which) >= {first} && $var(which) < {first + host.count}) {{")
        at.append(f'        $var(at) = "{host.address}";')
        at.append(f"        $var(port) = {host.first_port} + $var(which) - {first};")
        at.append("    }")
    which = ["route[WHICH_CELL] {", "    $var(number) = -1;", '    if ($pr != "udp") return;']
    for first, host in places:
        last = host.first_port + host.count - 1
        which.append(f'    if ($si == "{host.address}" && $sp >= {host.first_port} && $sp <= {last}) {{')
        which.append(f"        $var(number) = {first} + $sp - {host.first_port};")
        which.append("        return;")
        which.append("    }")
    return [*at, "    return;", "}", *which, "    return;", "}"]


def _places(config: EdgeConfig) -> Iterator[tuple[int, CellsAfar]]:
    """Number of the first cell of each host, and where they are; this machine first."""
    first = 0
    for host in (CellsAfar(LOOPBACK, config.cell_first_port, config.cell_count), *config.afar):
        yield first, host
        first += host.count
