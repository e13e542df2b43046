"""The file of a key store: replaced as a whole, its changes by other processes seen before the next key is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Generic, TypeVar

from ivr.adapters.files.keys.age_seal import encrypt_to
from ivr.adapters.files.keys.leaves import LeafCounter
from ivr.adapters.files.keys.moved_store import refuse_moved, refuse_to_overwrite
from ivr.core.vault.keys import KeyRing
from ivr.core.vault.token_ring import TokenRing
from ivr.durable import translated, write_durably
from ivr.errors import EnvironmentFault, OperatorError, SealError

Ring = TypeVar("Ring", KeyRing, TokenRing)


class RingFile(Generic[Ring]):
    """A ring of keys, as it stands in its file."""

    def __init__(
        self,
        path: Path,
        *,
        opened: Callable[[bytes], Ring],
        sealed: Callable[[Ring], bytes],
        exported: Callable[[Ring], bytes],
    ) -> None:
        """`opened` and `sealed` turn the file's bytes into a ring and back; `exported` is for the recovery key."""
        self._path = path
        self._opened: Callable[[bytes], Ring] = opened
        self._sealed: Callable[[Ring], bytes] = sealed
        self._exported: Callable[[Ring], bytes] = exported
        self._leaves = LeafCounter(path)
        self._seen: tuple[int, int, int] | None = None
        self._ring: Ring

    @property
    def ring(self) -> Ring:
        """The ring as it stands in the file now. Raises SealError, OperatorError when there is no file."""
        if self._seen is None or self._signature() != self._seen:
            self._reload()
        return self._ring

    def place(self, ring: Ring) -> None:
        """Make the file of a new store. Raises OperatorError when there is one."""
        refuse_to_overwrite(self._path)
        self._save(ring)
        self._leaves.begin(ring.next_leaf)

    def change(self, change: Callable[[Ring], Ring]) -> Ring:
        """Read, change and replace the file, alone among processes; returns the ring as it is now."""
        with self._leaves.alone() as next_unused:
            self._reload()
            ring = change(self._ring)
            ring = replace(ring, next_leaf=next_unused(ring.next_leaf))
            self._save(ring)
            self._ring, self._seen = ring, self._signature()
        return ring

    def settled(self) -> Ring:
        """The ring with every leaf that was handed out counted, for who takes it over."""
        with self._leaves.alone() as next_unused:
            self._reload()
            return replace(self._ring, next_leaf=next_unused(self._ring.next_leaf))

    def next_leaf(self) -> int:
        """An erasure leaf that nobody was given."""
        ring = self.ring
        return self._leaves.next(ring.next_leaf, ring.tree.alive)

    def _save(self, ring: Ring) -> None:
        """Write the recovery file first, and remove it last: a store that cannot be recovered is never in use."""
        recovery = recovery_file(self._path)
        if ring.recovery:
            write_durably(recovery, encrypt_to([ring.recovery], self._exported(ring)))
        write_durably(self._path, self._sealed(ring))
        if not ring.recovery:
            with translated(f"the recovery file {recovery} cannot be removed"):
                recovery.unlink(missing_ok=True)

    def _reload(self) -> None:
        seen = None if self._seen is None else self._signature()
        self._ring = self._opened(read_store(self._path))
        self._seen = seen or self._signature()

    def _signature(self) -> tuple[int, int, int]:
        try:
            stat = self._path.stat()
        except FileNotFoundError as error:
            raise SealError(f"the key store {self._path} is gone; restore it from its backup") from error
        except OSError as error:
            raise EnvironmentFault(f"the key store {self._path} cannot be read: {error.strerror}") from error
        return stat.st_ino, stat.st_size, stat.st_mtime_ns


def recovery_file(path: Path) -> Path:
    """The file beside a store that its recovery key opens."""
    return path.with_name(path.name + ".recovery.age")


def read_store(path: Path) -> bytes:
    """A store's file. Raises OperatorError when there is none or its keys moved, EnvironmentFault when it cannot be
    read."""
    refuse_moved(path)
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise OperatorError(no_keys("key store", path)) from error
    except OSError as error:
        raise EnvironmentFault(f"the key store {path} cannot be read: {error.strerror}") from error


def no_keys(what: str, path: Path) -> str:
    """What to do where keys are missing. New ones open nothing that was sealed before, so making them comes last."""
    return (
        f"there is no {what} at {path}. If this engine has run before, name its settings file (--config FILE or "
        f"IVR_CONFIG; data_dir begins at that file's folder), or restore the {what} from its backup. Only an engine "
        "that has sealed nothing yet gets new keys, from 'ivr keys init'"
    )
