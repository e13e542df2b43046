"""What precedes a journal's removal: a comparison with all that is known of its call, and entries in the audit log.

Rule: when a journal goes, the log holds every step of its call and the hash of its long-term file, the database its
record, and the index its words.
"""

from __future__ import annotations

from collections.abc import Sequence

from ivr.core.audit.step import step_salt
from ivr.core.call.comparison import compared
from ivr.core.call.record import CallRecord
from ivr.core.call.recording import OutlinedRecording
from ivr.core.call.sealing import held, missing_steps, sealed_entry, spoken
from ivr.engine.archive.known_steps import KnownSteps, entries_of
from ivr.errors import OperatorError, SealError
from ivr.ports.audit import AuditLog
from ivr.ports.calls import IndexedCallStore
from ivr.ports.clock import Clock
from ivr.ports.keys import KeyStore


class LackingError(SealError):
    """A journal that must not be sealed: it holds less than is known of its call."""


class Sealing:
    """Compares, and enters, in one actor's name."""

    def __init__(self, keys: KeyStore, calls: IndexedCallStore, log: AuditLog, *, actor: str, wall: Clock) -> None:
        self._keys = keys
        self._calls = calls
        self._log = log
        self._known = KnownSteps(log)
        self._actor = actor
        self._wall = wall

    def compare(self, outlined: OutlinedRecording) -> Sequence[str]:
        """Names what the recording was compared with. Raises LackingError when that knows more than it holds."""
        header = outlined.header
        self._log.publish()
        entries = entries_of(self._log, header.call_id, header.started_at)
        salt = step_salt(self._keys.open(header.wrapped, header.kek_id))
        lacks, known = compared(held(outlined), entries, self._stored(header.call_id), salt)
        if lacks is not None:
            raise LackingError(lacks)
        return known

    def enter(self, outlined: OutlinedRecording, sha256: str, known: Sequence[str]) -> None:
        """Enter what the log lacks of the call, and that its recording was sealed; store and index what nobody did.

        `sha256`: of the long-term file, hex; `known`: as `compare` named it. Raises IvrError: then the journal stays.
        """
        header = outlined.header
        data_key = self._keys.open(header.wrapped, header.kek_id)
        asked = {header.call_id: header.started_at} if outlined.steps() else {}
        entered = self._known.of(asked).get(header.call_id, ())
        missing = missing_steps(outlined, entered, data_key=data_key, actor=self._actor)
        sealed = sealed_entry(outlined, sha256, known, data_key=data_key, actor=self._actor, now=self._wall())
        self._log.append([*missing, sealed])
        if self._calls.wrapped_key(header.call_id) is None:
            self._calls.save(outlined.record())  # no hub was there to do it
        self._calls.index_words(header.call_id, *spoken(outlined.transcript()))

    def _stored(self, call_id: str) -> CallRecord | None:
        try:
            return self._calls.get(call_id)
        except (OperatorError, SealError):  # none, or a damaged one: that is told by whoever reads the database
            return None
