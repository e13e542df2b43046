"""Kamailio's configuration from the settings: complete, and the address shown to a peer is the one that faces it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.adapters.kamailio.config import EdgeConfig, Interface, Listener, RelayUse, TrunkLine, WebSockets
from ivr.adapters.kamailio.control import origin
from ivr.adapters.kamailio.interfaces import interfaces, listening_on
from ivr.adapters.kamailio.render import RULES, render, render_tls
from ivr.core.audit.denial import DenialKind

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"
LOOPBACK = Interface("127.0.0.1", "127.0.0.0/8")
OFFICE = Interface("192.168.7.5", "192.168.7.0/24")
CONFIG = EdgeConfig(
    run_dir=Path("/run/x"), interfaces=(OFFICE, LOOPBACK), port=5060, public_address=None,
    local_networks=("10.0.0.0/8", "192.168.0.0/16"), trunks=("10.9.0.0/16",), realm="bank.test", cell_count=8,
    cell_first_port=5070, retry_after_seconds=7, max_message_bytes=16384, flood_requests=60, flood_seconds=2,
    trunk_requests_per_second=500,
)  # fmt: skip


WEBSOCKETS = WebSockets(Listener((OFFICE,), 5062), ("https://console.bank.test",), secure=True)


def face(text: str, network: str) -> str | None:
    """The address shown to peers in a network, as the rendered route says."""
    found = re.search(rf'"{re.escape(network)}"\)\) {{\n(?: +\$var\(side\) = .*\n)? +\$var\(face\) = "([^"]+)"', text)
    return found[1] if found else None


def last_face(text: str) -> str | None:
    """The address shown to every other peer."""
    found = re.search(r'^    \$var\(face\) = "([^"]+)"', text, re.MULTILINE)
    return found[1] if found else None


def test_every_name_that_the_routes_use_is_defined() -> None:
    trunk = TrunkLine("carrier", ("192.0.2.5",), "carrier.example", ("+852",))
    relay = RelayUse(2223, required=True)
    text = render(replace(CONFIG, relay=relay, websockets=WEBSOCKETS, outbound=(trunk,)))
    defined = set(re.findall(r"^#!(?:define |subst \"!)(\w+)", text, re.MULTILINE))
    rules = "".join(one.read_text() for one in RULES)
    without_comments = re.sub(r"#.*|\"[^\"]*\"|route\[\w+\]|route\(\w+\)", "", rules)
    used = set(re.findall(r"\b[A-Z]{4,}(?:_[A-Z]+)*\b", without_comments))
    used |= set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", without_comments))
    assert used <= defined, used - defined


def test_what_the_routes_count_is_the_list_of_denials() -> None:
    written = re.findall(r'\$var\(kind\) = "(\w+)"', "".join(one.read_text() for one in RULES))
    assert set(written) == set(DenialKind)
    told = OPERATIONS.read_text(encoding="utf-8")
    assert [kind for kind in DenialKind if f"`{kind}`" not in told] == []


def test_it_listens_on_every_interface_by_udp_and_tcp() -> None:
    listens = re.findall(r"^listen=(.*)$", render(CONFIG), re.MULTILINE)
    assert listens == [
        "udp:192.168.7.5:5060", "udp:127.0.0.1:5060", "tcp:192.168.7.5:5060", "tcp:127.0.0.1:5060",
    ]  # fmt: skip


def test_each_transport_may_have_a_place_of_its_own() -> None:
    text = render(replace(CONFIG, tcp=Listener((LOOPBACK,), 5070), tls=Listener((OFFICE,), 5061)))
    listens = re.findall(r"^listen=(.*)$", text, re.MULTILINE)
    assert listens == ["udp:192.168.7.5:5060", "udp:127.0.0.1:5060", "tcp:127.0.0.1:5070", "tls:192.168.7.5:5061"]


def test_browsers_have_a_place_of_their_own_and_without_it_no_http_is_read() -> None:
    text = render(replace(CONFIG, websockets=WEBSOCKETS))
    assert "listen=tls:192.168.7.5:5062" in text
    assert "enable_tls=yes" in text
    assert "listen=tcp:192.168.7.5:5062" in render(replace(CONFIG, websockets=replace(WEBSOCKETS, secure=False)))
    assert "accept_no_cl" not in render(CONFIG)
    assert "#!define WITH_WEBSOCKET" not in render(CONFIG)


def test_without_tls_nothing_of_it_is_loaded() -> None:
    assert "tls.so" not in render(CONFIG)
    assert "enable_tls" not in render(CONFIG)


def test_a_client_of_tls_is_shown_the_pair_and_trusts_nobody_unseen() -> None:
    text = render_tls(replace(CONFIG, tls=Listener((OFFICE,), 5061)))
    assert "private_key = /run/x/tls.pem" in text
    assert text.count("method = TLSv1.2+") == 2
    assert "verify_certificate = yes" in text.partition("[client:default]")[2]


def test_behind_a_nat_the_public_address_is_shown_to_the_world_and_to_no_one_else() -> None:
    text = render(replace(CONFIG, public_address="203.0.113.9"))
    assert "listen=udp:192.168.7.5:5060 advertise 203.0.113.9:5060" in text
    assert "listen=udp:127.0.0.1:5060\n" in text, "cells reach us on loopback"
    assert face(text, "192.168.7.0/24") == "192.168.7.5"
    assert face(text, "10.0.0.0/8,192.168.0.0/16") == "192.168.7.5"
    assert last_face(text) == "203.0.113.9"


def test_without_a_nat_every_peer_is_shown_the_machines_own_address() -> None:
    text = render(CONFIG)
    assert face(text, "192.168.7.0/24") == "192.168.7.5"
    assert last_face(text) == "192.168.7.5"


def test_media_is_relayed_where_the_settings_say_so_at_the_side_that_faces_the_peer() -> None:
    assert "rtpengine" not in render(CONFIG)
    assert "WITH_RELAY" not in render(CONFIG)
    text = render(replace(CONFIG, relay=RelayUse(2223)))
    assert '"rtpengine_sock", "0 == udp:127.0.0.1:2223"' in text
    assert "SRTP_REQUIRED" not in text
    assert text.count('$var(side) = "far0"') == 2
    required = render(replace(CONFIG, relay=RelayUse(2223, required=True, plain_from=("10.1.0.0/16",))))
    assert '#!define PLAIN_FROM "10.1.0.0/16"' in required


def test_on_loopback_alone_nothing_is_rewritten() -> None:
    text = render(replace(CONFIG, interfaces=(LOOPBACK,)))
    assert last_face(text) is None
    assert "listen=udp:127.0.0.1:5060" in text


@pytest.mark.parametrize("bad", ['a"b', "a\nb", "a\\b"])
def test_what_would_break_out_of_a_string_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="cannot stand"):
        render(replace(CONFIG, run_dir=Path(f"/run/{bad}")))


def test_an_address_of_the_settings_stands_for_itself_and_loopback() -> None:
    assert listening_on("127.0.0.1") == (LOOPBACK,)
    assert [i.address for i in listening_on("198.51.100.3")] == ["198.51.100.3", "127.0.0.1"]


def test_the_machine_knows_its_loopback() -> None:
    assert LOOPBACK in interfaces()
    assert LOOPBACK in listening_on("0.0.0.0")


def test_of_kamailios_log_only_the_place_is_told() -> None:
    line = "10(77) ERROR: <core> [core/parser/parse_fline.c:272]: parse_first_line(): bad message from 13912345678"
    assert origin(line) == "ERROR in <core> at core/parser/parse_fline.c:272"
    assert "139" not in origin("something else from 13912345678")


def test_cells_may_ring_the_destinations_of_transfers_and_no_other_address() -> None:
    text = render(replace(CONFIG, transfers={"head_office": "sip:+85212345678@trunk.example"}))
    route = text[text.index("route[TRANSFER]") :]
    assert 'if ($rU == "transfer+head_office") {\n        $ru = "sip:+85212345678@trunk.example";' in route
    assert "$var(found) = 0;" in route
    assert '$ru = "' not in render(CONFIG)
