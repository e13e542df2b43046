"""Two hubs on one PostgreSQL: one leads, and the other takes over when it dies."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from ivr.testing.engine import alive
from ivr.testing.postgres import find_postgres, running_postgres
from tests.integration.conftest import Line, start_line, until
from tests.integration.test_supervisor import dials


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """An engine with a standby."""
    binaries = find_postgres()
    assert binaries is not None, "PostgreSQL is not installed (apt-get install postgresql)"
    with running_postgres(binaries) as url:
        database = {"url": url, "standby": True}
        line = start_line(tmp_path_factory.mktemp("pair"), cells=2, settings={"database": database}, edge=False)
        children = line.engine.children()
        yield line
        line.engine.stop()
    assert not [pid for pid in children if alive(pid)], "the engine left processes behind"


def hubs(line: Line) -> set[int]:
    """Pids of both."""
    return set(line.engine.named("ivr-hub"))


async def test_a_killed_leader_is_followed_by_the_one_who_stood_by(pair: Line) -> None:
    await until(lambda: len(hubs(pair)) == 2, "there is no standby")
    leader = int(pair.engine.status()["hub"]["pid"])
    async with pair.caller() as robot:
        call = await dials(robot)
        await until(lambda: any(cell["call_id"] for cell in pair.engine.status()["cells"]), "the hub knows of no call")
        os.kill(leader, signal.SIGKILL)
        killed = time.monotonic()

        def follower() -> bool:
            found = pair.engine.command("status", "--json")
            return found.returncode == 0 and int(pair.engine.status()["hub"]["pid"]) != leader

        await until(follower, "nobody follows")
        took = time.monotonic() - killed
        await until(
            lambda: any(cell["call_id"] for cell in pair.engine.status()["cells"]), "the new hub knows of no call"
        )
        await call.hang_up()
    await until(lambda: len(hubs(pair)) == 2, "the dead one is not replaced by another standby")
    assert took < 20.0, took
