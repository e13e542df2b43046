"""Figures of the console: `python -m bench.console` (`--quick`: few changes).

wallboard: a whole engine, so many viewers of the wallboard's stream in one console process. An agent's state is changed
at the hub; delivery is the time from there to the event that shows it, over all viewers and changes.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from ivr.adapters.agent_file import AgentFile
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.hub_client import hub_of
from ivr.core.queueing.choice import ChoiceKind
from ivr.core.queueing.directory import AgentEntry
from ivr.engine.bus.client import HubClient
from ivr.engine.bus.staff import AgentTaken, AgentTold
from ivr.testing.console_visitor import ConsoleVisitor, EventStream
from ivr.testing.engine import Engine, cpu_seconds, descendants
from ivr.testing.ports import free_port

DIALPLAN = Path(__file__).resolve().parent.parent / "tests" / "integration" / "dialplans" / "early.yaml"
LINK = re.compile(r"http://\S+/invitation\?\S+")
PASSWORD = "four plain words here"
QUIET_SECONDS = 10.0
AGENTS = 50
EACH_ADDRESS = 90
"""Viewers of one loopback address: the console takes a hundred connections of each."""


async def reached(stream: EventStream, word: str) -> float:
    """When this viewer saw it."""
    while True:
        event = await stream.next("parts", seconds=60)
        if event is None:
            raise ConnectionError("a stream ended")
        if word in "".join(event.data["parts"].values()):
            return event.at


def pid_of_console(engine: Engine) -> int:
    """The process that serves it."""
    return next(
        pid for pid in descendants(engine.pid) if b"console" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    )


async def wallboard(engine: Engine, hub: HubClient, visitor: ConsoleVisitor, *, viewers: int, changes: int) -> None:
    """Print how late viewers are, and what they cost."""
    console = pid_of_console(engine)
    async with AsyncExitStack() as held:
        streams = []
        for number in range(viewers):
            here = f"127.0.0.{2 + number // EACH_ADDRESS}"
            streams.append(await held.enter_async_context(visitor.stream("/wallboard/stream", here=here)))
        for stream in streams:
            await stream.next("parts")
        began, before = time.monotonic(), cpu_seconds(console)
        waiting = [asyncio.create_task(reached(stream, "no such state")) for stream in streams]
        await asyncio.sleep(QUIET_SECONDS)
        quiet = (cpu_seconds(console) - before) / (time.monotonic() - began)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        late: list[float] = []
        began, before = time.monotonic(), cpu_seconds(console)
        for number in range(changes):
            reason = f"change {number} of these"
            waiting = [asyncio.create_task(reached(stream, reason)) for stream in streams]
            told = time.monotonic()
            await asyncio.to_thread(hub.ask, AgentTold("alice", ChoiceKind.PAUSE, reason, "os:bench"), AgentTaken)
            late += [at - told for at in await asyncio.gather(*waiting)]
        busy = (cpu_seconds(console) - before) / (time.monotonic() - began)
    cuts = statistics.quantiles(late, n=100)
    print(f"wallboard: {viewers} viewers of {AGENTS} agents, {changes} changes of an agent's state")
    p50, p95, worst = (round(1000 * seconds) for seconds in (cuts[49], cuts[94], max(late)))
    print(f"  delivery           p50 {p50} ms, p95 {p95} ms, worst {worst} ms")
    print(f"  CPU of the console {quiet:.1%} of a core while nothing changes, {busy:.1%} at {changes} changes in a row")


def main() -> None:
    """Start an engine with a console, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.console", description="Measure the console.")
    parser.add_argument("--quick", action="store_true", help="few changes: whether it works at all")
    parser.add_argument("--viewers", type=int, default=200)
    options = parser.parse_args()
    port = free_port()
    settings = {
        "console": {"enabled": True, "listen": f"127.0.0.1:{port}", "sign_in": {"second_factor_for": []}},
        "queues": {"loans": {}, "cards": {}},
    }
    with tempfile.TemporaryDirectory(prefix="ivrbench") as directory:
        engine = Engine(Path(directory), dialplan=DIALPLAN, cells=1, edge=False, settings=settings)
        agents = AgentFile(load_settings(engine.settings_file, {}).agents_path)
        for name in ("alice", *(f"agent{number}" for number in range(AGENTS - 1))):
            agents.put(AgentEntry(name, None, f"sip:{name}@127.0.0.1:9"))
        engine.start()
        try:
            visitor = ConsoleVisitor(port)
            link = LINK.search(engine.log_text())
            if link is None:
                raise SystemExit("the engine printed no link")
            visitor.come_in(link[0], PASSWORD)
            hub = hub_of(load_settings(engine.settings_file, {}))
            changes = 5 if options.quick else 50
            asyncio.run(wallboard(engine, hub, visitor, viewers=options.viewers, changes=changes))
        finally:
            engine.stop()


if __name__ == "__main__":
    main()
