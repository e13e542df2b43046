"""`python -m bench.relay`: what encrypted calls cost beside calls in clear, in turn, on one engine.

Robots on the wire: SIP over UDP with RTP, and SIP over TLS with SRTP (SDES) through the media relay. Their own work is
not counted. Set-up is from the INVITE to its 200, on a connection that stands: the handshake of TLS before it is not in
it. The relay is one process for all: its memory before there was an encrypted call, and by how much it had grown. With
`--bridge` each caller talks to an agent, whose phone registered the same way: encrypted, the relay then carries two
legs of each call.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from bench.baseline import baseline
from bench.figures import Figure, table
from ivr.errors import EnvironmentFault, IvrError
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.certificates import Authority
from ivr.testing.engine import Engine, cpu_seconds, private_memory_bytes
from ivr.testing.ports import free_port
from ivr.testing.robot import RobotCaller

DIALPLAN = Path(__file__).resolve().parent.parent / "tests" / "integration" / "dialplans" / "line.yaml"
"""It waits for a key for half a minute: longer than a round."""
DESK = Path(__file__).resolve().parent / "dialplans" / "desk.yaml"
"""It has nothing but agents."""
PASSWORD = "of the bench"
SETUP_GOAL_MS = 80.0
RELAY_GOAL_MS = 1.5
"""CPU of the relay, ms a second of a call."""
REGISTER_SECONDS = 30.0
SETTLE_SECONDS = 3.0
"""From the last answer on: what a beginning costs is not what a call costs."""


class Line:
    """An engine that takes both, and its callers."""

    def __init__(self, folder: Path, cells: int, *, bridge: bool) -> None:
        self.bridge, self._secret = bridge, folder / "password"
        self._authority, self._tls_port = Authority(), free_port()
        files = self._authority.issue(folder)
        tls = {
            "listen": f"127.0.0.1:{self._tls_port}", "certificate": str(files.certificate), "key": str(files.key)
        }  # fmt: skip
        office = {"office": "sip:office@127.0.0.1:9"}  # the dialplan names it; nobody calls it
        queues = {"desk": {"set_aside_seconds": 0.0}}
        settings = {"sip": {"tls": tls}, "media": {"relay": "auto"}, "transfers": office, "queues": queues}
        dialplan = DESK if bridge else DIALPLAN
        self.engine = Engine(folder / "engine", dialplan=dialplan, cells=cells, settings=settings)

    def employ(self, count: int) -> None:
        """So many agents; before the engine starts."""
        self._secret.write_text(PASSWORD, encoding="utf-8")
        for number in range(count):
            added = self.engine.command("agents", "add", f"agent{number}", "--password-file", str(self._secret))
            if added.returncode:
                raise IvrError(added.stderr)

    @asynccontextmanager
    async def phones(self, count: int, *, encrypted: bool) -> AsyncIterator[list[RobotAgent]]:
        """Of so many agents, registered one way or the other, and known to be there."""
        how: dict[str, Any] = {"registrar": self.engine.target}
        if encrypted:
            registrar = ("127.0.0.1", self._tls_port)
            how = {"registrar": registrar, "transport": "tls", "tls": self._authority.context(), "srtp": True}
        async with AsyncExitStack() as stack:
            phones = [
                await stack.enter_async_context(RobotAgent(user=f"agent{n}", password=PASSWORD, **how))
                for n in range(count)
            ]
            deadline = time.monotonic() + REGISTER_SECONDS
            while await asyncio.to_thread(self._free) < count:
                if time.monotonic() > deadline:
                    raise EnvironmentFault("the agents' phones registered, and the hub does not know of them")
                await asyncio.sleep(0.1)
            yield phones

    def _free(self) -> int:
        return sum(one["state"] == "available" for one in self.engine.status()["agents"])

    def caller(self, *, encrypted: bool) -> RobotCaller:
        """Who dials one or the other."""
        if not encrypted:
            host, port = self.engine.target
            return RobotCaller(target=(host, port), uri=f"sip:service@{host}:{port}")
        uri = f"sip:service@127.0.0.1:{self._tls_port};transport=tls"
        context = self._authority.context()
        return RobotCaller(target=("127.0.0.1", self._tls_port), uri=uri, transport="tls", tls=context)

    def processes(self) -> dict[int, str]:
        """What of the engine's each process is: cell, media relay, edge, other."""
        found = {}
        for pid in self.engine.children():
            name = Path(f"/proc/{pid}/comm").read_text().strip()
            kind = {"rtpengine": "media relay", "kamailio": "edge"}.get(name, "other")
            found[pid] = "cell" if name.startswith("ivr-cell") else kind
        return found


