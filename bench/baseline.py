"""What this machine costs by itself: a Python process that only wakes 50 times a second.

Read the other figures against it. On a busy or virtual machine its late wakes are everyone's late packets.
"""

from __future__ import annotations

import json
import subprocess
import sys

from bench.figures import Figure

TICKER = """
import json, time
late, due, began, cpu = [], time.monotonic(), time.monotonic(), time.process_time()
while time.monotonic() - began < {seconds}:
    due += 0.02
    time.sleep(max(0.0, due - time.monotonic()))
    late.append((time.monotonic() - due) * 1000)
print(json.dumps([late, (time.process_time() - cpu) * 1000 / {seconds}]))
"""


def baseline(seconds: float = 5.0) -> list[Figure]:
    """Lateness of wakes in ms, and CPU in ms per second."""
    found = subprocess.run(
        [sys.executable, "-c", TICKER.format(seconds=seconds)], capture_output=True, text=True, check=True
    )
    late, cpu = json.loads(found.stdout)
    return [
        Figure("baseline: a process that wakes 50 times a second is late by", "ms", tuple(late)),
        Figure("baseline: its CPU", "ms/s", (cpu,)),
    ]
