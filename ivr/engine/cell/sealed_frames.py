"""A journal's frames, sealed by Python: where no C was built for it (`ivr/adapters/openssl`), and in tests."""

from __future__ import annotations

import threading

from ivr.core.vault.journal import JournalHeader, JournalSealer
from ivr.core.vault.journal_frame import JournalFrame
from ivr.ports.journals import Keeping


class SealedFrames:
    """One recording's (`Journal`)."""

    keeping: Keeping | None = None

    def __init__(self, header: JournalHeader, *, data_key: bytes, salt: bytes) -> None:
        self._sealer = JournalSealer(header, data_key=data_key, salt=salt)
        self.preamble = self._sealer.preamble
        self.refuses = False
        self._waiting: list[bytes] = []
        """One thread appends, the other takes from the front: no lock is needed."""
        self._told = threading.Lock()
        """Who takes sleeps on it; released when there is something to do."""
        self._told.acquire()

    def seal(self, frame: JournalFrame) -> None:
        """Seal the next frame."""
        self._waiting.append(self._sealer.seal(frame))

    def rouse(self) -> None:
        """Let who takes go on at once, unless that was told already."""
        if self._told.locked():
            self._told.release()

    def refuse(self) -> None:
        """Nobody but Python hands in here."""
        self.refuses = True

    def take(self, seconds: float) -> bytes:
        """What was sealed and not taken."""
        self._told.acquire(timeout=seconds)
        waiting = self._waiting[:]
        del self._waiting[: len(waiting)]  # what is sealed meanwhile stands behind it and stays
        return b"".join(waiting)
