"""A real relay that carries a thousand calls, or a few with long Call-IDs: what it lists is known, however long it is.

One datagram holds 64 kB of it; what was longer never came, and no call of a new edge's could change on that relay.
"""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.adapters.kamailio.config import HERE
from ivr.adapters.rtpengine import daemon, orders
from ivr.errors import PeerError
from ivr.testing.ports import free_port
from ivr.testing.srtp import SUITE, made_key
from tests.integration.edge_bench import BenchRelay, edge_bench

MANY, EVERYDAY, LONGEST = 1000, 70, 3000
"""Calls; octets of a Call-ID that telephones make, and of one that leaves a cell room for the rest of its message."""
FIRST_PORT, LAST_PORT = 40_000, 60_000
"""For a thousand calls no run of ports is free for certain: rtpengine passes over those that are held."""


def call_ids(count: int, octets: int) -> list[bytes]:
    return [(b"%06d@" % number).ljust(octets, b"e") for number in range(count)]


def put_calls(relay: BenchRelay, named: list[bytes]) -> None:
    """As Kamailio does: an offer for each, by datagrams."""
    said = "v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\nm=audio 9 RTP/SAVP 0\r\n"
    sdp = (said + f"a=crypto:1 {SUITE} inline:{made_key()}\r\n").encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.settimeout(5)
        here.connect((daemon.HOST, relay.config.control_port))
        for number, name in enumerate(named):
            order = (b"7:call-id", b"%d:%s" % (len(name), name), b"7:command5:offer8:from-tag1:a3:sdp",
                     b"%d:%s" % (len(sdp), sdp), b"18:transport-protocol7:RTP/AVP")  # fmt: skip
            here.send(b"%d d%se" % (number, b"".join(order)))
            assert b"6:result2:ok" in here.recv(1 << 16)


@contextmanager
def carrying(folder: Path) -> Iterator[BenchRelay]:
    relay = BenchRelay(folder)
    relay.config = replace(relay.config, ports=(FIRST_PORT, LAST_PORT))
    try:
        yield relay
    finally:
        relay.kill()


@pytest.mark.parametrize(("count", "octets"), [(MANY, EVERYDAY), (200, LONGEST)])
async def test_all_calls_are_known_and_how_each_is_transported(tmp_path: Path, count: int, octets: int) -> None:
    named = call_ids(count, octets)
    with carrying(tmp_path) as relay:
        await relay.start()
        put_calls(relay, named)
        control = (daemon.HOST, relay.config.control_port)
        marks = {hashlib.md5(name, usedforsecurity=False).hexdigest() for name in named}
        assert daemon.calls(control) == marks
        found = daemon.carried(control)
        assert {call.call_id for call in found} == set(named)
        assert {call.transport for call in found} == {"RTP/SAVP"}
        async with edge_bench() as bench:
            bench.control.know_relayed(found, HERE)
            assert set(bench.control.relayed(HERE).values()) == marks


async def test_a_relay_that_died_while_it_was_asked_comes_back_at_its_port(tmp_path: Path) -> None:
    with carrying(tmp_path) as relay:
        await relay.start()
        control = (daemon.HOST, relay.config.control_port)
        with orders.orders(control) as asked:
            assert asked.give(b"d7:command4:pinge") == {b"result": b"pong"}
            relay.kill()
            with pytest.raises(PeerError, match=r"mid word|takes no orders"):
                asked.give(b"d7:command4:pinge")
            with pytest.raises(PeerError, match="takes no orders"):
                daemon.calls(control)
            await relay.start()
            assert daemon.calls(control) == frozenset()


@contextmanager
def one_that(answers: Callable[[socket.socket, bytes], None]) -> Iterator[tuple[str, int]]:
    """Stands in a relay's place, as another host may."""
    place = ("127.0.0.1", free_port())
    with socket.create_server(place) as server:

        def serve() -> None:
            with server.accept()[0] as asker:
                cookie = asker.recv(1 << 16).partition(b" ")[0]
                try:
                    answers(asker, cookie)
                except OSError:
                    return  # who asked has left

        work = threading.Thread(target=serve)
        work.start()
        yield place
        work.join(10)
        assert not work.is_alive()


def endless(asker: socket.socket, cookie: bytes) -> None:
    asker.sendall(cookie + b" d5:callsl")
    while True:
        asker.sendall(b"9:eeeeeeeee" * 1000)


def dripping(asker: socket.socket, cookie: bytes) -> None:
    asker.sendall(cookie + b" d5:callsl")
    while True:
        asker.sendall(b"1:e")
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (lambda asker, cookie: asker.sendall(b"another d5:callslee"), "something else"),
        (lambda asker, cookie: asker.sendall(cookie + b" d5:callsl3:one"), "mid word"),
        (lambda asker, cookie: asker.sendall(cookie + b" d6:result5:errore"), "does not list"),
        (lambda asker, cookie: time.sleep(1), "takes no orders"),
        (lambda asker, cookie: asker.sendall(cookie + b" " + b"l" * 100_000 + b"e" * 100_000), "mid word"),
        (endless, "no end"),
        (dripping, "no end"),
    ],
    ids=["another", "cut", "none", "silent", "deep", "endless", "dripping"],
)
def test_what_is_no_answer_is_none_and_nobody_waits_for_it_long(
    answers: Callable[[socket.socket, bytes], None], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(orders, "ANSWER_MAX", 1 << 20)
    began = time.monotonic()
    with one_that(answers) as place, pytest.raises(PeerError, match=why):
        daemon.calls(place)
    assert time.monotonic() - began < 5
