"""The one file of settings of another host whose cells carry this engine's calls (`ivr host add --settings`)."""

from __future__ import annotations

from typing import Any

from ivr.apps.settings import CELL_RTP_PORTS, Settings, split_endpoint
from ivr.apps.wiring.ports import relay_ports
from ivr.errors import OperatorError

AS_HERE = (
    "data_dir", "run_dir", "recordings_dir", "voiceprints_dir",
    "sources", "transfers", "skills", "sites", "queues", "agent_keys", "talks", "voice", "drain_seconds", "log",
)  # fmt: skip
"""Where a host keeps what it has, and what cells go by: the same on every host."""
OF_THE_ENGINE = {
    "sip": {"listen", "tls", "websocket", "public_address"},
    "media": {"relay_ports", "relay_control", "rtp_ports", "plain_from"},
    "speech": {"host", "address"},
}
"""What of sections that cells go by, too, is the edge's or names another host."""
FIRST_RTP_PORT = 20000


def settings_for_host(settings: Settings, name: str, identity: str) -> dict[str, Any]:
    """What the settings file of a host holds: `settings` are the engine's, whose `hosts.cells` name the host, and
    `identity` is the path, there, of what `ivr host add` makes. Nothing in it is secret; files that it names are to be
    there as they are here. Raises OperatorError for a host that is not named."""
    host = settings.hosts.cells.get(name)
    if host is None:
        raise OperatorError(
            f"the settings of this engine give {name} no cells: write hosts: {{listen: ADDRESS:10301, cells: {{{name}: "
            "{address: ADDRESS}}} into them first, or leave --settings out where it is to recognize speech alone"
        )
    written = settings.model_dump(mode="json", exclude_defaults=True)
    found: dict[str, Any] = {
        "works_for": {
            "engine": _reached(settings, split_endpoint(settings.hosts.listen or "")[1]),
            "edge": _reached(settings, settings.hosts.edge_endpoint[1]),
            "sip_port": settings.sip_endpoint[1],
            "address": host.address,
            "identity": identity,
        },
        "cells": {**written.get("cells", {}), "count": host.count, "base_port": host.base_port},
        "media": _ports(host.count),
    }
    for section, left_out in OF_THE_ENGINE.items():
        kept = {key: value for key, value in written.get(section, {}).items() if key not in left_out}
        if kept:
            found[section] = {**kept, **found.get(section, {})}
    return found | {section: written[section] for section in AS_HERE if section in written}


def _reached(settings: Settings, port: int) -> str | list[str]:
    """address:port, or several, at which the host looks for this engine."""
    addresses = settings.hosts.reached_at
    if "0.0.0.0" in addresses:  # noqa: S104 - compared, not bound
        raise OperatorError(
            "hosts.listen is 0.0.0.0, by which no other host finds this engine: name its address, or addresses, in "
            "hosts.machines"
        )
    found = [f"{address}:{port}" for address in addresses]
    return found[0] if len(found) == 1 else found


def _ports(cells: int) -> dict[str, str]:
    """Of media: of the cells, and behind them of the relay."""
    behind = FIRST_RTP_PORT + cells * CELL_RTP_PORTS
    return {
        "rtp_ports": f"{FIRST_RTP_PORT}-{behind - 1}",
        "relay_ports": f"{behind}-{behind + relay_ports(cells) - 1}",
    }
