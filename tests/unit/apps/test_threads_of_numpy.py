"""Whatever embeds voices keeps numpy to one thread: OpenBLAS counts them while numpy is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COUNTED = "import os, sys; {imports}; assert 'numpy' in sys.modules; print(len(os.listdir('/proc/self/task')))"


def threads(imports: str) -> int:
    """Of a process that imports this, where nobody set how many."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    found = subprocess.run(
        [sys.executable, "-c", COUNTED.format(imports=imports)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(found.stdout)


@pytest.mark.parametrize(
    "imports",
    [
        pytest.param("import ivr.apps.wiring.process, ivr.adapters.campplus_embedder", id="a process of the engine"),
        pytest.param("import ivr.apps.cli.main, ivr.apps.cli.voiceprint, numpy", id="ivr voiceprint"),
        pytest.param("import bench.voices", id="a measurement"),
        pytest.param("import bench.watchlist", id="another measurement"),
    ],
)
def test_a_process_that_embeds_has_one_thread_for_all_of_numpys_work(imports: str) -> None:
    if threads("import numpy") == 1:
        pytest.skip("numpy makes no threads here anyway: one processor, or a build without them")
    assert threads(imports) == 1
