"""`python -m bench.talkers`: how many callers who talk at once are answered within 700 ms.

    python -m bench.talkers --callers 1 2 4 6 8 --turns 6

Each caller dials, says two words into the prompt, waits for the answer, hangs up, rests for one to three seconds, and
begins again: everybody on their own time. Counted is from the end of their speech to the first packet of the answer,
where the caller is. Callers and engine are on the same machine, and see it as busy as it is.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
from pathlib import Path

from bench import measures
from bench.__main__ import DIALPLAN, REAL_VOICE, progress
from bench.figures import Figure, table
from bench.measures import Bench
from ivr.core.media.wav import read_wav
from ivr.errors import IvrError
from ivr.testing.engine import Engine

GOAL_MS = 700.0
REST_SECONDS = (1.0, 3.0)


async def talks(bench: Bench, turns: int, chance: random.Random) -> list[float | None]:
    """One caller, call after call: milliseconds to each answer, None where none came."""
    found = []
    async with bench.caller() as robot:
        for _ in range(turns):
            await asyncio.sleep(chance.uniform(*REST_SECONDS))
            found.append((await measures.spoken_turn(bench, robot))[1])
    return found


async def together(bench: Bench, callers: int, turns: int) -> list[float | None]:
    """So many at once."""
    rows = await asyncio.gather(*(talks(bench, turns, random.Random(number)) for number in range(callers)))
    return [ms for row in rows for ms in row]


def main() -> None:
    """Start an engine, measure with more and more callers, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.talkers", description="Callers who talk at once.")
    parser.add_argument("--callers", type=int, nargs="+", default=[1, 2, 4, 6, 8], metavar="N", help="at once, each")
    parser.add_argument("--turns", type=int, default=6, help="of each caller")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ivrtalk") as directory:
        engine = Engine(
            Path(directory),
            dialplan=DIALPLAN,
            cells=max(options.callers) + 1,
            settings={"transfers": {"office": "sip:office@127.0.0.1:9"}},  # the dialplan names it; nobody calls it
        )
        progress("starting an engine")
        engine.start()
        figures = []
        try:
            word = read_wav((REAL_VOICE / "telephone-number.wav").read_bytes(), "voice")
            bench = Bench(engine, measures.prompts_of(engine, DIALPLAN), word, progress)
            for count in options.callers:
                progress(f"{count} callers talk")
                found = asyncio.run(together(bench, count, options.turns))
                heard = tuple(ms for ms in found if ms is not None)
                name = f"{count} callers, {len(heard)} of {len(found)} answered"
                figures.append(Figure(name, "ms", heard, goal=GOAL_MS))
        except IvrError as error:
            sys.exit(f"bench.talkers: {error}")
        finally:
            engine.stop()
    progress("")
    sys.stdout.write(f"{table(figures)}\nmachine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")


if __name__ == "__main__":
    main()
