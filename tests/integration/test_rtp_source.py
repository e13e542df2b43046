"""Which packets the kernel lets through to a call's socket. All of 127.0.0.0/8 is this machine's."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from ivr.adapters.pjsip.media_socket import ANY_PORT, ANYBODY, Address, MediaSocket
from ivr.adapters.pjsip.rtp_source import MediaSource, SipSource, SourceRule, source_at, told_source

RTP = b"\x80\x00".ljust(12, b"\0")
"""A header without payload; what follows it is the sender's name."""
CALLER = SipSource("127.0.0.1", trunk=False)
NOWHERE = ("192.0.2.99", 4000)
"""What a phone behind a NAT names in its SDP."""


@dataclass
class Sockets:
    """Ours (RTP and RTCP), on every address; the caller; the same host's other port; another host."""

    ours: socket.socket
    control: socket.socket
    caller: socket.socket
    neighbour: socket.socket
    stranger: socket.socket

    @property
    def port(self) -> int:
        return int(self.ours.getsockname()[1])

    def send(self, *names: str, at: str = "127.0.0.1") -> None:
        for name in names:
            getattr(self, name).sendto(RTP + name.encode(), (at, self.port))

    def heard(self, *names: str, at: str = "127.0.0.1") -> set[str]:
        """Who of these (all, if none is named) is heard."""
        self.send(*(names or ("caller", "neighbour", "stranger")), at=at)
        found = set()
        while True:
            try:
                found.add(self.ours.recv(100, socket.MSG_DONTWAIT)[12:].decode())
            except BlockingIOError:
                return found

    def of(self, name: str) -> Address:
        host, port = getattr(self, name).getsockname()
        return host, port


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    with ExitStack() as kept:
        made = []
        for host in ("", "", "127.0.0.1", "127.0.0.1", "127.0.0.9"):
            made.append(kept.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
            if len(made) == 2:  # RTCP has the next port (RFC 3550 11)
                made[1].bind((host, made[0].getsockname()[1] + 1))
            else:
                made[-1].bind((host, 0))
        yield Sockets(*made)


def found(sockets: Sockets) -> MediaSocket:
    ours = MediaSocket.find(sockets.port)
    assert ours is not None
    return ours


def source(
    sockets: Sockets, rule: SourceRule, *, sip: SipSource | None = CALLER, sdp: Address | None = None
) -> MediaSource:
    made = MediaSource(rule)
    if sip is not None:
        made.comes_from(sip)
    host, port = sdp or sockets.of("caller")
    made.describe(sockets.port, (host, port), (host, port + 1))
    return made


def test_before_a_source_is_known_everybody_is_heard(sockets: Sockets) -> None:
    assert sockets.heard() == {"caller", "neighbour", "stranger"}


def test_one_address_alone_is_heard_and_what_waited_from_others_is_not(sockets: Sockets) -> None:
    sockets.send("stranger")
    found(sockets).hear((sockets.of("caller"),))
    assert sockets.heard() == {"caller"}


def test_it_may_send_to_any_of_the_machines_addresses(sockets: Sockets) -> None:
    """The SDP names one of them; the way back to the caller may begin at another."""
    found(sockets).hear((sockets.of("caller"),))
    assert sockets.heard(at="127.0.0.2") == {"caller"}


def test_a_new_source_takes_the_place_of_the_old_one(sockets: Sockets) -> None:
    ours = found(sockets)
    ours.hear((sockets.of("caller"),))
    ours.hear((sockets.of("stranger"), NOWHERE))
    assert sockets.heard() == {"stranger"}
    ours.hear((("127.0.0.1", ANY_PORT),))
    assert sockets.heard() == {"caller", "neighbour"}
    ours.hear((ANYBODY,))
    assert sockets.heard() == {"caller", "neighbour", "stranger"}


def test_what_is_dropped_is_counted_and_what_comes_is_timed(sockets: Sockets) -> None:
    ours = found(sockets)
    ours.hear((sockets.of("caller"),))
    before = ours.last_came
    assert sockets.heard("stranger", "neighbour") == set()
    assert (ours.dropped, ours.last_came) == (2, before)
    assert sockets.heard("caller") == {"caller"}
    assert ours.dropped == 2
    assert ours.last_came != before


def test_a_port_that_nobody_holds_is_told(sockets: Sockets) -> None:
    port = sockets.port
    sockets.ours.close()
    assert MediaSocket.find(port) is None


def test_a_trunk_is_heard_from_where_its_sdp_says_and_nowhere_else(sockets: Sockets) -> None:
    for rule, sip in ((SourceRule.NEGOTIATED, CALLER), (SourceRule.SYMMETRIC, SipSource("127.0.0.1", trunk=True))):
        made = source(sockets, rule, sip=sip)
        assert sockets.heard() == {"caller"}
        made.close()


def test_without_the_edges_word_nothing_is_learnt(sockets: Sockets) -> None:
    source(sockets, SourceRule.SYMMETRIC, sip=None)
    assert sockets.heard() == {"caller"}


def test_behind_a_nat_the_first_port_of_the_sip_host_is_learnt_and_it_alone(sockets: Sockets) -> None:
    made = source(sockets, SourceRule.SYMMETRIC, sdp=NOWHERE)
    sockets.send("stranger", "neighbour")
    made.look()
    assert made.expected() == sockets.of("neighbour")
    assert sockets.heard() == {"neighbour"}


def test_what_is_no_rtp_teaches_nothing(sockets: Sockets) -> None:
    made = source(sockets, SourceRule.SYMMETRIC, sdp=NOWHERE)
    sockets.neighbour.sendto(b"hello, hello", ("127.0.0.1", sockets.port))
    sockets.send("caller")
    made.look()
    assert made.expected() == sockets.of("caller")


@pytest.mark.parametrize("rule", [SourceRule.SYMMETRIC, SourceRule.FIRST])
def test_what_was_learnt_stands_until_another_description(sockets: Sockets, rule: SourceRule) -> None:
    made = source(sockets, rule, sdp=NOWHERE)
    sockets.send("neighbour")
    made.look()
    made.describe(sockets.port, NOWHERE, (NOWHERE[0], NOWHERE[1] + 1))
    assert sockets.heard() == {"neighbour"}
    host, port = sockets.of("caller")
    made.describe(sockets.port, (host, port), (host, port + 1))
    sockets.send("caller")
    made.look()
    assert sockets.heard() == {"caller"}


def test_whoever_sends_first_is_locked_on_to(sockets: Sockets) -> None:
    made = source(sockets, SourceRule.FIRST)
    sockets.send("stranger", "caller")
    made.look()
    assert sockets.heard() == {"stranger"}


def test_who_sends_in_vain_is_found_and_nothing_of_it_reaches_the_call(sockets: Sockets) -> None:
    made = source(sockets, SourceRule.NEGOTIATED)
    sockets.send("stranger")
    assert made.astray == 1
    made.search()
    assert made.look() is None
    sockets.send("stranger", "caller")
    found = [":".join(map(str, sockets.of(name))) for name in ("stranger", "caller")]
    assert made.look() == tuple(found)
    assert made.look() is None
    assert sockets.heard() == {"caller"}


def test_reports_are_signs_of_life(sockets: Sockets) -> None:
    made = source(sockets, SourceRule.NEGOTIATED, sdp=sockets.of("caller"))
    signs = made.signs
    assert made.signs == signs
    sockets.heard("stranger")
    assert made.signs == signs
    made.describe(sockets.port, sockets.of("caller"), sockets.of("neighbour"))
    sockets.neighbour.sendto(RTP, ("127.0.0.1", sockets.port + 1))
    sockets.control.recv(100)
    assert signs is not None
    assert made.signs == signs + 1


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("X-IVR-Source: 192.0.2.7;trunk=0", SipSource("192.0.2.7", trunk=False)),
        ("x-ivr-source: 192.0.2.7;trunk=1", SipSource("192.0.2.7", trunk=True)),
        ("X-IVR-Source: 127.0.0.1;trunk=1;transcoded=1", SipSource("127.0.0.1", trunk=True, transcoded=True)),
        ("X-IVR-Source: 127.0.0.1;trunk=1;transcoded=2", None),
        ("X-IVR-Source: 192.0.2.7;trunk=0\r\nX-IVR-Source: 192.0.2.8;trunk=0", None),
        ("X-IVR-Source: phone.example;trunk=0", None),
        ("X-Other: a", None),
    ],
)
def test_the_edges_word_is_taken_from_the_head_of_a_message_alone(header: str, told: SipSource | None) -> None:
    message = f"INVITE sip:a@b SIP/2.0\r\n{header}\r\nTo: <sip:a@b>\r\n\r\nX-IVR-Source: 192.0.2.66;trunk=0\r\n"
    assert told_source(message) == told


def test_without_an_edge_the_peers_own_address_counts() -> None:
    assert source_at("192.0.2.7:5060") == SipSource("192.0.2.7", trunk=False)
    assert source_at("?") is None
