"""A file system of 1 MiB, to be filled up and emptied."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


class SmallDisk:
    """Mounted at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def fill(self) -> None:
        """Leave no room."""
        with self._filler.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(65536))

    def empty(self) -> None:
        """Give the room back."""
        self._filler.unlink()

    def read_only(self, is_so: bool) -> None:
        """Refuse every write, or take them again. No file may be open for writing."""
        self._remount("ro" if is_so else "rw")

    def files_left(self, number: int) -> None:
        """Take so many more files, and none beyond."""
        self._remount(f"nr_inodes={number + sum(1 for _ in self.path.rglob('*')) + 1}")

    def _remount(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.path)], check=True, capture_output=True)


@contextmanager
def mounted(where: Path, *, megabytes: int = 1) -> Iterator[SmallDisk]:
    """A disk for the block. Skips the test where nobody may mount one."""
    if os.getuid() != 0:
        pytest.skip("only root may mount a small file system")
    where.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "ivr-test", str(where)]
    made = subprocess.run(command, capture_output=True, check=False)
    if made.returncode:
        pytest.skip("this machine lets nobody mount: " + made.stderr.decode().strip())
    try:
        yield SmallDisk(where)
    finally:
        subprocess.run(["umount", "-l", str(where)], check=True)
