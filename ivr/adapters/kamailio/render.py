"""Kamailio's configuration from ours. Pure: a frozen EdgeConfig in, text out."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

RULES = tuple(
    Path(__file__).with_name(f"{name}.cfg") for name in ("modules", "routes", "manners", "cells", "peers", "dialogs")
)
LOOPBACK = "127.0.0.1"
BUSY_SECONDS = 10
"""A cell that said itself that it is taken is passed over for so long, unless the supervisor says that it is free."""
ASKED_SECONDS = 5
"""A cell that kept silent is passed over for so long, unless the supervisor says sooner what it is."""
MAX_TRIES = 2
"""Cells that one INVITE is offered to, in all, and the second only when the first said that it is taken."""
CELL_READS = 4000
"""Octets of a message that a cell reads (pjsip's PJSIP_MAX_PKT_LEN); what is longer it loses without a word."""
CELL_ROOM = CELL_READS - 800
"""What a message may have before the edge adds its Via, its Record-Routes and its words to the cell."""
ADDRESS_MAX = 200
"""Octets of a URI or an address: a cell writes each, with our alias, into 255 (pjsip's PJSIP_MAX_URL_SIZE)."""
CELL_HEADERS = (
    "via v from f to t call-id i cseq contact m max-forwards record-route route content-type c content-length l "
    "content-disposition mime-version supported k require session-expires x min-se rseq rack allow accept expires "
    "retry-after"
)
"""What a cell looks at, long and compact names."""
ALLOWED = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REGISTER"
PRIVATE = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10"
"""Networks behind NATs (RFC 1918, RFC 6598)."""
_OCTET = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
IPV4_PATTERN = "[.]".join([_OCTET] * 4)
UNTAGGED = "ivr-untagged"
_TEXTS = {
    "IPV4_PATTERN": IPV4_PATTERN,
    "CELL_HEADERS": CELL_HEADERS.replace(" ", "|"),
    "ALLOWED": ALLOWED,
    "ADDRESS_PATTERN": ".*<(sips?|tel):[^ <>]+>[^<>]*|(sips?|tel):[^ ?,<>]+",
}
"""Names that stand inside the rules' strings, where Kamailio's `define` does not reach."""
CELL_SILENCE_MS = 1500
"""A live cell answers 100 within some milliseconds; an INVITE is sent again after 500 ms (RFC 3261 17.1.1.2)."""
ANSWER_LINES = 60
"""Lines of a message that cannot be read in which the headers of its answer are looked for."""
DENIED_SOURCES = 20
"""Pairs of kind and source that are counted by themselves in one minute; further ones are counted together, by kind."""
DENIED_KEPT_SECONDS = 600
"""What the edge refused is counted there so long for a hub that is away."""


@dataclass(frozen=True, slots=True)
class Interface:
    """An address of this machine and the network it stands in."""

    address: str
    network: str
    """Such as 192.168.1.0/24."""


@dataclass(frozen=True, slots=True)
class EdgeConfig:
    """What the edge is to do."""

    run_dir: Path
    interfaces: tuple[Interface, ...]
    """Where to listen (UDP and TCP); the first that is not loopback faces peers of no known network."""
    port: int
    public_address: str | None
    local_networks: tuple[str, ...]
    trunks: tuple[str, ...]
    realm: str
    cell_count: int
    cell_first_port: int
    retry_after_seconds: int
    max_message_bytes: int
    flood_requests: int
    flood_seconds: int
    trunk_requests_per_second: int
    calls_per_source: int = 1000
    """Cells that one address which is no trunk may hold."""
    transfers: Mapping[str, str] = field(default_factory=dict)
    """Destination -> SIP URI. Cells may dial these, agents, and callees, nothing else."""
    callback_trunk: str = ""
    """Host and port that callees are dialled by; empty: nobody is."""
    callees: tuple[str, ...] = ()
    """Prefixes of numbers that may be dialled."""
    never: tuple[str, ...] = ()
    """Prefixes that are not dialled all the same."""

    @property
    def control_socket(self) -> Path:
        """Where the edge takes orders."""
        return self.run_dir / "control.sock"

    @property
    def config_file(self) -> Path:
        """What Kamailio reads."""
        return self.run_dir / "kamailio.cfg"


def render(config: EdgeConfig) -> str:
    """The text of kamailio.cfg."""
    lines = [
        "#!KAMAILIO",
        "# Rendered from the engine's settings at every start: change those, not this.",
        *(f"#!define {name} {value}" for name, value in _names(config).items()),
        *(f'#!subst "!{name}!{value}!g"' for name, value in _TEXTS.items()),
        "debug=-1",
        "log_stderror=yes",
        "disable_core_dump=yes",  # a core file would hold callers' numbers and who may register
        "children=2",
        "tcp_children=2",
        "tcp_max_connections=2048",
        "tcp_connection_lifetime=3600",
        "auto_aliases=no",
        "mhomed=1",
        "max_while_loops=1000",
        "server_signature=no",
        "sip_warning=0",
        "use_dns_cache=on",
        *_listen(config),
        *(f'include_file "{rules}"' for rules in RULES),
        "",
        *_face_route(config),
        *_transfer_route(config),
        *_callee_route(config),
        "",
    ]
    return "\n".join(lines)


def _names(config: EdgeConfig) -> dict[str, str]:
    return {
        "CONTROL_SOCKET": _quoted(str(config.control_socket)),
        "REALM": _quoted(config.realm),
        "TRUNKS": _quoted(",".join(config.trunks) or "255.255.255.255/32"),
        "TRUNK_RATE": str(config.trunk_requests_per_second),
        "RETRY_AFTER": f'"Retry-After: {config.retry_after_seconds}\\r\\n"',
        "MAX_MESSAGE": str(config.max_message_bytes),
        "FLOOD_REQUESTS": str(config.flood_requests),
        "FLOOD_SECONDS": str(config.flood_seconds),
        "CELL_COUNT": str(config.cell_count),
        "CELL_FIRST_PORT": str(config.cell_first_port),
        "CELL_LAST_PORT": str(config.cell_first_port + config.cell_count - 1),
        "CELL_SILENCE_MS": _quoted(str(CELL_SILENCE_MS)),
        "ASKED_SECONDS": str(ASKED_SECONDS),
        "BUSY_SECONDS": str(BUSY_SECONDS),
        "SOURCE_CALLS": str(config.calls_per_source),
        "CELL_ROOM": str(CELL_ROOM),
        "ADDRESS_MAX": str(ADDRESS_MAX),
        "PRIVATE": _quoted(PRIVATE),
        "UNTAGGED": _quoted(UNTAGGED),
        "MAX_TRIES": str(MAX_TRIES),
        "ANSWER_LINES": str(ANSWER_LINES),
        "DENIED_SOURCES": str(DENIED_SOURCES),
        "DENIED_TABLE": _quoted(f"denied=>size=8;initval=0;autoexpire={DENIED_KEPT_SECONDS};"),
    }


def _listen(config: EdgeConfig) -> list[str]:
    lines = []
    for interface in config.interfaces:
        advertised = ""
        if config.public_address and not _is_loopback(interface.address):
            advertised = f" advertise {config.public_address}:{config.port}"
        for transport in ("udp", "tcp"):
            lines.append(f"listen={transport}:{interface.address}:{config.port}{advertised}")
    return lines


def _face_route(config: EdgeConfig) -> list[str]:
    """route[FACE]: the address that $var(peer) is to send its media to; none: as the cell wrote it."""
    outward = [i for i in config.interfaces if not _is_loopback(i.address)]
    lines = ["route[FACE] {", '    if (is_in_subnet("$var(peer)", "127.0.0.0/8")) return;']
    for interface in outward:
        lines.append(f'    if (is_in_subnet("$var(peer)", "{interface.network}")) {{')
        lines.append(f'        $var(face) = "{interface.address}";')
        lines.append("        return;")
        lines.append("    }")
    if config.public_address:
        if outward and config.local_networks:
            networks = ",".join(config.local_networks)
            lines.append(f'    if (is_in_subnet("$var(peer)", "{networks}")) {{')
            lines.append(f'        $var(face) = "{outward[0].address}";')
            lines.append("        return;")
            lines.append("    }")
        lines.append(f'    $var(face) = "{config.public_address}";')
    elif outward:
        lines.append(f'    $var(face) = "{outward[0].address}";')
    lines.append("    return;")
    lines.append("}")
    return lines


def transfer_user(destination: str) -> str:
    """User part by which a cell names a destination to the edge; no agent's name has a plus sign."""
    return f"transfer+{destination}"


def _transfer_route(config: EdgeConfig) -> list[str]:
    """route[TRANSFER]: the address of the destination that the request names; $var(found) is 0 when there is none."""
    lines = ["route[TRANSFER] {", "    $var(found) = 0;"]
    for name, uri in config.transfers.items():
        lines.append(f"    if ($rU == {_quoted(transfer_user(name))}) {{")
        lines.append(f"        $ru = {_quoted(uri)};")
        lines.append("        $var(found) = 1;")
        lines.append("        return;")
        lines.append("    }")
    return [*lines, "    return;", "}"]


def callee_user(number: str) -> str:
    """User part by which a cell names somebody who is to be called back."""
    return f"callback+{number}"


def _callee_route(config: EdgeConfig) -> list[str]:
    """route[CALLEE]: the address of the number $var(callee), if it may be dialled; else $var(found) is 0."""
    lines = ["route[CALLEE] {", "    $var(found) = 0;"]
    if config.callback_trunk and config.callees:
        lines.append(f"    if (!($var(callee) =~ {_quoted('^[+]?[0-9]{7,15}$')})) return;")
        if config.never:
            lines.append(f"    if ($var(callee) =~ {_prefixes(config.never)}) return;")
        lines.append(f"    if (!($var(callee) =~ {_prefixes(config.callees)})) return;")
        lines.append(f'    $ru = "sip:" + $var(callee) + {_quoted("@" + config.callback_trunk)};')
        lines.append("    $var(found) = 1;")
    return [*lines, "    return;", "}"]


def _prefixes(prefixes: tuple[str, ...]) -> str:
    """A Kamailio string: the regular expression of these prefixes, each + and digits."""
    return _quoted("^(" + "|".join(prefix.replace("+", "[+]") for prefix in prefixes) + ")")


def _is_loopback(address: str) -> bool:
    return ipaddress.IPv4Address(address).is_loopback


def _quoted(text: str) -> str:
    """A Kamailio string. Paths and realms are checked elsewhere; a quote in one would end the string."""
    if '"' in text or "\\" in text or "\n" in text:
        raise ValueError("a quote, backslash or line break cannot stand in the edge's configuration")
    return f'"{text}"'
