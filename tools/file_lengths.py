#!/usr/bin/env python3
"""No file of ours is longer than a reader holds in mind: 400 lines; near 300 is right."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
MOST = 400
"""Lines."""


def too_long() -> Iterator[tuple[Path, int]]:
    """Files over the limit, and their lines."""
    for folder in ("ivr", "tests", "bench", "tools"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            lines = file.read_text(encoding="utf-8").count("\n")
            if lines > MOST:
                yield file.relative_to(ROOT), lines


if __name__ == "__main__":
    found = list(too_long())
    for file, lines in found:
        print(f"{file} has {lines} lines, more than {MOST}: take apart what does not belong together")
    sys.exit(1 if found else 0)
