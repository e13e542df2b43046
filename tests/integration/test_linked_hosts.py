"""Two hosts, which are two network namespaces of this machine: one is cut off and comes back."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.adapters.host_certificates import HostFiles
from ivr.engine.link.carrying import carry
from ivr.engine.link.dialling import OPEN_SECONDS
from ivr.testing.ports import free_port
from tests.integration.conftest import until
from tests.integration.linked_hosts import another_host, echoed, far_host, near_host

NOTICED_SECONDS = 5.0
"""A host that was cut off is known to be by then."""
FAR_HOST = """
import asyncio, sys
from pathlib import Path
from tests.integration.linked_hosts import far_host

async def main():
    async with far_host(Path(sys.argv[1]), (sys.argv[2], 10300), Path(sys.argv[3])):
        await asyncio.Event().wait()

asyncio.run(main())
"""


def started(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command)


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes network namespaces")
async def test_a_host_that_is_cut_off_is_noticed_and_serves_again_when_it_is_back(tmp_path: Path) -> None:
    files, identity, near = HostFiles(tmp_path / "hosts"), tmp_path / "hk2.pem", tmp_path / "near.sock"
    identity.write_bytes(files.add("hk2", now=datetime.now(UTC)).identity)
    identity.chmod(0o600)
    with another_host() as host:
        words = [sys.executable, "-c", FAR_HOST, str(identity), host.there, str(tmp_path)]
        far = started(["/usr/sbin/ip", "netns", "exec", host.name, *words])
        try:
            async with near_host(files, "hk2", (host.there, 10300), near) as told:
                await until(near.exists, "no socket")
                reader, writer = await asyncio.open_unix_connection(near)
                writer.write(b"hello")
                assert await reader.readexactly(5) == b"hello"
                host.cut()
                cut = time.monotonic()
                async with asyncio.timeout(30.0):
                    assert await reader.read(1) == b""
                assert time.monotonic() - cut < NOTICED_SECONDS + 2.0  # of a busy machine
                writer.close()
                await until(lambda: any("cut off" in line for line in told), "nobody was told")
                assert not near.exists()
                host.mend()
                await until(near.exists, "it does not come back")
                assert await echoed(near, b"again") == b"again"
                far.kill()
                await until(lambda: not near.exists(), "a host whose process died is believed to serve")
        finally:
            far.kill()
            far.wait()


async def test_who_comes_while_the_link_breaks_is_told_that_it_broke(tmp_path: Path) -> None:
    """Or a cell that had come back to the socket a moment before would wait at it for ever."""
    files, identity, near = HostFiles(tmp_path / "hosts"), tmp_path / "hk2.pem", tmp_path / "near.sock"
    identity.write_bytes(files.add("hk2", now=datetime.now(UTC)).identity)
    identity.chmod(0o600)
    far, way = free_port(), free_port()
    first, dialled = list[asyncio.StreamWriter](), asyncio.Event()

    async def on_the_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The first connection goes through; later ones find the host cut off."""
        if first:
            dialled.set()
            await reader.read()  # what it says is never answered
            writer.close()
            return
        first.append(writer)
        await carry((reader, writer), await asyncio.open_connection("127.0.0.1", far))

    server = await asyncio.start_server(on_the_way, "127.0.0.1", way)
    async with far_host(identity, ("127.0.0.1", far), tmp_path), near_host(files, "hk2", ("127.0.0.1", way), near):
        await until(near.exists, "no socket")
        reader, writer = await asyncio.open_unix_connection(near)
        await dialled.wait()
        first[0].transport.abort()
        async with asyncio.timeout(OPEN_SECONDS + 5.0):
            assert await reader.read(1) == b""
        writer.close()
    server.close()


async def test_a_line_of_two_machines_is_found_where_it_leads_and_found_again_where_it_goes(tmp_path: Path) -> None:
    """One of its addresses is silent as a stopped machine is: the kernel takes connections, and nobody speaks."""
    files, identity, near = HostFiles(tmp_path / "hosts"), tmp_path / "hk2.pem", tmp_path / "near.sock"
    identity.write_bytes(files.add("hk2", now=datetime.now(UTC)).identity)
    identity.chmod(0o600)
    one, other = ("127.0.0.1", free_port()), ("127.0.0.1", free_port())
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        places = (silent.getsockname(), one, other)
        async with near_host(files, "hk2", places[0], near, *places[1:]):
            for there in (one, other):
                async with far_host(identity, there, tmp_path):
                    await until(near.exists, "no socket")
                    assert await echoed(near, b"hello") == b"hello"
                await until(lambda: not near.exists(), "a machine that leads no more is still used")


async def test_a_machine_that_is_somebody_else_takes_no_other_ones_place(tmp_path: Path) -> None:
    files, identity, near = HostFiles(tmp_path / "hosts"), tmp_path / "hk2.pem", tmp_path / "near.sock"
    strange, strange_identity = HostFiles(tmp_path / "strange"), tmp_path / "strange.pem"
    for made, of in ((identity, files), (strange_identity, strange)):
        made.write_bytes(of.add("hk2", now=datetime.now(UTC)).identity)
        made.chmod(0o600)
    ours, theirs = ("127.0.0.1", free_port()), ("127.0.0.1", free_port())
    (tmp_path / "theirs").mkdir()
    async with (
        far_host(strange_identity, theirs, tmp_path / "theirs") as stranger,
        near_host(files, "hk2", theirs, near, ours) as told,
    ):
        await until(lambda: "not who it should be" in "".join(told), "a stranger is not named")
        async with far_host(identity, ours, tmp_path):
            await until(near.exists, "no socket")
            assert await echoed(near, b"hello") == b"hello"
    assert stranger.came == 0