async def burst(line: Line, *, calls: int, seconds: float, encrypted: bool) -> dict[str, list[float]]:
    """So many calls at once, silent: set-up of each, ms; CPU by kind, ms a second of a call; the relay's memory, MB."""
    agents = calls if line.bridge else 0
    async with line.phones(agents, encrypted=encrypted) as phones, line.caller(encrypted=encrypted) as robot:
        held = [await robot.dial(srtp=encrypted) for _ in range(calls)]
        await asyncio.gather(*(phone.takes_call() for phone in phones))
        await asyncio.sleep(SETTLE_SECONDS)
        processes = line.processes()
        before = {pid: cpu_seconds(pid) for pid in processes}
        await asyncio.sleep(seconds)
        found: dict[str, list[float]] = {"set-up": [(call.answered_at - call.invited_at) * 1000 for call in held]}
        for kind in ("cell", "media relay", "edge"):
            spent = sum(cpu_seconds(pid) - before[pid] for pid, one in processes.items() if one == kind)
            found[kind] = [spent * 1000 / seconds / calls]
        found["memory"] = [private_memory_bytes(pid) / 1e6 for pid, one in processes.items() if one == "media relay"]
    return found


async def measure(line: Line, options: argparse.Namespace, say: Callable[[str], None]) -> list[Figure]:
    """Both kinds in turn, so that what else the machine does meets both."""
    found: dict[tuple[bool, str], list[float]] = {}
    for number in range(options.rounds):
        for encrypted in (False, True):
            one = await burst(line, calls=options.calls, seconds=options.seconds, encrypted=encrypted)
            for name, samples in one.items():
                found.setdefault((encrypted, name), []).extend(samples)
            cost = ", ".join(f"{name} {statistics.fmean(samples):.1f}" for name, samples in one.items())
            say(f"{number + 1} of {options.rounds}, {'TLS and SRTP' if encrypted else 'clear'}: {cost}")
            await asyncio.sleep(1.0)
    figures = _memory(found.pop((False, "memory")), found.pop((True, "memory")), options.calls)
    for (encrypted, name), samples in sorted(found.items(), key=lambda item: (item[0][1], item[0][0])):
        how = "TLS and SRTP" if encrypted else "clear"
        goal = {"set-up": SETUP_GOAL_MS, "media relay": RELAY_GOAL_MS}.get(name) if encrypted else None
        unit = "ms" if name == "set-up" else "ms/s"
        shown = "INVITE to 200" if name == "set-up" else f"CPU a call, {name}"
        figures.append(Figure(f"{shown}, {how}", unit, tuple(samples), goal=goal))
    return figures


def _memory(clear: list[float], encrypted: list[float], calls: int) -> list[Figure]:
    """Of the relay's one process. What it took for a call it keeps, so its most is compared with its first."""
    grown = (max(encrypted) - clear[0]) * 1000 / calls
    return [
        Figure("memory of the relay's own, before an encrypted call", "MB", (clear[0],)),
        Figure("growth of it, each encrypted call at once", "kB", (grown,)),
    ]


def main() -> None:
    """Start an engine, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.relay", description="What encrypted calls cost.")
    parser.add_argument("--calls", type=int, default=8, help="at once")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each round")
    parser.add_argument("--bridge", action="store_true", help="each caller talks to an agent")
    options = parser.parse_args()

    def say(text: str) -> None:
        sys.stderr.write(f"{text}\n")

    with tempfile.TemporaryDirectory(prefix="ivrrelay") as directory:
        line = Line(Path(directory), options.calls, bridge=options.bridge)
        line.employ(options.calls if options.bridge else 0)
        line.engine.start()
        try:
            figures = asyncio.run(measure(line, options, say))
        except IvrError as error:
            sys.exit(f"bench.relay: {error}")
        finally:
            line.engine.stop()
        figures += baseline(2.0)
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    sys.stdout.write(f"{table(figures)}\nmachine: {machine}; callers and engine on the same one\n")


if __name__ == "__main__":
    main()
