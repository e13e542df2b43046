"""Recordings where they are kept: journals while their calls run and until they are sealed for good, then archives.

One damaged recording never hides another: what is listed was not read, and each is opened by itself. While both forms
of one recording exist, the journal counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from ivr.core.call.recording import OpenedRecording, OutlinedRecording
from ivr.core.vault.archive import ArchiveIndex
from ivr.core.vault.journal import JournalHeader


class Form(StrEnum):
    """How a recording is kept."""

    JOURNAL = "journal"
    """As it was written during the call."""
    ARCHIVE = "archive"
    """Sealed for good."""


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A recording by its place. Nothing of it was read: whoever can write files may have named it so."""

    day: str
    """YYYYMMDD (UTC) on which its call began."""
    call_id: str
    form: Form
    where: str = field(compare=False)
    """Where people find it, such as a file's path: for messages only."""

    @property
    def recording_id(self) -> str:
        """Names the recording everywhere."""
        return f"{self.day}-{self.call_id}"

    @property
    def name(self) -> str:
        """The last part of where it is: for messages too."""
        return self.where.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is noted beside a journal that is being brought into its long-term form, or cannot be."""

    tries: int = 0
    """How often that was begun and did not end."""
    aside: str | None = None
    """Why it is not tried any more; None: it is."""


class Recordings(Protocol):
    """Recordings, for whoever reads them. Every method raises EnvironmentFault when the place cannot be read."""

    def stored(self) -> Sequence[StoredRecording]:
        """All there are, by day and call. Reads names only."""
        ...

    def find(self, name: str) -> StoredRecording:
        """A recording by its own id or its call's. Raises OperatorError when there is none."""
        ...

    def header(self, stored: StoredRecording) -> JournalHeader:
        """What it says of itself without a key: not authentic. Raises SealError when it is no recording."""
        ...

    def authenticate(self, stored: StoredRecording) -> JournalHeader:
        """Its header, made sure to be the one that was sealed. Raises SealError.

        Before anything is decided by it: whoever can write files could else date a recording back to have it erased, or
        put one recording's key beside another.
        """
        ...

    def is_running(self, stored: StoredRecording) -> bool:
        """Whether its call is still writing it."""
        ...

    def open(self, name: str, *, salvage: bool = False) -> OpenedRecording:
        """Open and check all of the recording of a name, as `find` takes it.

        Raises SealError: damaged, or put in the place of another; `salvage`: what stands before a journal's damage.
        """
        ...

    def listen(
        self, name: str, channels: Sequence[str], first_sample: int = 0, count: int | None = None
    ) -> list[bytes]:
        """PCM of each channel from a sample on, all of one length, `count` samples at most. Raises as `open` does.

        Of an archive only that part is read.
        """
        ...

    def outline(self, stored: StoredRecording, *, salvage: bool = False) -> OutlinedRecording:
        """All but its sound, in little memory, whatever call it is of. Raises SealError; `salvage` as in `open`."""
        ...

    def entries(self, stored: StoredRecording) -> Sequence[dict[str, object]]:
        """The journal's entries, all of them, without its sound: of a journal, those before its damage.

        Raises SealError: they are not those that were sealed.
        """
        ...

    def sha256(self, stored: StoredRecording) -> str:
        """Hash of what is kept, hex: by it the audit log and receipts name it."""
        ...

    def trouble(self, stored: StoredRecording) -> Trouble:
        """What is noted beside a journal; of one without a note, no trouble."""
        ...


class RecordingArchive(Recordings, Protocol):
    """Recordings, for whoever keeps them. What changes something raises EnvironmentFault when it did not."""

    def journals(self) -> Sequence[StoredRecording]:
        """Those in the form of a journal, oldest first. Asked every few seconds, so it costs little where all rest."""
        ...

    def written_at(self, journal: StoredRecording) -> float:
        """When a journal was written to last, seconds since the epoch."""
        ...

    def alone(self, journal: StoredRecording) -> AbstractContextManager[bool]:
        """Keep everybody else from sealing journals of its day; False, at once, while somebody does."""
        ...

    def exists(self, stored: StoredRecording) -> bool:
        """Whether it is there, in this form."""
        ...

    def note(self, journal: StoredRecording, trouble: Trouble) -> None:
        """Note this beside a journal; no trouble removes the note.

        That it is set aside is durable when this returns. Tries outlast a process that dies of it, not a power loss.
        """
        ...

    def seal(self, journal: StoredRecording, outlined: OutlinedRecording) -> None:
        """Write the long-term form of a journal, whole and durable or not at all. Raises SealError.

        The journal stays.
        """
        ...

    def archive_of(self, journal: StoredRecording) -> StoredRecording:
        """The long-term form of a journal, whether it is there or not."""
        ...

    def holds(self, archive: StoredRecording, index: ArchiveIndex) -> bool:
        """Whether an archive is there, opens, and, read back to its end, holds all that an index says."""
        ...

    def size(self, stored: StoredRecording) -> int:
        """Bytes that are kept of it."""
        ...

    def remove_journal(self, journal: StoredRecording) -> None:
        """Remove a journal and its note, durably. Its archive stays."""
        ...

    def proves_key(self, stored: StoredRecording, header: JournalHeader) -> bool:
        """Whether it was provably sealed by the key that this header wraps, however damaged it is behind its beginning.

        Never raises: what cannot be read proves nothing.
        """
        ...

    def wrap_again(self, archive: StoredRecording, header: JournalHeader) -> None:
        """Put another wrapping of its data key in place of the old one, durably. No audio is rewritten."""
        ...

    def remove(self, stored: StoredRecording) -> None:
        """Remove all of it in every form, durably. After a crash in between what is left is found again."""
        ...


class ShippingArchive(Protocol):
    """Recordings whose sound, once it is sealed for good, goes to an object store."""

    def unshipped(self) -> Sequence[StoredRecording]:
        """Those whose sound is still here, oldest first. Asked every few seconds, so it costs little where all rest."""
        ...

    def written_at(self, stored: StoredRecording, /) -> float:
        """When it was sealed for good, seconds since the epoch."""
        ...

    def ship(self, stored: StoredRecording) -> None:
        """Send it, read it back, and only then keep it here no longer. Raises EnvironmentFault: it stays here.

        After a crash it is here, or there: another try does it again.
        """
        ...

    def lost_afar(self) -> Sequence[StoredRecording]:
        """Those that were shipped and are not there. Raises EnvironmentFault when the store does not say."""
        ...
