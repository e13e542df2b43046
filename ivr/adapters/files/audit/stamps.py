"""Time-stamps beside the audit log: of each stamped checkpoint its text and the stamp."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ivr.durable import translated, write_durably
from ivr.errors import SealError
from ivr.ports.time_stamps import Stamp

CHECKPOINT, STAMP = ".checkpoint", ".tsr"


class StampFiles:
    """Stamps in a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def keep(self, stamp: Stamp) -> str:
        """Keep one, durably; returns its file."""
        stem = self._directory / f"{stamp.size:012}"
        write_durably(stem.with_suffix(CHECKPOINT), stamp.signed.encode())
        write_durably(stem.with_suffix(STAMP), stamp.stamp)
        return str(stem.with_suffix(STAMP))

    def kept(self) -> Iterator[Stamp]:
        """All, oldest first. Raises SealError when a file is not one of ours, EnvironmentFault."""
        for path in sorted(self._directory.glob(f"*{STAMP}")):
            try:
                with translated(f"the time-stamp {path.name} cannot be read"):
                    signed = path.with_suffix(CHECKPOINT).read_bytes().decode()
                    yield Stamp(int(path.stem), signed, path.read_bytes())
            except ValueError as error:
                raise SealError(f"{path.name} is not a time-stamp of ours") from error
