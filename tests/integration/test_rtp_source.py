"""Which packets the kernel lets through to a call's socket. All of 127.0.0.0/8 is this machine's."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from ivr.adapters.pjsip.rtp_source import accept_only

Sockets = dict[str, socket.socket]


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    """Ours, which listens on every address; the caller; the same host's other port; another host."""
    with ExitStack() as kept:
        made = {}
        for name, host in (
            ("ours", ""),
            ("caller", "127.0.0.1"),
            ("neighbour", "127.0.0.1"),
            ("stranger", "127.0.0.9"),
        ):
            made[name] = kept.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            made[name].bind((host, 0))
        made["ours"].settimeout(0.2)
        yield made


def heard(sockets: Sockets, at: str = "127.0.0.1") -> set[str]:
    """Who is heard when each of them sends to our address `at`."""
    port = sockets["ours"].getsockname()[1]
    for name, each in sockets.items():
        if name != "ours":
            each.sendto(name.encode(), (at, port))
    found = set()
    while True:
        try:
            found.add(sockets["ours"].recv(100).decode())
        except TimeoutError:
            return found


def test_before_a_source_is_negotiated_everybody_is_heard(sockets: Sockets) -> None:
    assert heard(sockets) == {"caller", "neighbour", "stranger"}


def test_the_negotiated_source_alone_is_heard(sockets: Sockets) -> None:
    assert accept_only(sockets["ours"].getsockname()[1], sockets["caller"].getsockname())
    assert heard(sockets) == {"caller"}


def test_it_may_send_to_any_of_the_machines_addresses(sockets: Sockets) -> None:
    """The SDP names one of them; the way back to the caller may begin at another."""
    assert accept_only(sockets["ours"].getsockname()[1], sockets["caller"].getsockname())
    assert heard(sockets, at="127.0.0.2") == {"caller"}


def test_a_new_source_takes_the_place_of_the_old_one(sockets: Sockets) -> None:
    port = sockets["ours"].getsockname()[1]
    assert accept_only(port, sockets["caller"].getsockname())
    assert accept_only(port, sockets["stranger"].getsockname())
    assert heard(sockets) == {"stranger"}


def test_a_port_that_nobody_holds_is_told(sockets: Sockets) -> None:
    port = sockets["ours"].getsockname()[1]
    sockets["ours"].close()
    assert not accept_only(port, ("127.0.0.1", 4000))
