"""Room on disks, as the kernel tells it (statvfs(3))."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ivr.ports.disks import DiskState

FILES_LEAST = 100
"""A file system with fewer files left (inodes) is full, whatever its bytes: calls and days make new ones."""


class MountedDisks:
    """The file systems below some directories."""

    def __init__(self, directories: Mapping[str, Path]) -> None:
        """`directories`: what lies there -> where."""
        self._directories = directories

    def look(self) -> Sequence[DiskState]:
        """How they are now."""
        return [_state(place, directory) for place, directory in self._directories.items()]


def _state(place: str, directory: Path) -> DiskState:
    try:
        found = os.statvfs(directory)
    except OSError as error:
        return DiskState(place, str(directory), 0, error.strerror or "it does not answer")
    fault = ""
    if found.f_flag & os.ST_RDONLY:
        fault = "it is mounted read-only"
    elif found.f_files and found.f_favail < FILES_LEAST:  # 0 files: this file system does not count them
        fault = "it takes no more files (inodes)"
    return DiskState(place, str(directory), found.f_bavail * found.f_frsize, fault)
