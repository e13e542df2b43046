"""Kamailio's configuration from ours. Pure: an EdgeConfig in, text out."""

from __future__ import annotations

from pathlib import Path

from ivr.adapters.kamailio.config import (
    CELL_SIDE,
    HERE,
    EdgeConfig,
    Listener,
    RelayUse,
    is_loopback,
    relay_side,
)
from ivr.adapters.kamailio.render_cells import cell_routes, relay_sockets
from ivr.adapters.kamailio.render_trunks import (
    client_certificates,
    networks,
    prefix_pattern,
    quoted,
    tls_profiles,
    trunk_names,
    trunk_routes,
)

RULES = tuple(
    Path(__file__).with_name(f"{name}.cfg")
    for name in (
        "modules",
        "relay",
        "routes",
        "manners",
        "streams",
        "flows",
        "websocket",
        "cells",
        "peers",
        "dialogs",
        "trunks",
    )
)
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
RELAY_ADDS = 200
"""Octets that the relay may add to an SDP: its own addresses and ports, and codecs of cells."""
STREAMS_MAX = 8
"""Of an SDP that the relay is shown: a phone with a camera, a shared screen and what steers both has five."""
ADDRESS_MAX = 200
"""Octets of a URI or an address: a cell writes each, with our alias, into 255 (pjsip's PJSIP_MAX_URL_SIZE)."""
CELL_HEADERS = (
    "via v from f to t call-id i cseq contact m max-forwards record-route route content-type c content-length l "
    "content-disposition mime-version supported k require session-expires x min-se rseq rack allow accept expires "
    "retry-after privacy"
)
"""What a cell looks at, long and compact names."""
NETWORK_HEADERS = "p-asserted-identity|diversion|history-info|attestation-info|p-attestation-indicator|identity|y"
"""What a cell looks at besides, in an INVITE of a trunk: who calls by the network's word."""
ALLOWED = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REGISTER"
PRIVATE = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10"
"""Networks behind NATs (RFC 1918, RFC 6598)."""
_OCTET = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
IPV4_PATTERN = "[.]".join([_OCTET] * 4)
_INSTANCE = "=[^ #-~]<urn:[-0-9A-Za-z:]+>[^ #-~]"
"""Value of +sip.instance, by which a phone says that it is the same one (RFC 5626 4.1). A quotation mark cannot stand
in the rules' strings: what is neither space nor between # and ~."""
UNTAGGED = "ivr-untagged"
SIPS_MARK = "ivr-sips"
"""Parameter of the Contact that a cell is shown in place of one that says sips:."""
WEAK_SUITES = ("F8_128_HMAC_SHA1_80", "F8_128_HMAC_SHA1_32", "NULL_HMAC_SHA1_80", "NULL_HMAC_SHA1_32")
"""Of SRTP (RFC 4568 6.2, RFC 3711 4.1.3): a mode that nobody uses, and two that encrypt nothing."""
_TEXTS = {
    "STRONG_SUITES": " ".join(f"SDES-no-{suite}" for suite in WEAK_SUITES),
    "IPV4_PATTERN": IPV4_PATTERN,
    "CELL_HEADERS": CELL_HEADERS.replace(" ", "|"),
    "NETWORK_HEADERS": NETWORK_HEADERS,
    "ALLOWED": ALLOWED,
    "SIPS_MARK": SIPS_MARK,
    "ADDRESS_PATTERN": f".*<(sips?|tel):[^ <>]+>[^<>]*({_INSTANCE}[^<>]*)?|(sips?|tel):[^ ?,<>]+",
}
"""Names that stand inside the rules' strings, where Kamailio's `define` does not reach."""
TLS_12_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2: forward secrecy and authenticated encryption only. TLS 1.3 has nothing else."""
PING_SECONDS = 20
"""A browser's WebSocket is asked so often whether it is there."""
FLOWS = 2
"""Connections on which one phone may be registered at once (RFC 5626 4.2: two are enough)."""
PHONE_KEY_SECONDS = 120
"""A browser's password is good for so long."""
CELL_SILENCE_MS = 1500
"""A live cell answers 100 within some milliseconds; an INVITE is sent again after 500 ms (RFC 3261 17.1.1.2)."""
ANSWER_LINES = 60
"""Lines of a message that cannot be read in which the headers of its answer are looked for."""
DENIED_SOURCES = 20
"""Pairs of kind and source that are counted by themselves in one minute; further ones are counted together, by kind."""
DENIED_KEPT_SECONDS = 600
"""What the edge refused is counted there so long for a hub that is away."""


