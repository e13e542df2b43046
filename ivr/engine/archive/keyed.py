"""Everything whose data keys the key store wraps: counted, and wrapped again.

No audio is ever rewritten. A journal keeps its key until it is compacted; until then what wrapped it is in use.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ivr.engine.archive.faults import Faults, OnDamage
from ivr.errors import IvrError, SealError, ShreddedError
from ivr.ports.keys import ErasingKeyStore, ManagedKeyStore, Rewrap, WrappedKeys
from ivr.ports.recordings import Form, RecordingArchive, StoredRecording

KINDS = ("recordings", "records", "callbacks", "users", "reviews", "notes", "inspections", "accounts", "voiceprints")


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """One data key, as it lies somewhere."""

    kind: str
    """One of KINDS."""
    name: str
    """What it is the key of."""
    wrapped: bytes
    kek_id: str
    recording: StoredRecording | None = None


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """What was wrapped again."""

    recordings: int
    rows: int
    """Records of calls, callback requests, users of the console, reviews, agents' notes, inspections, and customers'
    accounts."""
    voiceprints: int


@dataclass(frozen=True, slots=True)
class Keyed:
    """All of it, as opened by one key store."""

    recordings: RecordingArchive
    records: WrappedKeys
    callbacks: WrappedKeys
    console_users: WrappedKeys
    reviews: WrappedKeys
    notes: WrappedKeys
    inspections: WrappedKeys
    accounts: WrappedKeys
    voiceprints: WrappedKeys

    @property
    def others(self) -> dict[str, WrappedKeys]:
        """All but recordings, by their word in KINDS: the one list of them."""
        return {
            "records": self.records,
            "callbacks": self.callbacks,
            "users": self.console_users,
            "reviews": self.reviews,
            "notes": self.notes,
            "inspections": self.inspections,
            "accounts": self.accounts,
            "voiceprints": self.voiceprints,
        }

    def wrapped_keys(self, on_damage: OnDamage) -> Iterator[WrappedKey]:
        """Every wrapped key there is. A recording that does not even say by which it is wrapped goes to `on_damage`."""
        for stored in self.recordings.stored():
            try:
                header = self.recordings.header(stored)
            except IvrError as error:
                on_damage(stored.name, str(error))
            else:
                yield WrappedKey("recordings", stored.name, header.wrapped, header.kek_id, stored)
        for kind, store in self.others.items():
            for name, wrapped, kek_id in store.wrapped_keys():
                yield WrappedKey(kind, name, wrapped, kek_id)

    def foreign(self) -> Iterator[tuple[str, bytes]]:
        """Wrapped keys of all but recordings: of which call, if of one, and the key."""
        for kind, store in self.others.items():
            for name, wrapped, _ in store.wrapped_keys():
                yield (name if kind == "records" else ""), wrapped

    def users(self, keys: ErasingKeyStore) -> dict[str, Counter[str]]:
        """By the key that wraps them: how many of each of KINDS. What was shredded needs no key, and is not counted."""
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for one in self.wrapped_keys(lambda name, reason: None):  # without a header: it names no key
            if _alive(keys, one.wrapped):
                counts[one.kek_id][one.kind] += 1
        return counts

    def rewrap_recordings(self, rewrap: Rewrap, active: str, on_damage: OnDamage) -> Iterator[StoredRecording]:
        """Wrap again every archive's key that another key than `active` wraps; yields each that was done.

        Raises EnvironmentFault when all were tried and the machine failed at any.
        """
        faults = Faults(on_damage)
        for stored in self.recordings.stored():
            try:
                header = self.recordings.header(stored)
                if header.kek_id == active or stored.form is not Form.ARCHIVE:
                    continue
                wrapped, kek_id = rewrap(header.wrapped, header.kek_id)
                if kek_id == header.kek_id:
                    continue
                self.recordings.wrap_again(stored, replace(header, kek_id=kek_id, wrapped=wrapped))
            except ShreddedError:
                continue  # remains that retention has not taken away yet: no key is needed for them
            except IvrError as error:
                faults.met(stored.where, error)
            else:
                yield stored
        faults.end()

    def rewrap_others(self, rewrap: Rewrap, active: str) -> tuple[int, int]:
        """The same of all the others; returns how many rows, and how many voiceprints."""
        done = {kind: store.rewrap(rewrap, active) for kind, store in self.others.items()}
        voiceprints = done.pop("voiceprints")
        return sum(done.values()), voiceprints

    def rewrap(self, keys: ManagedKeyStore, on_damage: OnDamage, progress: Callable[[int], None]) -> Rewrapped:
        """Wrap everything with the key store's active key. What does not open goes to `on_damage`, and keeps no other
        from being wrapped again. `progress`: recordings so far."""
        active, count = keys.keks()[-1].kek_id, 0
        for count, _ in enumerate(self.rewrap_recordings(keys.rewrap, active, on_damage), 1):
            progress(count)

        def each(wrapped: bytes, kek_id: str) -> tuple[bytes, str]:
            try:
                return keys.rewrap(wrapped, kek_id)
            except ShreddedError:  # of a row that came back shredded
                return wrapped, kek_id
            except SealError as error:
                on_damage("a record", str(error))
                return wrapped, kek_id

        return Rewrapped(count, *self.rewrap_others(each, active))


def _alive(keys: ErasingKeyStore, wrapped: bytes) -> bool:
    try:
        return keys.alive(wrapped)
    except SealError:  # damaged: a copy in a backup may need its key
        return True
