"""`python -m bench.peer`: what a call costs here and at another SIP server, the same caller, in turns, in one run.

    python -m bench.peer --sip 127.0.0.1:5090 --pid PID --calls 10
    python -m bench.peer --clock python          our own other way to move frames as the peer
    python -m bench.peer                         ours alone
    python -m bench.peer --bridge 5091 …         talks: each side connects its calls to sip:desk@127.0.0.1:5091, where
                                                 agents of the bench answer

Counted is the CPU (user and system) of all processes of each side while so many callers listen to a prompt and are
silent: in ms for each second of each call. Both sides run on this machine, and see it as busy as it is.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.baseline import baseline
from ivr.errors import IvrError, PeerError
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.engine import Engine, cpu_seconds, descendants, process_name
from ivr.testing.robot import RobotCaller

DIALPLANS = Path(__file__).resolve().parent / "dialplans"
SETTLE_SECONDS = 2.0
"""After the last answer, before it is counted."""
TALK_WAIT_SECONDS = 30.0
"""Longest wait for an agent's phone to be rung and answered."""
LATE_GAP_SECONDS = 0.04
SHARES_SHOWN = 6


@dataclass(slots=True)
class Side:
    """One of the two."""

    name: str
    target: tuple[str, int]
    pid: int
    """All of it is this process and those below it."""
    user: str = "service"
    idle: list[float] = field(default_factory=list)
    """ms of CPU a second, of each round."""
    costs: list[float] = field(default_factory=list)
    """ms of CPU a call-second, of each round."""
    shares: list[dict[str, float]] = field(default_factory=list)
    """Name of a process -> ms of CPU a call-second of all that have it, of each round."""
    late: int = 0
    """Packets that came so late that a frame was missing."""

    def spent(self) -> dict[str, float]:
        """Name of a process -> seconds of CPU so far, of all that runs now."""
        found: dict[str, float] = defaultdict(float)
        for pid in (self.pid, *descendants(self.pid)):
            try:
                found[process_name(pid).rstrip("-0123456789")] += cpu_seconds(pid)
            except (FileNotFoundError, ProcessLookupError):  # it ended just now
                continue
        return found


async def measure(side: Side, calls: int, seconds: float, bridge: int | None = None) -> None:
    """One round: what it costs to wait, then what calls cost. `bridge`: the port at which their agent answers."""
    before, began = side.spent(), time.monotonic()
    await asyncio.sleep(seconds / 2)
    side.idle.append((sum(side.spent().values()) - sum(before.values())) * 1000 / (time.monotonic() - began))
    host, port = side.target
    async with AsyncExitStack() as stack:
        agent = None if bridge is None else await stack.enter_async_context(RobotAgent(user="desk", port=bridge))
        caller = RobotCaller(target=side.target, uri=f"sip:{side.user}@{host}:{port}")
        robot = await stack.enter_async_context(caller)
        held = []
        for _ in range(calls):
            held.append(await robot.dial())
            if agent is not None:
                held.append(await agent.takes_call(TALK_WAIT_SECONDS))
        await asyncio.sleep(SETTLE_SECONDS)
        before, began = side.spent(), time.monotonic()
        await asyncio.sleep(seconds)
        spent, passed = side.spent(), time.monotonic() - began
        share = {name: (cpu - before[name]) * 1000 / passed / calls for name, cpu in spent.items()}
        side.shares.append(share)
        side.costs.append(sum(share.values()))
        side.late += sum(call.late_packets(LATE_GAP_SECONDS) for call in held)


