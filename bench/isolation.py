"""`python -m bench.isolation`: what a process for each conversation costs beside one for all, and waking together.

No engine: each conversation is a UDP socket on loopback that gets and sends a packet each 20 ms. Three ways in turns: a
process each, which begin at any moment; a process each, all at the same moments, as cells do (ADR 76); one process for
all. Printed: ms of CPU for each second of each conversation.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import socket
import statistics
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

from ivr.core.media.frame import FRAME_SECONDS

PACKET = bytes(172)
"""20 ms of G.711 with its RTP header (RFC 3550, RFC 3551)."""
WAYS = ("a process each, at any moment", "a process each, together", "one process for all")


def converse(conversations: int, begin: float, seconds: float, told: Connection) -> None:
    """So many conversations in this process, from `begin` on; tells the CPU seconds that they took."""
    pairs = []
    for _ in range(conversations):
        ours, theirs = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for end in (ours, theirs):
            end.bind(("127.0.0.1", 0))
        ours.connect(theirs.getsockname())
        theirs.connect(ours.getsockname())
        theirs.send(PACKET)
        pairs.append((ours, theirs))
    due = begin
    time.sleep(max(0.0, due - time.monotonic()))
    before = time.process_time()
    for _ in range(round(seconds / FRAME_SECONDS)):
        for ours, theirs in pairs:
            ours.recv(2048)
            ours.send(PACKET)
            theirs.recv(2048)
            theirs.send(PACKET)
        due += FRAME_SECONDS
        time.sleep(max(0.0, due - time.monotonic()))
    told.send(time.process_time() - before)


def cost(way: str, conversations: int, seconds: float) -> float:
    """Milliseconds of CPU for each second of each conversation."""
    alone = way == WAYS[2]
    processes = 1 if alone else conversations
    each = conversations if alone else 1
    spread = FRAME_SECONDS / conversations if way == WAYS[0] else 0.0
    begin = time.monotonic() + 1.0
    context = multiprocessing.get_context("fork")
    pipes = [context.Pipe(duplex=False) for _ in range(processes)]
    workers = [
        context.Process(target=converse, args=(each, begin + number * spread, seconds, theirs))
        for number, (_, theirs) in enumerate(pipes)
    ]
    for worker in workers:
        worker.start()
    spent = sum(ours.recv() for ours, _ in pipes)
    for worker in workers:
        worker.join()
    return float(spent) * 1000 / seconds / conversations


def measured(conversations: int, rounds: int, seconds: float, say: Callable[[str], None]) -> dict[str, list[float]]:
    """Of each way, what each round took."""
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    for number in range(rounds):
        for way, costs in found.items():
            say(f"round {number + 1} of {rounds}: {way}")
            costs.append(cost(way, conversations, seconds))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.isolation", description=(__doc__ or "").partition(":")[2])
    parser.add_argument("--conversations", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each round")
    options = parser.parse_args()
    found = measured(
        options.conversations, options.rounds, options.seconds, lambda text: print(text, file=sys.stderr, flush=True)
    )
    for way, costs in found.items():
        print(f"{way:<32}{statistics.median(costs):>7.2f}   {' '.join(f'{one:.2f}' for one in costs)}")
    print(f"{options.conversations} conversations; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
