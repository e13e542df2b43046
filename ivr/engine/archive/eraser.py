"""Erasing recordings for good, and the proof that it was done.

Rules: the key goes first, durably: from then on nothing opens, wherever copies lie. Then the files and the database's
row, then the entry in the audit log. A crash in between is finished by the next run, which finds files without a key.
Each is judged again at the moment of its erasure, while nobody places a hold (`alone`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass

from ivr.core.audit.entry import AuditEntry
from ivr.core.vault.guard import CAP_LIFTED, Guard
from ivr.core.vault.retention import DAY_SECONDS, Decision, Ledger, RetentionPlan, Ruling, decide
from ivr.engine.archive.dating import Dated, Dating
from ivr.engine.archive.faults import Faults, OnDamage
from ivr.engine.archive.log_clock import LogClock
from ivr.engine.archive.standing import CLEARED, RECORD_SHREDDED, SHREDDED, Standing
from ivr.errors import DeniedError, IvrError, OperatorError, SealError
from ivr.ports.audit import AuditLog
from ivr.ports.calls import ErasableCallStore
from ivr.ports.clock import Clock
from ivr.ports.keys import ErasingKeyStore
from ivr.ports.recordings import RecordingArchive
from ivr.ports.reviews import KeptWithCall


@dataclass(frozen=True, slots=True)
class Judged:
    """One recording and what retention says of it."""

    found: Dated
    verdict: Ruling


class Eraser:
    """Judges and erases recordings."""

    def __init__(
        self,
        recordings: RecordingArchive,
        keys: ErasingKeyStore,
        calls: ErasableCallStore,
        log: AuditLog,
        *,
        actor: str,
        clock: Clock,
        guard: Guard,
        alone: Callable[[], AbstractContextManager[None]],
        foreign: Callable[[], Iterable[tuple[str, bytes]]],
        kept_with_calls: Sequence[KeptWithCall] = (),
    ) -> None:
        """`alone`: while it is held nobody else places a hold or erases. `foreign`: see `Dating`. `kept_with_calls`:
        what goes with a call."""
        self._recordings = recordings
        self._keys = keys
        self._calls = calls
        self._log = log
        self._actor = actor
        self._clock = clock
        self._guard = guard
        self._alone = alone
        self._kept_with_calls = kept_with_calls
        self._dating = Dating(recordings, calls, log, foreign)
        self._log_clock = LogClock(log, guard)
        self._standing = Standing(log)

    def ledger(self) -> Ledger:
        """Holds and requests that stand."""
        return self._standing.ledger()

    def check_clock(self) -> None:
        """Raises DeniedError while the clock is days ahead of the log: nothing may be erased by it."""
        self._log.publish()
        self._guard.check_clock(self._clock(), self._log_clock.trusted())

    def judge(self, plan: RetentionPlan, on_damage: OnDamage) -> Iterator[Judged]:
        """What retention says of every recording whose call has ended; damage is told, and judged all the same.

        Raises EnvironmentFault when all were tried and the machine let some be not judged.
        """
        faults = Faults(on_damage)
        yield from self._judge_all(plan, faults)
        faults.end()

    def _judge_all(self, plan: RetentionPlan, faults: Faults) -> Iterator[Judged]:
        ledger = self.ledger()
        for stored in self._recordings.stored():
            try:
                found = Dated(stored, self._recordings.header(stored))
            except IvrError as error:
                faults.met(stored.where, error)
                found = Dated(stored, None)
            yield from self._judge(found, plan, ledger, faults)

    def run(self, plan: RetentionPlan, on_damage: OnDamage) -> Iterator[Judged]:
        """Erase all that is due. What fails is told and tried again next time.

        Raises DeniedError: before anything, when the clock is not trusted; at the end, when more was due than a day
        may erase. Raises EnvironmentFault at the end, when the machine failed at any.
        """
        self.check_clock()
        faults = Faults(on_damage)
        room, left = self._room(), 0
        for judged in self._judge_all(plan, faults):
            if judged.verdict.decision is not Decision.ERASE:
                continue
            counts = not judged.found.dead
            if counts and room <= 0:
                left += 1
                continue
            try:
                erased = self._erase_if_due(judged.found, plan)
            except IvrError as error:
                faults.met(judged.found.stored.where, error)
                continue
            if erased is not None:
                room -= counts
                yield Judged(judged.found, erased)
        if left:
            self._refuse_more(left)
        faults.end()

    def run_records(self, plan: RetentionPlan, on_damage: OnDamage) -> Iterator[str]:
        """Erase the records of calls that were never recorded, when they are due; yields their ids."""
        self.check_clock()
        room, left = self._room(), 0
        before = self._clock() - plan.first_days * DAY_SECONDS
        for record in self._calls.unrecorded(before=before, on_damage=on_damage):
            with self._alone():
                kept_as, ledger = plan.class_of(record.dialplan), self.ledger()
                verdict = decide(record.call_id, record.started_at, kept_as, ledger, now=self._clock())
                if verdict.decision is not Decision.ERASE:
                    continue
                if room <= 0:
                    left += 1
                    continue
                self._forget(record.call_id, verdict.reason, due=True)
                room -= 1
            yield record.call_id
        if left:
            self._refuse_more(left)

    def reconcile(self) -> Iterator[str]:
        """Remove rows that came back with an older database although their call was shredded; yields their ids."""
        ledger = self.ledger()
        for call_id, wrapped, _ in list(self._calls.wrapped_keys()):
            if (self._is_dead(wrapped) or call_id in self._standing.gone) and call_id not in ledger.holds:
                with self._alone():
                    self._forget(call_id, "it was shredded before and came back with an older database", due=False)
                yield call_id
        for call_id in {call for store in self._kept_with_calls for call in store.calls()} & self._standing.gone:
            if call_id not in ledger.holds:
                with self._alone():
                    self._forget_kept(call_id)

    def missing(self) -> list[str]:
        """Calls whose recording the database knows, and which is gone although nobody shredded it."""
        self.ledger()
        known = sorted(self._calls.recorded())  # asked first: a recording that begins meanwhile is not missed
        there = {stored.call_id for stored in self._recordings.stored()}
        return [call_id for call_id in known if call_id not in there and call_id not in self._standing.gone]

    def shred(self, name: str, plan: RetentionPlan, reason: str) -> None:
        """Erase one recording now. Raises DeniedError when a hold or its class's earliest day forbids it."""
        self.check_clock()
        with self._alone():
            stored = self._recordings.find(name)
            if self._recordings.is_running(stored):
                raise DeniedError(f"{name} is a running call: it can be shredded when it has ended")
            found = self._dating.dated(stored, ordered=True)
            ledger = self.ledger()
            asked = Ledger(ledger.holds, ledger.requests | {found.call_id})
            kept_as = plan.class_of(self._dialplan(found))
            verdict = decide(found.call_id, found.started_at, kept_as, asked, now=self._clock())
            if verdict.decision is not Decision.ERASE:
                raise DeniedError(f"{name} is not shredded: {verdict.reason}")
            self._erase(found, reason, due=False)

    # --- judging ----------------------------------------------------------------------------------------------------

    def _judge(self, found: Dated, plan: RetentionPlan, ledger: Ledger, faults: Faults) -> Iterator[Judged]:
        try:
            if self._recordings.is_running(found.stored):
                return
            found, verdict = self._verdict(found, plan, ledger)
            if found.damage is not None and found.header is not None:
                faults.met(found.stored.where, SealError(found.damage))
            yield Judged(found, verdict)
        except IvrError as error:
            faults.met(found.stored.where, error)

    def _verdict(self, found: Dated, plan: RetentionPlan, ledger: Ledger) -> tuple[Dated, Ruling]:
        now, header = self._clock(), found.header
        if header is not None and self._is_dead(header.wrapped):
            if header.call_id in ledger.holds:
                raise SealError("it is held, but its key was shredded: its key file was put there by somebody")
            gone = Dated(found.stored, header, dead=True)
            return gone, Ruling(Decision.ERASE, "its key was shredded; what is left is removed")
        young = header is not None and now - header.started_at < plan.first_days * DAY_SECONDS
        if header is not None and young and header.call_id not in ledger.holds:
            return found, Ruling(Decision.KEEP, f"every class keeps it {plan.first_days} days")
        found = self._dating.dated(found.stored)
        kept_as = plan.class_of(self._dialplan(found))
        verdict = decide(found.call_id, found.started_at, kept_as, ledger, now=now)
        return found, verdict

    def _is_dead(self, wrapped: bytes) -> bool:
        try:
            return not self._keys.alive(wrapped)
        except SealError:  # no wrapped key at all: that is damage
            return False

    def _dialplan(self, found: Dated) -> str:
        """Which dialplan served the call: by its record, in the database or else in the recording."""
        try:
            return self._calls.get(found.call_id).dialplan
        except (OperatorError, SealError):  # none, or a damaged one; while the database is away no class is guessed
            if found.damage is not None:
                return ""  # nothing says it: the default class counts
            return self._recordings.outline(found.stored, salvage=True).record().dialplan

    def _room(self) -> int:
        day = self._clock() - DAY_SECONDS
        erased = self._log_clock.count((SHREDDED, RECORD_SHREDDED), day, "due")
        return self._guard.room(erased, self._log_clock.count((CAP_LIFTED,), day, "erasures"))

    def _refuse_more(self, left: int) -> None:
        raise DeniedError(
            f"{left} more are due than the {self._guard.most_a_day} that retention erases a day. If clock and classes "
            f"are right, a security officer lifts it: ivr retention lift --erasures {left} --reason '...'"
        )

    # --- erasing, alone ---------------------------------------------------------------------------------------------

    def _erase_if_due(self, found: Dated, plan: RetentionPlan) -> Ruling | None:
        """Judge it again, for a hold may have been placed since, and erase it. None: it stays."""
        with self._alone():
            self.check_clock()
            found, verdict = self._verdict(Dated(found.stored, found.header), plan, self.ledger())
            if verdict.decision is not Decision.ERASE:
                return None
            self._erase(found, verdict.reason, due=not found.dead)
            return verdict

    def _erase(self, found: Dated, reason: str, *, due: bool) -> None:
        call_id = found.call_id
        row_key = self._calls.wrapped_key(call_id)
        details: dict[str, object] = {"sha256": self._recordings.sha256(found.stored), "call": call_id, "due": due}
        key = None if found.dead else self._dating.key_to_destroy(found)
        doomed = [one for one in (key, None if found.dead else row_key) if one is not None]
        doomed += [] if found.dead else self._kept_keys(call_id)
        if doomed:
            self._keys.shred(doomed)
        if found.damage is not None:
            details["damaged"] = True
            details["key"] = "destroyed" if key is not None else "unknown: nothing proves which it was"
        # Of a rest whose key is gone already nothing is authentic: a record that still opens is not its record.
        theirs = row_key is None or not self._keys.alive(row_key)
        if row_key is not None and theirs:
            self._calls.forget(call_id)
        if theirs:  # behind the record: of a call without one nothing more is kept
            self._forget_kept(call_id)
        self._recordings.remove(found.stored)
        action = SHREDDED if theirs else CLEARED
        self._log.append([AuditEntry(self._clock(), self._actor, action, found.recording_id, "done", reason, details)])

    def _forget(self, call_id: str, reason: str, *, due: bool) -> None:
        row_key = self._calls.wrapped_key(call_id)
        if row_key is not None and not self._is_dead(row_key):
            with suppress(SealError):  # of a damaged row there is no key to destroy
                self._keys.shred([row_key])
        self._calls.forget(call_id)
        self._forget_kept(call_id)
        details: dict[str, object] = {"due": due}
        self._log.append([AuditEntry(self._clock(), self._actor, RECORD_SHREDDED, call_id, "done", reason, details)])

    def _kept_keys(self, call_id: str) -> list[bytes]:
        """Of what is kept of a call beside its record, those keys that are not shredded yet."""
        keys = (one for store in self._kept_with_calls for one in store.keys_of_call(call_id))
        return [one for one in keys if not self._is_dead(one)]

    def _forget_kept(self, call_id: str) -> None:
        """Shred and remove what is kept of a call beside its record."""
        if keys := self._kept_keys(call_id):
            self._keys.shred(keys)
        for store in self._kept_with_calls:
            store.forget_call(call_id)
