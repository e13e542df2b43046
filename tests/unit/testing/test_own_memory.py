"""What a process is said to hold must not hang on what else runs beside it."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

from ivr.testing.engine import private_memory_bytes

SIZE = 16 << 20
NOISE = 4 << 20


def test_what_is_only_read_of_a_file_is_not_its_own_and_what_is_written_is(tmp_path: Path) -> None:
    """A Kamailio that ended made another one "grow" by the pages of the program that both had read."""
    file = tmp_path / "program"
    with file.open("wb") as out:
        out.write(b"x" * SIZE)
        os.fsync(out.fileno())  # else its pages are still to be written, which counts as written by us
    before = private_memory_bytes(os.getpid())
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        assert mapped.find(b"y") == -1
        assert abs(private_memory_bytes(os.getpid()) - before) < NOISE
    with mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as written:
        written.write(b"x" * SIZE)
        assert private_memory_bytes(os.getpid()) - before > SIZE - NOISE
