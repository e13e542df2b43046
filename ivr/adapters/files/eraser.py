"""Erasing recordings for good, and the proof that it was done.

Rule: the key goes first, durably: from then on nothing opens, wherever copies lie. Then the files and the database's
row, then the entry in the audit log. A crash in between is finished by the next run, which finds files without a key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ivr.adapters.files.archives import ARCHIVE, KEY, file_sha256
from ivr.adapters.files.audit_log import AuditLog
from ivr.adapters.files.durable import sync_directory
from ivr.adapters.files.recordings import JOURNAL, FoundRecording, RecordingFiles, is_running
from ivr.core.audit.entry import AuditEntry
from ivr.core.vault.retention import DAY_SECONDS, Decision, Ledger, RetentionPlan, Verdict, decide
from ivr.errors import DeniedError, EnvironmentFault, IvrError, SealError
from ivr.ports import Clock, ErasableCallStore, ErasingKeyStore


@dataclass(frozen=True, slots=True)
class Judged:
    """One recording and what retention says of it."""

    found: FoundRecording
    verdict: Verdict


class Eraser:
    """Judges and erases recordings."""

    def __init__(
        self,
        files: RecordingFiles,
        keys: ErasingKeyStore,
        store: ErasableCallStore,
        log: AuditLog,
        *,
        actor: str,
        clock: Clock,
    ) -> None:
        self._files = files
        self._keys = keys
        self._store = store
        self._log = log
        self._actor = actor
        self._clock = clock
        self._standing: list[AuditEntry] = []
        self._read_to = 0
        """Entries of the log below this were looked at: a long log is read once, not at every run."""

    def ledger(self) -> Ledger:
        """Holds and requests that stand, read from the audit log."""
        self._log.publish()
        end = self._log.published
        found = self._log.entries(self._read_to, actions=Ledger.ACTIONS)
        self._standing += [entry for number, entry in found if number < end]
        self._read_to = end
        done = (entry for entry in self._standing if entry.outcome == "done")
        return Ledger.read((one.action, one.subject, str(one.details.get("hold", ""))) for one in done)

    def judge(self, plan: RetentionPlan, on_damage: Callable[[Path, str], None]) -> Iterator[Judged]:
        """What retention says of every recording whose call has ended."""
        ledger, now = self.ledger(), self._clock()
        for found in self._files.scan(on_damage):
            try:
                if is_running(found.path):
                    continue
                if not self._keys.alive(found.header.wrapped):
                    if found.header.call_id in ledger.holds:
                        raise SealError("it is held, but its key was shredded: its key file was put there by somebody")
                    yield Judged(found, Verdict(Decision.ERASE, "its key was shredded; what is left is removed"))
                    continue
                header = found.header
                young = now - header.started_at < plan.first_days * DAY_SECONDS
                if young and header.call_id not in ledger.holds:
                    yield Judged(found, Verdict(Decision.KEEP, f"every class keeps it {plan.first_days} days"))
                    continue
                self._files.authenticate(found)
                kept_as = plan.class_of(self._dialplan(found))
            except IvrError as error:
                on_damage(found.path, str(error))
                continue
            yield Judged(found, decide(header.call_id, header.started_at, kept_as, ledger, now=now))

    def run(self, plan: RetentionPlan, on_damage: Callable[[Path, str], None]) -> Iterator[Judged]:
        """Erase all that is due. What fails is told and tried again next time."""
        for judged in self.judge(plan, on_damage):
            if judged.verdict.decision is not Decision.ERASE:
                continue
            try:
                self._erase(judged.found, judged.verdict.reason)
            except IvrError as error:
                on_damage(judged.found.path, str(error))
            else:
                yield judged

    def run_records(self, plan: RetentionPlan) -> Iterator[str]:
        """Erase the records of calls that were never recorded, when they are due; yields their ids."""
        ledger, now = self.ledger(), self._clock()
        for record in self._store.unrecorded(before=now - plan.first_days * DAY_SECONDS):
            kept_as = plan.class_of(record.dialplan)
            verdict = decide(record.call_id, record.started_at, kept_as, ledger, now=now)
            if verdict.decision is not Decision.ERASE:
                continue
            row_key = self._store.wrapped_key(record.call_id)
            if row_key is not None:
                self._keys.shred([row_key])
            self._store.forget(record.call_id)
            self._log.append(
                [AuditEntry(self._clock(), self._actor, "record.shredded", record.call_id, reason=verdict.reason)]
            )
            yield record.call_id

    def shred(self, name: str, plan: RetentionPlan, reason: str) -> None:
        """Erase one recording now. Raises DeniedError when a hold or its class's earliest day forbids it."""
        path = self._files.find(name)
        found = next(one for one in self._files.scan() if one.path == path)
        self._files.authenticate(found)
        header, ledger = found.header, self.ledger()
        asked = Ledger(ledger.holds, ledger.requests | {header.call_id})
        verdict = decide(
            header.call_id, header.started_at, plan.class_of(self._dialplan(found)), asked, now=self._clock()
        )
        if is_running(path):
            raise DeniedError(f"{name} is a running call: it can be shredded when it has ended")
        if verdict.decision is not Decision.ERASE:
            raise DeniedError(f"{name} is not shredded: {verdict.reason}")
        self._erase(found, reason)

    def _dialplan(self, found: FoundRecording) -> str:
        """Which dialplan served the call: by its record, in the database or else in the recording."""
        try:
            return self._store.get(found.header.call_id).dialplan
        except IvrError:
            return self._files.open_file(found.path, salvage=True).record().dialplan

    def _erase(self, found: FoundRecording, reason: str) -> None:
        call_id = found.header.call_id
        row_key = self._store.wrapped_key(call_id)
        sha256 = file_sha256(found.path)
        if self._keys.alive(found.header.wrapped):
            self._keys.shred([found.header.wrapped] if row_key is None else [found.header.wrapped, row_key])
        # Of a rest whose key is gone already nothing is authentic: a record that still opens is not its record.
        if row_key is not None and not self._keys.alive(row_key):
            self._store.forget(call_id)
        _remove_all(found.path.with_suffix(""))
        details: dict[str, object] = {"sha256": sha256, "call": call_id}
        entry = AuditEntry(
            self._clock(), self._actor, "recording.shredded", found.header.recording_id, "done", reason, details
        )
        self._log.append([entry])


def _remove_all(stem: Path) -> None:
    """Every file of one recording; the long-term file last but its key file, so that a rest is found again."""
    try:
        for suffix in (JOURNAL, ARCHIVE + ".part", ARCHIVE, KEY):
            Path(f"{stem}{suffix}").unlink(missing_ok=True)
        sync_directory(stem.parent)
    except OSError as error:
        raise EnvironmentFault(f"the recording {stem.name} cannot be removed: {error.strerror}") from error
