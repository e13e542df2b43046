"""Attempts at accounts' proofs, in one small file that survives restarts. Accounts stand there as keyed hashes only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path

from ivr.core.identity.attempts import Tries, asked, given_back
from ivr.durable import locked, write_durably
from ivr.errors import EnvironmentFault
from ivr.ports.clock import Clock
from ivr.ports.keys import KeyStore
from ivr.ports.leading import Fence, unfenced

ACCOUNT = "account"
"""Purpose of the fingerprints of accounts."""


class AttemptFile:
    """The counts of all accounts that something is held against. Usable from several processes."""

    def __init__(self, path: Path, keys: KeyStore, *, wall: Clock, fence: Fence = unfenced) -> None:
        """`fence` is asked under the lock: on two machines only the one that leads counts."""
        self._path, self._keys, self._wall, self._fence = path, keys, wall, fence

    def ask(self, account: str, factor: str = "") -> bool:
        """Count an attempt; whether it may be made. Durable when it returns. Raises EnvironmentFault."""
        with self._open() as held:
            name = self._name(account, factor)
            if any(self._is_locked(held[other]) for other in self._of(account, held) if other != name):
                return False
            held[name], allowed = asked(held.get(name), self._wall())
        return allowed

    def locked(self, account: str) -> bool:
        """Whether none may be made now. Raises EnvironmentFault."""
        with self._open() as held:
            return any(self._is_locked(held[name]) for name in self._of(account, held))

    def clear(self, account: str, factor: str | None = None) -> bool:
        """Hold nothing against an account, by one factor or by any; whether anything was. Raises EnvironmentFault."""
        with self._open() as held:
            names = self._of(account, held) if factor is None else [self._name(account, factor)]
            return [name for name in names if held.pop(name, None) is not None] != []  # each of them, whatever was held

    def give_back(self, account: str, factor: str = "") -> None:
        """The latest attempt was not answered. Raises EnvironmentFault."""
        with self._open() as held:
            name = self._name(account, factor)
            if name in held:
                held[name] = given_back(held[name])

    def mark(self, account: str) -> str:
        """The account as it may stand in the audit log."""
        return self._mark(account)[:16]

    def _is_locked(self, tries: Tries) -> bool:
        now = self._wall()
        return now < tries.by(now).locked_until

    def _name(self, account: str, factor: str) -> str:
        return f"{self._mark(account)}/{factor}" if factor else self._mark(account)

    def _of(self, account: str, held: Iterable[str]) -> list[str]:
        """What is held against an account, by whatever factor."""
        mark = self._mark(account)
        return [name for name in held if name.partition("/")[0] == mark]

    def _mark(self, account: str) -> str:
        return self._keys.fingerprint(ACCOUNT, account.encode()).hex()

    @contextmanager
    def _open(self) -> Iterator[dict[str, Tries]]:
        """All counts, to be changed and written within the block. What is damaged locks nobody out: it is an error."""
        with locked(self._path.with_suffix(".lock"), "the attempts at accounts cannot be counted"):
            self._fence()
            held = self._read()
            before = dict(held)
            yield held
            if held != before:
                now = self._wall()
                kept = {mark: astuple(tries) for mark, tries in held.items() if not tries.stale(now)}
                write_durably(self._path, json.dumps(kept).encode())

    def _read(self) -> dict[str, Tries]:
        try:
            data = json.loads(self._path.read_bytes())
            return {str(mark): Tries(int(a), int(b), float(c), float(d)) for mark, (a, b, c, d) in data.items()}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise EnvironmentFault(f"{self._path.name} cannot be read: {error.strerror}") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise EnvironmentFault(
                f"{self._path} is damaged: no proof of identity is taken until it is removed, which forgets all counts"
            ) from error
