"""Key store and call store in memory. They pass the contract suites of the real ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ivr.core.call.record import CallRecord
from ivr.core.queueing.callback import IDLE, PENDING, Callback, CallbackRequest, CallbackState
from ivr.core.queueing.choice import AgentChoice
from ivr.core.queueing.directory import AgentEntry
from ivr.core.vault.erasure import ErasureTree
from ivr.core.vault.keys import KEY_BYTES, KeyEncryptionKey, KeyRing, leaf_of
from ivr.core.vault.search import caller_asked, caller_keys
from ivr.errors import OperatorError
from ivr.ports.disks import DiskState
from ivr.ports.keys import DataKey


class MemoryKeyStore:
    """A key store that is gone with its process."""

    def __init__(self, *, seed: bytes | None = None) -> None:
        """`seed` (32 bytes) makes its secrets repeatable; data keys are always fresh."""
        secret = seed or os.urandom(KEY_BYTES)
        kek = KeyEncryptionKey("kek-1-memory", secret, created_at=0.0)
        self.ring = KeyRing((kek,), secret[::-1], ErasureTree.plant(secret))
        self._leaf = 0

    def issue(self) -> DataKey:
        """A fresh data key."""
        key = os.urandom(KEY_BYTES)
        self._leaf += 1
        return DataKey(key, self.ring.wrap(key, leaf=self._leaf), self.ring.active.kek_id)

    def open(self, wrapped: bytes, kek_id: str) -> bytes:
        """Unwrap a data key."""
        return self.ring.unwrap(wrapped, kek_id)

    def shred(self, wrapped: Sequence[bytes]) -> None:
        """Destroy keys."""
        self.ring = replace(self.ring, tree=self.ring.tree.destroy([leaf_of(one) for one in wrapped]))

    def alive(self, wrapped: bytes) -> bool:
        """Whether the key was not shredded."""
        return self.ring.tree.alive(leaf_of(wrapped))

    def fingerprint(self, purpose: str, data: bytes) -> bytes:
        """Keyed hash."""
        return self.ring.fingerprint(purpose, data)


class MemoryCallStore:
    """Call records in a dictionary."""

    def __init__(self) -> None:
        self._records: dict[str, CallRecord] = {}
        self.words: dict[str, tuple[tuple[str, ...], ...]] = {}
        """Call -> what was said, and what was told."""

    def save(self, record: CallRecord) -> None:
        """Insert or replace."""
        self._records[record.call_id] = record

    def get(self, call_id: str) -> CallRecord:
        """One record."""
        try:
            return self._records[call_id]
        except KeyError:
            raise OperatorError(f"there is no call {call_id}; 'ivr recordings list' shows them") from None

    def recent(self, *, limit: int = 50, before: float | None = None) -> Iterable[CallRecord]:
        """Newest first."""
        newest = sorted(self._records.values(), key=lambda record: (record.started_at, record.call_id), reverse=True)
        return [record for record in newest if before is None or record.started_at < before][:limit]

    def of_caller(self, number: str, *, since: float, limit: int) -> list[str]:
        """Those of one number, newest first."""
        asked = caller_asked(number)
        fit = [one for one in self.recent(limit=len(self._records)) if asked in caller_keys(one.caller)]
        return [one.call_id for one in fit if one.ended_at is not None and one.started_at >= since][:limit]

    def with_value(self, name: str, value: str, *, since: float, limit: int) -> list[str]:
        """Those in which a lookup returned this, newest first."""
        fit = [one for one in self.recent(limit=len(self._records)) if (name, value) in one.looked_up]
        return [one.call_id for one in fit if one.ended_at is not None and one.started_at >= since][:limit]

    def wrapped_key(self, call_id: str) -> bytes | None:
        """Nothing is sealed here."""
        return None

    def forget(self, call_id: str) -> None:
        """Remove a record."""
        self._records.pop(call_id, None)
        self.words.pop(call_id, None)

    def unindexed(self, calls: Iterable[str]) -> list[str]:
        """Those whose words nobody brought."""
        return [call_id for call_id in calls if call_id not in self.words]

    def index_words(self, call_id: str, said: Iterable[str], told: Iterable[str], spoke: Iterable[str] = ()) -> None:
        """Keep a call's words."""
        if call_id in self._records:
            self.words[call_id] = (tuple(said), tuple(told), tuple(spoke))

    def index_flags(self, call_id: str, flags: Iterable[str], among: Iterable[str]) -> None:
        """Nothing is found here by a flag."""

    def recorded(self) -> Iterable[str]:
        """Those that name one."""
        return [one.call_id for one in self._records.values() if one.recording_id is not None]

    def wrapped_keys(self) -> Iterable[tuple[str, bytes, str]]:
        """Nothing is sealed here."""
        return ()

    def unrecorded(self, *, before: float, on_damage: Callable[[str, str], None]) -> Iterable[CallRecord]:
        """Records without a recording, oldest first."""
        found = [one for one in self._records.values() if one.recording_id is None and one.started_at < before]
        return sorted(found, key=lambda record: (record.started_at, record.call_id))


