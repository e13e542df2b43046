"""Whoever sends slowly, or nothing, keeps nobody else out: a real server, and sockets that are no browser's."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from ivr.apps.web import guard
from ivr.apps.web.connections import Connection
from ivr.testing.ports import free_port
from tests.unit.web.world import World

SHARE = 5
"""Connections that one address may have here."""


class Impatient(Connection):
    head_seconds = 0.3
    each_address = SHARE


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    """Of a server."""
    port = free_port()
    world = World(f"http://127.0.0.1:{port}")
    listens = socket.create_server(("127.0.0.1", port))
    config: dict[str, Any] = {"http": Impatient, "ws": "none", "log_level": "critical", "lifespan": "off"}
    server = uvicorn.Server(uvicorn.Config(world.app, **config))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard, "BODY_SECONDS", 0.5)
        serving = threading.Thread(target=lambda: asyncio.run(server.serve([listens])))
        serving.start()
        yield "127.0.0.1", port
        server.should_exit = True
        serving.join()


def request(address: tuple[str, int], line: str, *headers: str) -> bytes:
    told = (f"Host: {address[0]}:{address[1]}", "Sec-Fetch-Site: same-origin", *headers)
    return "\r\n".join((f"{line} HTTP/1.1", *told, "", "")).encode()


def is_served(address: tuple[str, int]) -> bool:
    with socket.create_connection(address, timeout=10) as one:
        one.sendall(request(address, "GET /sign-in", "Connection: close"))
        return one.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "sent", [b"", b"GET /sign-in HT", b"GET /sign-in HTTP/1.1\r\nHost: x\r\nX-A: "], ids=["nothing", "a line", "a head"]
)
def test_a_head_that_does_not_come_is_not_waited_for(address: tuple[str, int], sent: bytes) -> None:
    with socket.create_connection(address, timeout=10) as one:
        one.sendall(sent)
        assert one.recv(1) == b"", "the server waits for it"
    assert is_served(address)


def test_nor_is_the_next_one_of_a_connection_that_was_served(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=10) as one:
        one.sendall(request(address, "GET /no-such-page"))
        assert one.recv(12) == b"HTTP/1.1 404"
        one.sendall(b"G")
        while one.recv(65536):
            pass


@pytest.mark.parametrize("length", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_a_body_that_does_not_come_is_answered_and_its_connection_ends(address: tuple[str, int], length: str) -> None:
    form = "Content-Type: application/x-www-form-urlencoded"
    with socket.create_connection(address, timeout=10) as one:
        one.sendall(request(address, "POST /sign-in", form, length, f"Origin: http://{address[0]}:{address[1]}"))
        answer = b""
        while data := one.recv(65536):
            answer += data
    assert answer.startswith(b"HTTP/1.1 408"), answer[:100]
    assert is_served(address)


def test_one_address_has_its_share_of_connections_and_no_more(address: tuple[str, int]) -> None:
    held = [socket.create_connection(address, timeout=10) for _ in range(3 * SHARE)]
    try:
        ended = 0
        for one in held[SHARE:]:
            one.settimeout(10)
            try:
                ended += one.recv(1) == b""
            except ConnectionResetError:
                ended += 1
        assert ended == 2 * SHARE
    finally:
        for one in held:
            one.close()
    for _ in range(100):
        if is_served(address):
            return
    raise AssertionError("what ended is counted for ever")
