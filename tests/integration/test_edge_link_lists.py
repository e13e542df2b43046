"""What a relay lists of its calls comes over the link, however long it is, and SIP goes on meanwhile."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ivr.adapters.rtpengine import daemon
from ivr.adapters.rtpengine.orders import orders
from ivr.engine.link.datagrams import IN_TURN_MAX, QUEUED_MAX, Datagram, Kind, Sender
from ivr.engine.link.relay_streams import STREAMS_MAX, UNREAD_MAX
from ivr.errors import PeerError
from ivr.testing.ports import free_port
from tests.integration.conftest import until
from tests.integration.test_edge_links import HERE, THERE, Machines, came, machines, nothing, udp

CALLS, OCTETS = 3000, 3000
"""Nine megabytes of Call-IDs."""
FRAME = b"x" * 60_000


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Machines]:
    async with machines(tmp_path) as made:
        yield made


class Relay:
    """In the place of the other host's: lists so many calls to each who asks. `cut`: leaves in mid word."""

    def __init__(self, port: int, calls: int, *, cut: bool = False) -> None:
        self._server = socket.create_server(("127.0.0.1", port))
        self._answer = b" d5:callsl" + b"%d:%s" % (OCTETS, b"e" * OCTETS) * calls + (b"" if cut else b"e6:result2:oke")
        self._cut = cut
        self.left = 0
        self._threads = [threading.Thread(target=self._wait, daemon=True)]
        self._threads[0].start()

    def _wait(self) -> None:
        while True:
            try:
                asker, _ = self._server.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(asker,), daemon=True))
            self._threads[-1].start()

    def _serve(self, asker: socket.socket) -> None:
        with asker:
            try:
                while order := asker.recv(1 << 16):
                    asker.sendall(order.partition(b" ")[0] + self._answer)
                    if self._cut:
                        return
            except OSError:
                pass
            self.left += 1

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


@contextmanager
def relay(two: Machines, calls: int, *, cut: bool = False) -> Iterator[Relay]:
    made = Relay(two.far.relay_port, calls, cut=cut)
    try:
        yield made
    finally:
        made.close()


def listed(two: Machines, times: int = 1) -> int:
    """Octets of Call-IDs that it lists to one connection, which asks so often."""
    with orders((HERE, two.near.relay_port)) as asked:
        answers = [asked.give(b"d7:command4:liste") for _ in range(times)]
    found = [answer[b"calls"] for answer in answers if isinstance(answer, dict)]
    return sum(len(one) for calls in found if isinstance(calls, list) for one in calls if isinstance(one, bytes))


async def test_a_list_of_megabytes_comes_whole_to_all_who_ask_and_sip_loses_nothing_by_it(two: Machines) -> None:
    edge_port = free_port()
    with relay(two, CALLS) as there, udp(THERE, two.far.first_port) as cell:
        async with two.linked(edge_port):
            asking = [asyncio.create_task(asyncio.to_thread(listed, two)) for _ in range(3)]
            said = slowest = 0.0
            while not all(one.done() for one in asking):
                began = time.monotonic()
                cell.sendto(b"SIP", ("127.0.0.1", edge_port))
                assert (await came(two.edge))[0] == b"SIP"
                said, slowest = said + 1, max(slowest, time.monotonic() - began)
            assert [one.result() for one in asking] == [CALLS * OCTETS] * 3
            assert said > 20
            assert slowest < 1, "SIP stands behind lists"
            assert await asyncio.to_thread(listed, two, 3) == 3 * CALLS * OCTETS, "one connection asks again"
            await until(lambda: there.left == 4, "the relay is kept by one who left")


async def test_one_who_asks_and_stands_still_loses_their_connection_and_others_are_answered(two: Machines) -> None:
    with relay(two, CALLS) as there:
        async with two.linked(free_port()):
            still = socket.create_connection((HERE, two.near.relay_port))
            with still:
                still.sendall(b"1 d7:command4:liste")
                await until(lambda: there.left == 1, "the relay waits for one who stands still")
                assert await asyncio.to_thread(listed, two) == CALLS * OCTETS
            assert CALLS * OCTETS > 2 * UNREAD_MAX, "it would fit otherwise"


@pytest.mark.parametrize("cut", [True, False])
async def test_where_the_relay_is_away_or_leaves_that_is_known_at_once(two: Machines, cut: bool) -> None:
    async with two.linked(free_port()):
        began = time.monotonic()
        if cut:
            with relay(two, 1, cut=True), pytest.raises(PeerError, match="mid word"):
                await asyncio.to_thread(daemon.calls, (HERE, two.near.relay_port))
        else:
            with pytest.raises(PeerError):
                await asyncio.to_thread(daemon.calls, (HERE, two.near.relay_port))
        assert time.monotonic() - began < 0.4
    with pytest.raises(PeerError, match="takes no orders"):
        await asyncio.to_thread(daemon.calls, (HERE, two.near.relay_port))


async def test_more_than_may_ask_at_a_time_are_sent_away_and_places_are_free_again(two: Machines) -> None:
    with relay(two, 1):
        async with two.linked(free_port()):
            for _ in range(3):
                waiting = [socket.create_connection((HERE, two.near.relay_port)) for _ in range(STREAMS_MAX)]
                for one in waiting:
                    one.sendall(b"1 d7:command4:liste")
                    await asyncio.to_thread(one.recv, 100)
                with pytest.raises(PeerError):
                    await asyncio.to_thread(listed, two)
                for one in waiting:
                    one.close()

                def free() -> bool:
                    try:
                        return listed(two) == OCTETS
                    except PeerError:
                        return False

                await until(free, "no place is free again")


async def test_a_host_says_nothing_by_a_connection_that_nobody_has(two: Machines) -> None:
    _, writer = await two.raw("hk2")
    await until(lambda: two.reached.get("hk2"), "the host is not reached")
    sender = Sender(writer)
    for number in (0, 1, 65535):
        sender.send(Datagram(Kind.RELAY_STREAM, number, b"something"))
        sender.send(Datagram(Kind.RELAY_STREAM, number, b""))
    sender.send(Datagram(Kind.SIP, 0, b"SIP"))
    assert (await came(two.edge))[0] == b"SIP"
    assert nothing(two.edge)
    writer.transport.abort()


async def test_of_a_connection_that_ends_before_it_began_nothing_is_left(two: Machines) -> None:
    """The edge's machine may send both in one breath, more often than there are places."""
    with relay(two, 1):
        async with two.linked(free_port()):
            for _ in range(3 * STREAMS_MAX):
                one = socket.create_connection((HERE, two.near.relay_port))
                one.sendall(b"1 d7:command4:liste")
                one.close()
                await asyncio.sleep(0.01)
            assert await asyncio.to_thread(listed, two) == OCTETS


async def test_what_waits_for_its_turn_leaves_room_for_what_cannot_wait() -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    server = await asyncio.start_server(deaf, "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    sender = Sender(writer)

    async def fill() -> None:
        while True:
            await sender.send_in_turn(Datagram(Kind.RELAY_STREAM, 1, FRAME))

    filling = [asyncio.create_task(fill()) for _ in range(3)]
    await asyncio.sleep(0.5)
    assert writer.transport.get_write_buffer_size() <= IN_TURN_MAX + 2 * len(FRAME) < QUEUED_MAX
    sender.send(Datagram(Kind.SIP, 0, FRAME))
    assert sender.dropped == 0
    writer.transport.abort()
    with pytest.raises(OSError, match="lost"):
        await asyncio.gather(*filling)
    for one in filling:
        one.cancel()
    server.close()
