"""The key store: made, listed, rotated, recovered, moved. Nothing secret is ever returned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ivr.engine.archive.faults import OnDamage
from ivr.engine.archive.key_move import Moved, Tell
from ivr.engine.archive.keyed import Rewrapped
from ivr.engine.bus.stock import KeysRotated, StocksVoided
from ivr.engine.office.office import Asked, Desk, does, one_of
from ivr.errors import DeniedError, EnvironmentFault, OperatorError
from ivr.ports.keys import KekName

STORE = "key store"
"""How the log names it."""


@dataclass(frozen=True, slots=True)
class ListKeys(Asked):
    """The keys that wrap recordings' keys."""

    counted: bool = True
    """Count what each wraps: that reads the beginning of every recording."""


@dataclass(frozen=True, slots=True)
class MakeKeys(Asked):
    """A key store, and a secret for it where there is none. What exists already is left as it is."""

    recovery: str = ""
    """Public key of an offline recovery key."""


@dataclass(frozen=True, slots=True)
class RotateKeys(Asked):
    """A new key, and all data keys wrapped with it. No audio is rewritten; if it is interrupted, do it again."""

    on_damage: OnDamage = field(repr=False)
    progress: Callable[[int], None] = field(repr=False)
    """Told of recordings so far."""


@dataclass(frozen=True, slots=True)
class RetireKey(Asked):
    """Forget an old key."""

    kek_id: str


@dataclass(frozen=True, slots=True)
class SetRecovery(Asked):
    """Seal the store to an offline public key too, from now on."""

    public_key: str


@dataclass(frozen=True, slots=True)
class RecoverKeys(Asked):
    """Make the key store again from its recovery file."""

    sealed: bytes = field(repr=False)
    identity: Path
    """File with the recovery key's secret."""
    on_damage: OnDamage = field(repr=False)
    progress: Callable[[int], None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class MoveKeys(Asked):
    """All keys to the other kind of store. The engine is stopped meanwhile."""

    store: str
    """Kind of the new store: pkcs11 or file."""
    leave_damaged: bool
    """Go on although some keys do not open: they stay behind."""
    tell: Tell = field(repr=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """What there is."""

    keks: Sequence[KekName]
    """Oldest first; the last one wraps, the others only open."""
    users: Mapping[str, Counter[str]]
    """What each wraps: how many of which kind."""
    recovery: str
    """Public key that the store is sealed to as well; empty: none."""


@dataclass(frozen=True, slots=True)
class Made:
    """A key store that is there."""

    new: bool
    recovery: str


@dataclass(frozen=True, slots=True)
class Rotated:
    """What was wrapped again."""

    active: str
    """The new key."""
    done: Rewrapped
    damaged: int
    """Keys that could not be: the old key is still needed for them."""
    recovery: str


@dataclass(frozen=True, slots=True)
class Recovered:
    """A store that is back."""

    keks: int
    damaged: int
    """Keys from before the store had a recovery key."""


@does("keys.list")
def list_keys(desk: Desk, asked: ListKeys) -> Listed:
    """Names, dates, and what each still wraps."""
    keys = desk.ports.keys
    return Listed(keys.keks(), desk.ports.keyed.users(keys) if asked.counted else {}, keys.recovery)


@does("keys.make")
def make(desk: Desk, asked: MakeKeys) -> Made:
    """Raises OperatorError: the recovery key is none; SealError: a store is there and does not open."""
    ports = desk.ports
    recovery = ports.sealer.recipient(asked.recovery) if asked.recovery else ""
    if ports.begun:
        return Made(new=False, recovery=ports.keys.recovery)
    ports.keyring.make_secret()
    store = ports.keyring.create(recovery)
    with desk.entering(store.keks()[-1].kek_id):
        return Made(new=True, recovery=recovery)


@does("keys.rotate")
def rotate(desk: Desk, asked: RotateKeys) -> Rotated:
    """Begin to wrap with a new key. Raises SealError, EnvironmentFault, PeerError; then it is done again."""
    store, count = desk.ports.keys, _Count(asked.on_damage)
    with desk.entering(STORE) as details:
        active = details["to"] = store.rotate()
        _void_stocks(desk)  # what is left of them is asked again before a key is retired
        done = desk.ports.keyed.rewrap(store, count, asked.progress)
    return Rotated(active, done, count.number, store.recovery)


@does("keys.retire")
def retire(desk: Desk, asked: RetireKey) -> None:
    """Raises DeniedError while it wraps anything."""
    store, kek_id = desk.ports.keys, asked.kek_id
    with desk.entering(one_of(kek_id, (kek.kek_id for kek in store.keks()))), _no_stock(desk, kek_id):
        if used := desk.ports.keyed.users(store).get(kek_id):
            raise DeniedError(
                f"{kek_id} is in use by {', '.join(used)}: run 'ivr keys rotate' (and 'ivr recordings compact')"
            )
        store.retire(kek_id)


@does("keys.set_recovery")
def set_recovery(desk: Desk, asked: SetRecovery) -> str:
    """The public key as it is kept. Raises OperatorError when it is none."""
    public_key = desk.ports.sealer.recipient(asked.public_key)
    with desk.entering(public_key):
        desk.ports.keys.set_recovery(public_key)
    return public_key


@does("keys.recover")
def recover(desk: Desk, asked: RecoverKeys) -> Recovered:
    """Under the secret that the settings name, or a new one. Raises OperatorError: there is a store; SealError."""
    ports, count = desk.ports, _Count(asked.on_damage)
    if ports.begun:
        raise OperatorError("there is a key store: move it away first")
    with ports.alone():
        ports.keyring.make_secret()
        store = ports.keyring.recover(asked.sealed, asked.identity)
        with desk.entering(STORE):
            if ports.keyring.wraps_outside:  # nothing that the lost token wrapped opens without the identity
                for _ in ports.compactor(desk.actor.name).run(count):
                    pass  # the keys of journals cannot be wrapped again
                ports.keyed.rewrap(store, count, asked.progress)
        return Recovered(len(store.keks()), count.number)


@does("keys.move")
def move(desk: Desk, asked: MoveKeys) -> Moved:
    """Which enters that it begins and what it did. Raises IvrError; then nothing is lost, and it may be done again."""
    work = desk.ports.key_move(asked.store, desk.actor.name, desk.reason, asked.tell)
    return work.run(leave_damaged=asked.leave_damaged)


@contextmanager
def _no_stock(desk: Desk, kek_id: str) -> Iterator[None]:
    """No cell holds a data key of that key: by the hub's word, or because no cell lives. Raises DeniedError."""
    told = _void_stocks(desk)
    if told is None:
        with desk.ports.no_cell_lives():
            yield
        return
    if told.unheard:
        raise DeniedError(f"{told.unheard} cells do not say what they hold: try again in a minute, see 'ivr status'")
    if kek_id in told.held:
        raise DeniedError(f"{kek_id} is in use by running calls: try again when they are over and compacted")
    yield


def _void_stocks(desk: Desk) -> StocksVoided | None:
    """Have cells give up data keys that old keys wrapped, and tell what is left. None: no hub runs.

    Raises PeerError when there is one and it does not answer: then nothing is known of the cells.
    """
    old = tuple(kek.kek_id for kek in desk.ports.keys.keks()[:-1])
    try:
        return desk.ports.hub.ask(KeysRotated(old), StocksVoided)
    except EnvironmentFault:
        return None


class _Count:
    """Tells of damage, and counts it."""

    def __init__(self, tell: OnDamage) -> None:
        self._tell = tell
        self.number = 0

    def __call__(self, what: str, why: str) -> None:
        self.number += 1
        self._tell(what, why)