@contextmanager
def ours(name: str, calls: int, clock: str, bridge: int | None = None) -> Iterator[Side]:
    """An engine of its own; `bridge`: the port of its agents' telephones."""
    with tempfile.TemporaryDirectory(prefix="ivrpeer") as directory:
        media = {"clock": clock, "relay": None, "relay_ports": None}
        settings: dict[str, Any] = {"media": media, "inspection": None}
        dialplan = DIALPLANS / ("prompt.yaml" if bridge is None else "desk.yaml")
        if bridge is not None:
            settings["queues"] = {"desk": {"set_aside_seconds": 0.0}}
        engine = Engine(Path(directory), dialplan=dialplan, cells=calls, settings=settings)
        for number in range(0 if bridge is None else calls):
            added = engine.command("agents", "add", f"desk{number}", "--uri", f"sip:desk@127.0.0.1:{bridge}")
            if added.returncode:
                raise PeerError(added.stderr)
        engine.start()
        try:
            yield Side(name, engine.target, engine.pid)
        finally:
            engine.stop()


def report(sides: list[Side], calls: int, seconds: float) -> str:
    """A table, and the ratio."""
    lines = [f"{'side':<24}{'ms a call-second':>18}{'rounds':>34}{'idle, ms a second':>20}{'late packets':>14}"]
    for side in sides:
        rounds = " ".join(f"{cost:.2f}" for cost in side.costs)
        cost, idle = statistics.median(side.costs), statistics.median(side.idle)
        lines.append(f"{side.name:<24}{cost:>18.2f}{rounds:>34}{idle:>20.1f}{side.late:>14}")
    for side in sides:
        parts = {name: statistics.median(share.get(name, 0.0) for share in side.shares) for name in side.shares[0]}
        most = sorted(parts.items(), key=lambda part: -part[1])[:SHARES_SHOWN]
        lines.append(f"of {side.name}: " + ", ".join(f"{name} {cost:.2f}" for name, cost in most))
    if len(sides) > 1:
        first, second = (statistics.median(side.costs) for side in sides)
        lines.append(f"ratio to {sides[1].name}: {first / second:.2f}")
    (_, machine) = baseline(2.0)
    load = os.getloadavg()[0]
    lines.append(
        f"{calls} calls, {seconds:g} s a round, {len(sides[0].costs)} rounds; {os.cpu_count()} cores, load {load:.1f}; "
        f"a Python process that only wakes 50 times a second: {machine.samples[0]:.1f} ms a second"
    )
    return "\n".join(lines)


def run(sides: list[Side], options: argparse.Namespace, say: Callable[[str], None]) -> None:
    """All rounds, the sides in turns."""
    for number in range(options.rounds):
        for side in sides:
            say(f"round {number + 1} of {options.rounds}: {side.name}")
            asyncio.run(measure(side, options.calls, options.seconds, options.bridge))


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.peer", description="What a call costs here and elsewhere.")
    parser.add_argument("--sip", metavar="HOST:PORT", help="the peer's address; it must answer and play something")
    parser.add_argument("--pid", type=int, help="the peer's process; all below it count as well")
    parser.add_argument("--user", default="service", help="whom to call there")
    parser.add_argument("--name", default="the peer", help="what it is called in the table")
    parser.add_argument(
        "--clock", choices=["python", "auto"], help="an engine of ours with this media.clock as the peer"
    )
    parser.add_argument(
        "--bridge", type=int, metavar="PORT", help="talks with an agent whose telephone is at this port"
    )
    parser.add_argument("--calls", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each round")
    options = parser.parse_args()
    if (options.sip is None) != (options.pid is None):
        parser.error("--sip and --pid belong together: where the peer listens, and whose CPU is counted")

    def say(text: str) -> None:
        sys.stderr.write(f"{text}\n")

    try:
        with ours("ivr", options.calls, "auto", options.bridge) as here:
            if options.sip is not None:
                host, _, port = options.sip.rpartition(":")
                sides = [here, Side(options.name, (host, int(port)), options.pid, options.user)]
                run(sides, options, say)
            elif options.clock is not None:
                name = f"media.clock: {options.clock}"
                with ours(name, options.calls, options.clock, options.bridge) as other:
                    sides = [here, other]
                    run(sides, options, say)
            else:
                sides = [here]
                run(sides, options, say)
    except IvrError as error:
        sys.exit(f"bench.peer: {error}")
    sys.stdout.write(report(sides, options.calls, options.seconds) + "\n")


if __name__ == "__main__":
    main()
