"""Two hosts, which are two network namespaces of this machine: one is cut off and comes back."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.adapters.host_certificates import HostFiles
from tests.integration.conftest import until
from tests.integration.linked_hosts import echoed, near_host

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

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root makes network namespaces")


def ip(*words: str) -> None:
    subprocess.run(["/usr/sbin/ip", *words], check=True, capture_output=True)


def started(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command)


@dataclass(frozen=True)
class Namespace:
    """Another host, by a cable of its own."""

    name: str
    cable: str
    here: str
    there: str

    def cut(self) -> None:
        """The cable is pulled out: nobody says goodbye."""
        ip("link", "set", self.cable, "down")

    def mend(self) -> None:
        ip("link", "set", self.cable, "up")


@contextmanager
def another_host() -> Iterator[Namespace]:
    number = os.getpid() % 16000
    net = f"10.{200 + number // 4000}.{number // 20 % 200}"
    made = Namespace(f"ivr-{os.getpid()}", f"ivr{os.getpid()}a", f"{net}.1", f"{net}.2")
    other = made.cable[:-1] + "b"
    ip("netns", "add", made.name)
    try:
        ip("link", "add", made.cable, "type", "veth", "peer", "name", other, "netns", made.name)
        ip("addr", "add", f"{made.here}/30", "dev", made.cable)
        ip("link", "set", made.cable, "up")
        for words in (
            ("link", "set", "lo", "up"),
            ("addr", "add", f"{made.there}/30", "dev", other),
            ("link", "set", other, "up"),
        ):
            ip("-n", made.name, *words)
        yield made
    finally:
        ip("netns", "del", made.name)  # and with it the cable


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