def render(config: EdgeConfig) -> str:
    """The text of kamailio.cfg."""
    lines = [
        "#!KAMAILIO",
        "# Rendered from the engine's settings at every start: change those, not this.",
        *(f"#!define {name} {value}" for name, value in _names(config).items()),
        *(f'#!subst "!{name}!{value}!g"' for name, value in _TEXTS.items()),
        *_relay_lines(config.relay),
        *trunk_names(config),
        "debug=-1",
        "log_stderror=yes",
        "disable_core_dump=yes",  # a core file would hold callers' numbers and who may register
        "children=2",
        *stream_lines(config),
        "auto_aliases=no",
        "mhomed=1",
        f"max_while_loops={1000 + config.streams.connections}",
        "server_signature=no",
        "sip_warning=0",
        "use_dns_cache=on",
        *_listen(config),
        *tls_lines(config),
        *_websocket_lines(config),
        *(f'include_file "{rules}"' for rules in RULES),
        *relay_sockets(config),
        "",
        *cell_routes(config),
        *_face_route(config),
        *_transfer_route(config),
        *_callee_route(config),
        *trunk_routes(config),
        *_page_route(config),
        "",
    ]
    return "\n".join(lines)


def _names(config: EdgeConfig) -> dict[str, str]:
    return {
        "CONTROL_SOCKET": quoted(str(config.control_socket)),
        "CONTROL_PIPE": quoted(str(config.control_pipe)),
        "CONTROL_REPLIES": quoted(f"{config.run_dir}/"),
        "REALM": quoted(config.realm),
        "TRUNKS": quoted(networks(config.trunks)),
        "TRUNK_RATE": str(config.trunk_requests_per_second),
        "RETRY_AFTER": f'"Retry-After: {config.retry_after_seconds}\\r\\n"',
        "MAX_MESSAGE": str(config.max_message_bytes),
        "FLOOD_REQUESTS": str(config.flood_requests),
        "FLOOD_SECONDS": str(config.flood_seconds),
        "CELL_COUNT": str(config.cells_everywhere),
        "CELLS_HERE": str(config.cell_count),
        "HERE": str(HERE),
        "FAR_SIDE": quoted(relay_side(0)),
        "CELL_SILENCE_MS": quoted(str(CELL_SILENCE_MS)),
        "ASKED_SECONDS": str(ASKED_SECONDS),
        "BUSY_SECONDS": str(BUSY_SECONDS),
        "SOURCE_CALLS": str(config.calls_per_source),
        "CELL_ROOM": str(CELL_ROOM),
        "RELAY_ADDS": str(RELAY_ADDS),
        "STREAMS_MAX": str(STREAMS_MAX),
        "ADDRESS_MAX": str(ADDRESS_MAX),
        "PRIVATE": quoted(PRIVATE),
        "SOURCE_STREAMS": str(config.streams.per_source),
        "FLOWS": str(FLOWS),
        "FLOW_TIMER": f'"Flow-Timer: {config.streams.flow_seconds}\\r\\n"',
        "FLOW_SILENT": str(config.streams.flow_seconds * 5 // 4),
        "STREAM_IDLE": str(config.streams.idle_seconds),
        "UNTAGGED": quoted(UNTAGGED),
        "MAX_TRIES": str(MAX_TRIES),
        "ANSWER_LINES": str(ANSWER_LINES),
        "DENIED_SOURCES": str(DENIED_SOURCES),
        "PHONE_KEYS_TABLE": quoted(f"phone_keys=>size=8;autoexpire={PHONE_KEY_SECONDS};updateexpire=1;"),
        "DENIED_TABLE": quoted(f"denied=>size=8;initval=0;autoexpire={DENIED_KEPT_SECONDS};"),
    }


def _relay_lines(relay: RelayUse | None) -> list[str]:
    if relay is None:
        return []
    lines = ["#!define WITH_RELAY"]
    if relay.always:
        lines.append("#!define RELAY_ALWAYS")
    if relay.required:
        lines += ["#!define SRTP_REQUIRED", f"#!define PLAIN_FROM {quoted(networks(relay.plain_from))}"]
    return lines


def _listen(config: EdgeConfig) -> list[str]:
    udp = Listener(config.interfaces, config.port)
    listeners = {"udp": udp, "tcp": config.tcp or udp}
    if config.tls is not None:
        listeners["tls"] = config.tls
    served = list(listeners.items())
    if config.websockets is not None:
        served.append(("tls" if config.websockets.secure else "tcp", config.websockets.listener))
    lines = []
    for transport, listener in served:
        for interface in listener.interfaces:
            advertised = ""
            if config.public_address and not is_loopback(interface.address):
                advertised = f" advertise {config.public_address}:{listener.port}"
            lines.append(f"listen={transport}:{interface.address}:{listener.port}{advertised}")
    return lines


def _face_route(config: EdgeConfig) -> list[str]:
    """route[FACE]: the address that $var(peer) is to send its media to; none: as the cell wrote it.

    $var(side): at which of its interfaces the relay serves them.
    """
    outward = config.outward
    lines = ["route[FACE] {", f'    $var(side) = "{CELL_SIDE}";']
    lines.append('    if (is_in_subnet("$var(peer)", "127.0.0.0/8")) return;')
    if outward:
        lines.append(f'    $var(side) = "{relay_side(0)}";')
    for place, interface in enumerate(outward):
        lines.append(f'    if (is_in_subnet("$var(peer)", "{interface.network}")) {{')
        lines.append(f'        $var(side) = "{relay_side(place)}";')
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
    """route[TRANSFER]: address, or number $var(callee), of the destination; $var(found) is 0: there is none."""
    lines = ["route[TRANSFER] {", "    $var(found) = 0;", '    $var(callee) = "";']
    for name, target in config.transfers.items():
        lines.append(f"    if ($rU == {quoted(transfer_user(name))}) {{")
        lines.append(f"        {'$ru' if ':' in target else '$var(callee)'} = {quoted(target)};")
        lines.append("        $var(found) = 1;")
        lines.append("        return;")
        lines.append("    }")
    return [*lines, "    return;", "}"]


def callee_user(number: str) -> str:
    """User part by which a cell names somebody who is to be called back."""
    return f"callback+{number}"


def _callee_route(config: EdgeConfig) -> list[str]:
    """route[CALLEE]: $var(found) is 1 if the number $var(callee) may be called back."""
    lines = ["route[CALLEE] {", "    $var(found) = 0;"]
    if config.callees:
        lines.append(f"    if ($var(callee) =~ {prefix_pattern(config.callees)}) $var(found) = 1;")
        if config.never:
            lines.append(f"    if ($var(callee) =~ {prefix_pattern(config.never)}) $var(found) = 0;")
    return [*lines, "    return;", "}"]


def stream_lines(config: EdgeConfig) -> list[str]:
    """Connections: how many, how long; a peer that vanished is found out by the kernel."""
    limits = config.streams
    return [
        "tcp_children=2",
        f"tcp_max_connections={limits.connections}",
        f"tcp_connection_lifetime={limits.silent_seconds}",
        "tcp_crlf_ping=yes",  # RFC 5626 4.4.1
        "tcp_keepalive=yes",
        "tcp_keepidle=60",
        "tcp_keepintvl=15",
        "tcp_keepcnt=4",
        "tcp_connect_timeout=5",
        "tcp_send_timeout=5",
    ]


def tls_lines(config: EdgeConfig) -> list[str]:
    """What the core and the TLS module are told, if TLS is taken."""
    if not config.encrypts:
        return []
    return [
        "enable_tls=yes",
        f"tls_max_connections={config.streams.connections}",
        'loadmodule "tls.so"',
        f'modparam("tls", "config", {quoted(str(config.tls_file))})',
        f'modparam("tls", "connection_timeout", {config.streams.silent_seconds})',
    ]


def _websocket_lines(config: EdgeConfig) -> list[str]:
    if config.websockets is None:
        return []
    return [
        "#!define WITH_WEBSOCKET",
        f"#!define WEBSOCKET_PORT {config.websockets.listener.port}",
        f"#!define WEBSOCKET_PING {PING_SECONDS}",
        "tcp_accept_no_cl=yes",  # HTTP has no Content-Length; of SIP without one the connection is closed by the rules
    ]


def _page_route(config: EdgeConfig) -> list[str]:
    """route[OUR_PAGE]: whether the page that asks for a WebSocket is ours; a program that names no page is not."""
    lines = ["route[OUR_PAGE] {", "    $var(ours) = 0;"]
    for origin in config.websockets.origins if config.websockets is not None else ():
        lines.append(f"    if ($hdr(Origin) == {quoted(origin)}) $var(ours) = 1;")
    return [*lines, "    return;", "}"]


def server_lines(config: EdgeConfig) -> str:
    """Of tls.cfg: ours to whoever calls us."""
    lines = [
        "[server:default]",
        "method = TLSv1.2+",
        *client_certificates(config),
        f"private_key = {config.tls_pair}",
        f"certificate = {config.tls_pair}",
        f"cipher_list = {TLS_12_CIPHERS}",
        "",
    ]
    return "\n".join(lines)


def render_tls(config: EdgeConfig) -> str:
    """The text of tls.cfg: ours to whoever calls us, and what trunks are believed by."""
    return "\n".join(
        [
            server_lines(config),
            "[client:default]",
            "method = TLSv1.2+",
            "verify_certificate = yes",
            "require_certificate = yes",
            "",
            *tls_profiles(config, ciphers=TLS_12_CIPHERS),
        ]
    )
