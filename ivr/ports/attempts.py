"""Attempts to prove who somebody is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class AttemptCounter(Protocol):
    """How often accounts' proofs were tried. An account is known by a keyed hash alone."""

    def ask(self, account: str, *, beside: Iterable[str] = ()) -> bool:
        """Count an attempt, durably; whether it may be made. None is, nor counted, while one of `beside` is locked.

        Raises EnvironmentFault.
        """
        ...

    def locked(self, account: str) -> bool:
        """Whether none may be made now. Raises EnvironmentFault."""
        ...

    def clear(self, account: str) -> bool:
        """Hold nothing against an account; whether anything was. Raises EnvironmentFault."""
        ...

    def give_back(self, account: str) -> None:
        """The latest attempt was not answered: it does not count. Raises EnvironmentFault."""
        ...

    def mark(self, account: str) -> str:
        """The account as it may stand in the audit log."""
        ...
