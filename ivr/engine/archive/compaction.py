"""From journal to long-term file, after the call.

Rules: a journal is removed only when its long-term file was read back and held all that the journal holds. Memory does
not grow with the call. A crash at any point loses nothing: the next run goes on where it stopped. A journal that could
not be sealed twice, or holds less than is known of its call, is set aside: it stays as it is, and no other waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ivr.engine.archive.faults import Faults, OnDamage
from ivr.engine.archive.sealing import LackingError, Sealing
from ivr.errors import IvrError, OperatorError, SealError, ShreddedError
from ivr.ports.recordings import Form, RecordingArchive, StoredRecording, Trouble

TRIES = 2
"""Failures after which a journal is set aside. A process that dies of it counts."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """A recording that is now in its long-term form."""

    archive: StoredRecording
    recording_id: str
    sha256: str
    """Of the sealed file, hex."""
    bytes_before: int
    bytes_after: int


class Compactor:
    """Compacts journals."""

    def __init__(self, recordings: RecordingArchive, sealing: Sealing) -> None:
        self._recordings = recordings
        self._sealing = sealing

    def run(self, on_damage: OnDamage, *, written_before: float | None = None) -> Iterator[Compacted]:
        """Compact every journal whose call has ended, oldest first. What is damaged goes to `on_damage` and stays.

        `written_before`: only journals whose last write is older than this wall-clock time. Raises EnvironmentFault
        when all were tried and the machine failed at any: that one is tried again by the next run.
        """
        faults = Faults(on_damage)
        for journal in self._recordings.journals():
            try:
                if written_before is not None and self._recordings.written_at(journal) >= written_before:
                    continue
                if (reason := self._recordings.trouble(journal).aside) is not None:
                    on_damage(journal.where, f"set aside, and not sealed: {reason}")
                    continue
                done = self.compact(journal)
            except ShreddedError:
                continue  # retention takes away what is left of it
            except IvrError as error:
                faults.met(journal.where, error)
            else:
                if done is not None:
                    yield done
        faults.end()

    def compact(self, journal: StoredRecording) -> Compacted | None:
        """Compact one journal; None while its call is running, or when another process does it or did it."""
        recordings = self._recordings
        with recordings.alone(journal) as alone:
            if not alone or not recordings.exists(journal) or recordings.is_running(journal):
                return None
            tries = recordings.trouble(journal).tries
            if tries >= TRIES:
                raise self._set_aside(journal, SealError(f"it could not be sealed in {tries} tries"))
            recordings.note(journal, Trouble(tries + 1))
            try:
                return self._compact(journal)
            except LackingError as error:
                raise self._set_aside(journal, error) from error
            except ShreddedError:
                self._forget_try(journal, tries)
                raise
            except SealError as error:
                if tries + 1 >= TRIES:
                    raise self._set_aside(journal, error) from error
                raise
            except IvrError:  # the machine's fault, not the journal's
                self._forget_try(journal, tries)
                raise

    def _compact(self, journal: StoredRecording) -> Compacted:
        recordings = self._recordings
        outlined = recordings.outline(journal)
        known = self._sealing.compare(outlined)
        archive = recordings.archive_of(journal)
        if not recordings.holds(archive, outlined.index):
            recordings.seal(journal, outlined)
            if not recordings.holds(archive, outlined.index):
                raise SealError("its long-term form does not hold what it holds; the journal is kept")
        sha256 = recordings.sha256(archive)
        sizes = recordings.size(journal), recordings.size(archive)
        done = Compacted(archive, outlined.header.recording_id, sha256, *sizes)
        self._sealing.enter(outlined, sha256, known)
        recordings.remove_journal(journal)
        return done

    def _forget_try(self, journal: StoredRecording, tries: int) -> None:
        try:
            if self._recordings.exists(journal):
                self._recordings.note(journal, Trouble(tries))
        except IvrError:  # the error that is on its way says more
            return

    def _set_aside(self, journal: StoredRecording, error: SealError) -> SealError:
        self._recordings.note(journal, Trouble(aside=str(error)))
        return SealError(f"set aside, and not sealed: {error}")


def readmit(recordings: RecordingArchive, stored: StoredRecording) -> None:
    """Let the next run try a journal again, say after it was restored from a backup. Raises OperatorError."""
    if stored.form is not Form.JOURNAL or recordings.trouble(stored).aside is None:
        raise OperatorError(f"{stored.call_id} was not set aside")
    recordings.note(stored, Trouble())
