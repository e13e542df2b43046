"""`python -m bench.side_by_side`: events a second and memory of a call, one table. Reported, never asserted.

Times are CPU time of one core, so that other work on the machine counts less."""

from __future__ import annotations

import gc
import time
import tracemalloc
from statistics import median
from typing import Any

from bench.side_by_side.dialogue import ACTS, WORDS, Machine
from bench.side_by_side.ours import Ours
from bench.side_by_side.with_sismic import WithSismic
from bench.side_by_side.with_statemachine import WithStatemachine
from bench.side_by_side.with_transitions import WithTransitions

ROUNDS = 5
SECONDS = 0.4
"""Of calls, each round and library; rounds take turns, so that a busy moment of the machine meets all."""
BATCH = 50
"""Calls begun, and then played, at a time."""
CALLS = 200
"""Calls at once whose memory is measured."""


def speed(machine: Machine[Any]) -> tuple[float, float]:
    """Seconds to begin a call, and events a second in running ones."""
    began = played = 0.0
    calls = 0
    while began + played < SECONDS:
        start = time.process_time()
        batch = [machine.begin() for _ in range(BATCH)]
        middle = time.process_time()
        for call in batch:
            machine.play(call)
        began += middle - start
        played += time.process_time() - middle
        calls += BATCH
    return began / calls, calls * len(ACTS) / played


def memory(machine: Machine[Any]) -> float:
    """Bytes of one call in the menu."""
    machine.begin()
    gc.collect()
    tracemalloc.start()
    calls = [machine.begin() for _ in range(CALLS)]
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return size / len(calls)


def rows() -> list[tuple[str, float, float, float]]:
    """Library, events a second, seconds to begin a call, bytes of a call."""
    machines: list[Machine[Any]] = [Ours(), WithTransitions(), WithStatemachine(), WithSismic()]
    for machine in machines:
        said = tuple(machine.play(machine.begin()))
        assert said == WORDS, f"{machine.name} says something else: {said}"
    speeds: list[list[tuple[float, float]]] = [[] for _ in machines]
    for _ in range(ROUNDS):
        for machine, found in zip(machines, speeds, strict=True):
            found.append(speed(machine))
    return [
        (machine.name, median(events for _, events in found), median(begin for begin, _ in found), memory(machine))
        for machine, found in zip(machines, speeds, strict=True)
    ]


def main() -> None:
    """Print the table."""
    print(f"{'the same dialogue in':<22}{'events a second':>16}{'to begin a call':>18}{'memory of a call':>18}")
    for name, events, begin, size in rows():
        print(f"{name:<22}{events:>16,.0f}{begin * 1e6:>15,.0f} us{size / 1024:>15.1f} kB")


if __name__ == "__main__":
    main()
