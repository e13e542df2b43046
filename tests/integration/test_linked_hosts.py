"""Two hosts, which are two network namespaces of this machine: one is cut off and comes back."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.adapters.host_certificates import HostFiles
from tests.integration.conftest import until
from tests.integration.linked_hosts import another_host, echoed, near_host

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


def started(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command)


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
