"""Journals of this host's calls, on their way to the hub's host.

Rule: what waits is what lies here. A journal is removed only when the hub's host has it whole and durably; one that it
will never take stays here, with a note that says why. Sealed as it is, a journal needs no trust on its way.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from ivr.core.vault.journal import JournalHeader
from ivr.durable import translated
from ivr.engine.bus.client import HubClient
from ivr.engine.bus.hosts import JournalPart, JournalsHeld, JournalTaken, ServedTold
from ivr.engine.bus.messages import Message
from ivr.errors import IvrError, PeerError
from ivr.ports.recordings import StoredRecording, Trouble

PIECE_BYTES = 1 << 20
TRIES = 4
"""Pieces more than it has twice: something of it was there already, and was not what is here."""


class Journals(Protocol):
    """Those of this host. Every method raises EnvironmentFault when the place cannot be read."""

    def journals(self) -> Sequence[StoredRecording]:
        """All of them, oldest first."""
        ...

    def header(self, stored: StoredRecording, /) -> JournalHeader:
        """What it says of itself. Raises SealError when it is no journal."""
        ...

    def is_running(self, stored: StoredRecording) -> bool:
        """Whether its call is still writing it."""
        ...

    def trouble(self, stored: StoredRecording) -> Trouble:
        """What is noted beside it."""
        ...

    def note(self, journal: StoredRecording, trouble: Trouble) -> None:
        """Note this beside it."""
        ...

    def remove_journal(self, journal: StoredRecording) -> None:
        """Remove it and its note, durably."""
        ...


Ask = Callable[[Message, type[JournalTaken]], JournalTaken]


class JournalSender:
    """Sends them, oldest first. Blocks."""

    def __init__(self, journals: Journals, hub: HubClient, log: Callable[[str, Mapping[str, object]], None]) -> None:
        self._journals, self._hub, self._log = journals, hub, log

    def serve(self, wait: Callable[[float], bool], *, seconds: float, served: Callable[[str], None]) -> None:
        """Send what there is every so many seconds, until the hub is gone or `wait(seconds)` says that it is over.

        `served(publication)` hears each time what is served. Raises EnvironmentFault, PeerError.
        """
        with self._hub.asking() as ask:
            while True:
                served(ask(JournalsHeld(self._keys()), ServedTold).publication)
                for journal in self._over():
                    self._send(journal, ask)
                if wait(seconds):
                    return

    def _keys(self) -> tuple[str, ...]:
        """By which keys those are wrapped that lie here. One that says nothing of itself never opens."""
        found: set[str] = set()
        for journal in self._journals.journals():
            with suppress(IvrError):  # it may have just been begun
                found.add(self._journals.header(journal).kek_id)
        return tuple(sorted(found))

    def _over(self) -> list[StoredRecording]:
        """Those whose call is over, and that are not set aside."""
        return [
            one
            for one in self._journals.journals()
            if not self._journals.is_running(one) and self._journals.trouble(one).aside is None
        ]

    def _send(self, journal: StoredRecording, ask: Ask) -> None:
        taken = self._told(journal, ask)
        if taken.refused:
            self._journals.note(journal, Trouble(aside=f"the hub did not take it: {taken.refused}"))
            self._log("journal_refused", {"call_id": journal.call_id, "reason": taken.refused, "level": "error"})
            return
        self._journals.remove_journal(journal)
        self._log("journal_sent", {"call_id": journal.call_id})

    @staticmethod
    def _told(journal: StoredRecording, ask: Ask) -> JournalTaken:
        """What the hub said in the end of a journal that was read out to it. Raises PeerError."""
        with translated(f"the journal {journal.name} cannot be read"), Path(journal.where).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size, offset = file.tell(), 0
            for _ in range(2 * (size // PIECE_BYTES) + TRIES):
                file.seek(offset)
                piece = file.read(PIECE_BYTES)
                last = digest if offset + len(piece) >= size else ""
                part = JournalPart(journal.day, journal.call_id, offset, b64encode(piece).decode(), last)
                taken = ask(part, JournalTaken)
                if taken.whole or taken.refused:
                    return taken
                offset = taken.have
        raise PeerError("the hub does not take a journal to its end")
