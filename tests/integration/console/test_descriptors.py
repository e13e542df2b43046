"""What the console holds open: as much as its pools of connections, however many people came and went."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path

from ivr.apps.settings import Settings
from ivr.apps.wiring.door import door
from ivr.apps.wiring.office import OfficeFiles
from ivr.core.access.session import Factor
from ivr.core.access.user import User
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import GRANTED, Role
from ivr.testing.console_visitor import ConsoleVisitor
from ivr.testing.ports import free_port
from tests.integration.conftest import until
from tests.integration.console.held_console import settings_of
from tests.integration.console.test_killed_while_publishing import listens
from tests.unit.apps.publishes import publishes
from tests.unit.apps.publishes import settings as settings

BROWSERS = 10
PAGES = ("/recordings", "/review", "/reports", "/health", "/agents", "/callbacks", "/retention")
ROUNDS = 3
POOLS = 2
"""The office's, and the door's."""
POOL_FILES = 2 * 5
"""The database and its log, for each connection that SQLAlchemy's pool keeps."""
SHARED = 1
"""The index of the log."""
SPARE = 2
"""Such as a file that is read at this moment."""


def a_visitor(settings: Settings, port: int) -> ConsoleVisitor:
    """Somebody who may see nearly everything."""
    ports, name = OfficeFiles(settings), "user:olga"
    try:
        for who, role in (("os:root", Role.SECURITY_OFFICER), *((name, role) for role in Role)):
            details: dict[str, object] = {"role": str(role)}
            ports.log.append([AuditEntry(time.time(), "os:root", GRANTED, who, "done", "a test", details)])
        user = User(name, os.urandom(16), time.time())
        ports.access.users.add(user)
        visits = door(settings, ports.keys, ports.log, ports.roles).visits
        made = ConsoleVisitor(port)
        made.cookie = f"ivr={visits.begin(user, frozenset({Factor.PASSWORD}), address='127.0.0.1').secret}"
        return made
    finally:
        ports.close()


@contextmanager
def console(settings: Settings, port: int) -> Iterator[int]:
    """Its process."""
    words = [sys.executable, "-m", "tests.integration.console.held_console"]
    root = Path(__file__).parents[3]
    process = subprocess.Popen(
        [*words, str(settings.data_dir), str(settings.dialplans[0].file), str(port), "nowhere"], cwd=root
    )
    try:
        asyncio.run(until(lambda: listens(port), "the console listens", seconds=90))
        yield process.pid
    finally:
        process.kill()
        process.wait()


def held(pid: int, data_dir: Path) -> Counter[str]:
    """What a process has open: sockets, and files of that engine's database."""
    kinds: Counter[str] = Counter()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            target = str(link.readlink())
            kinds["sockets"] += target.startswith("socket:")
            kinds["database"] += target.startswith(str(data_dir / "ivr.db"))
            kinds["all"] += 1
    return kinds


async def come_and_go(visitor: ConsoleVisitor) -> None:
    """Ten browsers: each has a page that goes on open, and asks for all the others at once."""
    async with AsyncExitStack() as held_open:
        for number in range(BROWSERS):
            path = ("/wallboard/stream", "/live/stream")[number % 2]
            stream = await held_open.enter_async_context(visitor.stream(path))
            assert await stream.next() is not None
        asks = (asyncio.to_thread(visitor.ask, "GET", path) for _ in range(BROWSERS) for path in PAGES)
        answers = await asyncio.gather(*asks)
    assert {answer.status for answer in answers} == {200}


def test_ten_browsers_leave_nothing_but_the_pools_of_connections(settings: Settings) -> None:
    publishes(settings)
    port = free_port()
    settings = settings_of(settings.data_dir, settings.dialplans[0].file, port)
    visitor = a_visitor(settings, port)
    with console(settings, port) as pid:
        visitor.ask("GET", "/health")
        before = held(pid, settings.data_dir)
        for _ in range(ROUNDS):
            asyncio.run(come_and_go(visitor))
        asyncio.run(
            until(
                lambda: held(pid, settings.data_dir)["sockets"] <= before["sockets"],
                "the connections of browsers that left are closed",
                seconds=10,
            )
        )
        after = held(pid, settings.data_dir)
    assert after["database"] <= POOLS * POOL_FILES + SHARED
    assert after["all"] - after["database"] <= before["all"] - before["database"] + SPARE


def never(where: str, why: str) -> None:
    raise AssertionError(f"{where}: {why}")


def test_housekeeping_that_a_person_asks_for_opens_no_pool_of_its_own(settings: Settings) -> None:
    publishes(settings)
    ports = OfficeFiles(settings)
    gc.disable()  # which would close some by chance
    try:
        for _ in range(8):
            assert list(ports.eraser("a test").judge(ports.plan, never)) == []
            assert list(ports.compactor("a test").run(never)) == []
            assert list(ports.keyed.wrapped_keys(never)) == []
        assert 0 < held(os.getpid(), settings.data_dir)["database"] <= POOL_FILES + SHARED
        ports.close()
        assert held(os.getpid(), settings.data_dir)["database"] == 0
    finally:
        gc.enable()
