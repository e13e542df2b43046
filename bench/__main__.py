"""`make bench`: figures of an engine of its own, measured on the wire, as a table."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import measures
from bench.baseline import baseline
from bench.figures import Figure, table
from bench.measures import Bench
from ivr.core.media.wav import read_wav
from ivr.testing.engine import Engine

ROOT = Path(__file__).resolve().parent.parent
DIALPLAN = ROOT / "tests" / "integration" / "dialplans" / "line.yaml"
REAL_VOICE = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
"""Of Debian's asterisk-core-sounds-en-wav."""


def progress(text: str) -> None:
    """One line that is rewritten, or lines where there is no terminal."""
    sys.stderr.write(f"\r\033[K{text}" if sys.stderr.isatty() else f"{text}\n")
    sys.stderr.flush()


async def measure(bench: Bench, cells: Callable[[], list[int]], *, quick: bool, most: int) -> list[Figure]:
    """Every measurement, one after the other."""
    figures = await measures.setup(bench, 5 if quick else 30)
    figures += await measures.keys(bench, 3 if quick else 20)
    figures += await measures.speech(bench, 3 if quick else 15)
    figures += await measures.cost(bench, cells, 2)
    figures += await measures.capacity(bench, most)
    return figures


def main() -> None:
    """Start an engine, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the engine on the wire.")
    parser.add_argument("--quick", action="store_true", help="few samples: whether it works at all")
    parser.add_argument("--calls", type=int, default=12, help="most calls at once to try")
    parser.add_argument("--no-edge", action="store_true", help="without Kamailio in front")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ivrbench") as directory:
        engine = Engine(
            Path(directory),
            dialplan=DIALPLAN,
            cells=options.calls,
            edge=not options.no_edge,
            settings={"transfers": {"office": "sip:office@127.0.0.1:9"}},  # the dialplan names it; nobody calls it
        )
        progress("starting an engine")
        engine.start()
        try:
            word = read_wav((REAL_VOICE / "telephone-number.wav").read_bytes(), "voice")
            bench = Bench(engine, measures.prompts_of(engine, DIALPLAN), word, progress)
            quiet = baseline()
            figures = asyncio.run(measure(bench, engine.cell_pids, quick=options.quick, most=options.calls))
        finally:
            engine.stop()
    progress("")
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    sys.stdout.write(f"{table([*figures, *quiet])}\nmachine: {machine}; callers and engine on the same one\n")


if __name__ == "__main__":
    main()
