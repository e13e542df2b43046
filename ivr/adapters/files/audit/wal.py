"""Audit entries that are durable but not yet in the tree: a short write-ahead file, each frame under a MAC.

What was acknowledged is here or in the tree. A frame that a crash cut was never acknowledged and is dropped.
"""

from __future__ import annotations

import hmac
import os
import struct
from contextlib import suppress
from pathlib import Path

from ivr.durable import translated
from ivr.errors import EnvironmentFault, SealError

_HEAD = struct.Struct(">QI")
_MAC_BYTES = 32


class WriteAheadFile:
    """Frames of (index, entry), appended and synced; emptied once the tree holds them."""

    def __init__(self, path: Path, key: bytes) -> None:
        """`key` is the MAC's. Raises EnvironmentFault."""
        self._key = key
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise EnvironmentFault(f"the audit log cannot be opened: {error.strerror}") from error
        self._end = 0

    def read_new(self) -> list[tuple[int, bytes]]:
        """Frames that were added since the last look, by whichever process. Raises SealError if one was altered,
        EnvironmentFault."""
        with translated("the audit log's newest entries cannot be read"):
            data = os.pread(self._file, os.fstat(self._file).st_size - self._end, self._end)
        frames, at = [], 0
        while at + _HEAD.size + _MAC_BYTES <= len(data):
            index, length = _HEAD.unpack_from(data, at)
            start = at + _HEAD.size + _MAC_BYTES
            entry = data[start : start + length]
            if len(entry) < length:
                break
            if not hmac.compare_digest(data[at + _HEAD.size : start], self._mac(index, entry)):
                if not any(data[at:]):
                    break
                raise SealError("the audit log's newest entries were altered; compare it with an older checkpoint")
            frames.append((index, entry))
            at = start + length
        self._end += at
        return frames

    def rewind(self) -> None:
        """Another process emptied the file: read it from its beginning."""
        self._end = 0

    def append(self, first_index: int, entries: list[bytes]) -> None:
        """Add frames behind all that was read, and make them durable. Raises EnvironmentFault; then none is there."""
        frames = []
        for index, entry in enumerate(entries, first_index):
            frames.append(_HEAD.pack(index, len(entry)) + self._mac(index, entry) + entry)
        data = b"".join(frames)
        try:
            os.ftruncate(self._file, self._end)  # what a crash left cut
            done = 0
            while done < len(data):
                done += os.pwrite(self._file, data[done:], self._end + done)
            os.fdatasync(self._file)
        except OSError as error:
            with suppress(OSError):  # else these frames are found by the next reader; who retries is recognised
                os.ftruncate(self._file, self._end)
            raise EnvironmentFault(f"the audit log cannot be written: {error.strerror}; see its disk") from error
        self._end += len(data)

    def clear(self) -> None:
        """All frames are in the tree. Raises EnvironmentFault; then they are read, and passed over, again."""
        with translated("the audit log cannot be written"):
            os.ftruncate(self._file, 0)
        self._end = 0

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):  # Linux closes it whatever it answers (close(2))
            os.close(self._file)

    def _mac(self, index: int, entry: bytes) -> bytes:
        return hmac.digest(self._key, index.to_bytes(8, "big") + entry, "sha256")
