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

ACCOUNT = "account"
"""Purpose of the fingerprints of accounts."""


class AttemptFile:
    """The counts of all accounts that something is held against. Usable from several processes."""

    def __init__(self, path: Path, keys: KeyStore, *, wall: Clock) -> None:
        self._path, self._keys, self._wall = path, keys, wall

    def ask(self, account: str, *, beside: Iterable[str] = ()) -> bool:
        """Count an attempt; whether it may be made. Durable when it returns. Raises EnvironmentFault."""
        with self._open() as held:
            if any(self._is_locked(held.get(self._mark(other))) for other in beside):
                return False
            mark = self._mark(account)
            held[mark], allowed = asked(held.get(mark), self._wall())
        return allowed

    def locked(self, account: str) -> bool:
        """Whether none may be made now. Raises EnvironmentFault."""
        with self._open() as held:
            return self._is_locked(held.get(self._mark(account)))

    def clear(self, account: str) -> bool:
        """Hold nothing against an account; whether anything was. Raises EnvironmentFault."""
        with self._open() as held:
            return held.pop(self._mark(account), None) is not None

    def give_back(self, account: str) -> None:
        """The latest attempt was not answered. Raises EnvironmentFault."""
        with self._open() as held:
            mark = self._mark(account)
            if mark in held:
                held[mark] = given_back(held[mark])

    def mark(self, account: str) -> str:
        """The account as it may stand in the audit log."""
        return self._mark(account)[:16]

    def _is_locked(self, tries: Tries | None) -> bool:
        now = self._wall()
        return tries is not None and now < tries.by(now).locked_until

    def _mark(self, account: str) -> str:
        return self._keys.fingerprint(ACCOUNT, account.encode()).hex()

    @contextmanager
    def _open(self) -> Iterator[dict[str, Tries]]:
        """All counts, to be changed and written within the block. What is damaged locks nobody out: it is an error."""
        with locked(self._path.with_suffix(".lock"), "the attempts at accounts cannot be counted"):
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
