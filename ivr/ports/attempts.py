"""Attempts to prove who somebody is."""

from __future__ import annotations

from typing import Protocol


class AttemptCounter(Protocol):
    """How often accounts' proofs were tried: one count a factor, one lock for all. An account is known by a keyed hash
    alone."""

    def ask(self, account: str, factor: str = "") -> bool:
        """Count an attempt, durably; whether it may be made. None is, nor counted, while another factor is locked.

        Raises EnvironmentFault.
        """
        ...

    def locked(self, account: str) -> bool:
        """Whether none may be made now. Raises EnvironmentFault."""
        ...

    def clear(self, account: str, factor: str | None = None) -> bool:
        """Hold nothing against an account, by one factor or by any; whether anything was. Raises EnvironmentFault."""
        ...

    def give_back(self, account: str, factor: str = "") -> None:
        """The latest attempt was not answered: it does not count. Raises EnvironmentFault."""
        ...

    def mark(self, account: str) -> str:
        """The account as it may stand in the audit log."""
        ...