class MemoryCallbackStore:
    """Callback requests in a dictionary."""

    def __init__(self) -> None:
        self._requests: dict[str, tuple[Callback, str]] = {}

    def keep(self, request: CallbackRequest) -> Callback:
        """Keep or renew."""
        for one, number in self._requests.values():
            same = number.removeprefix("+") == request.number.removeprefix("+") and one.queue == request.queue
            if same and one.state in PENDING:
                return self._put(replace(one, renewed_at=request.at), number)
        name = f"callback-{len(self._requests) + 1}"
        made = Callback(
            name, request.queue, request.call_id, request.language, request.at, request.at, changed_at=request.at,
            counts_from=request.at - request.waited, priority=request.priority,
        )  # fmt: skip
        return self._put(made, request.number)

    def find(self, *, queue: str = "", pending: bool = True, limit: int = 100) -> list[Callback]:
        """Those who asked first first."""
        found = (one for one, _ in self._requests.values() if queue in ("", one.queue))
        wanted = (one for one in found if not pending or one.state in PENDING)
        return sorted(wanted, key=lambda one: (one.requested_at, one.callback_id))[:limit]

    def take(self, callback_id: str, *, by: str, at: float) -> str:
        """Take an open or unclear one."""
        one = self._in(callback_id, (CallbackState.OPEN, CallbackState.UNCLEAR), "it cannot be taken")
        return self._changed(one, state=CallbackState.TAKEN, by=by, changed_at=at, result="")

    def close(self, callback_id: str, state: CallbackState, *, by: str, at: float, result: str = "") -> None:
        """Close a pending one."""
        done = state is CallbackState.DONE
        held = (CallbackState.TAKEN, CallbackState.DIALLED) if done else PENDING
        one = self._in(callback_id, held, f"it cannot be {state}", by=by if done else None)
        self._changed(one, state=state, by=by, changed_at=at, result=result)

    def due(self, *, at: float, limit: int) -> list[Callback]:
        """Open ones that may be dialled."""
        found = (one for one, _ in self._requests.values() if one.state is CallbackState.OPEN and one.not_before <= at)
        return sorted(found, key=lambda one: (one.counts_from, one.callback_id))[:limit]

    def number(self, callback_id: str) -> str:
        """Of one."""
        return self._get(callback_id)[1]

    def dial(self, callback_id: str, call_id: str, *, by: str, at: float) -> None:
        """It is dialled."""
        one = self._in(callback_id, (CallbackState.OPEN,), "it cannot be dialled")
        state = CallbackState.DIALLED
        self._changed(one, state=state, by=by, changed_at=at, dialled_as=call_id, attempts=one.attempts + 1)

    def put_off(self, callback_id: str, *, until: float, attempts: int, by: str, at: float) -> None:
        """It is open again."""
        one = self._in(callback_id, IDLE, "it cannot be dialled", by=by)
        open_again = {"state": CallbackState.OPEN, "by": "", "changed_at": at, "result": ""}
        self._changed(one, **open_again, not_before=until, attempts=attempts)

    def give_to_person(self, callback_id: str, *, why: str, at: float) -> None:
        """It is unclear."""
        one = self._in(callback_id, IDLE, "it cannot be left to a person")
        self._changed(one, state=CallbackState.UNCLEAR, by="", changed_at=at, result=why)

    def expire(self, *, before: float, at: float) -> list[str]:
        """Close what is old."""
        old = [one for one in self.find(limit=len(self._requests)) if one.renewed_at < before]
        for one in old:
            self._put(replace(one, state=CallbackState.EXPIRED, changed_at=at), self._get(one.callback_id)[1])
        return [one.callback_id for one in old]

    def closed(self, *, before: float) -> dict[str, bytes]:
        """What was closed before a time; nothing is sealed here."""
        found = (one for one, _ in self._requests.values() if one.state not in PENDING and one.changed_at < before)
        return {one.callback_id: b"" for one in found}

    def forget(self, callback_ids: Sequence[str]) -> None:
        """Remove."""
        for name in callback_ids:
            self._requests.pop(name, None)

    def _in(
        self, callback_id: str, states: Sequence[CallbackState], refusal: str, *, by: str | None = None
    ) -> Callback:
        one, _ = self._get(callback_id)
        if one.state not in states or (by is not None and one.by not in ("", by)):
            raise OperatorError(f"{callback_id} is {one.state} by {one.by}: {refusal}")
        return one

    def _changed(self, one: Callback, **changes: Any) -> str:
        number = self._get(one.callback_id)[1]
        self._put(replace(one, **changes), number)
        return number

    def _put(self, one: Callback, number: str) -> Callback:
        self._requests[one.callback_id] = (one, number)
        return one

    def _get(self, callback_id: str) -> tuple[Callback, str]:
        try:
            return self._requests[callback_id]
        except KeyError:
            raise OperatorError(f"there is no callback {callback_id}; 'ivr callbacks list' shows them") from None


class MemoryAgentDirectory:
    """Agents in memory."""

    def __init__(self, entries: Iterable[AgentEntry] = ()) -> None:
        self.entries = tuple(entries)

    def read(self) -> tuple[AgentEntry, ...]:
        """All of them, by name."""
        return tuple(sorted(self.entries, key=lambda entry: entry.name))


class MemoryAgentChoices:
    """What agents chose, in memory."""

    def __init__(self) -> None:
        self._choices: dict[str, AgentChoice] = {}

    def read(self) -> tuple[AgentChoice, ...]:
        """All that differ from what an agent does by default."""
        return tuple(choice for name, choice in sorted(self._choices.items()) if choice != AgentChoice(name))

    def put(self, choice: AgentChoice) -> None:
        """Keep one."""
        self._choices[choice.agent] = choice


class MemoryDisks:
    """Disks that are as full as a test wants them."""

    def __init__(self) -> None:
        self.found = {place: DiskState(place, f"/{place}", 1 << 40) for place in ("recordings", "data")}

    def look(self) -> Sequence[DiskState]:
        """As they were set."""
        return list(self.found.values())

    def set(self, place: str, *, free_bytes: int = 1 << 40, fault: str = "") -> None:
        """From now on this one is so."""
        self.found[place] = DiskState(place, f"/{place}", free_bytes, fault)
