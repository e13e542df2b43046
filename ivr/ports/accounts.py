"""What the engine keeps of customers' accounts, to check who calls."""

from __future__ import annotations

from typing import Protocol

from ivr.core.identity.account import AccountSecrets


class AccountStore(Protocol):
    """One row an account, which is known by a keyed hash alone. Usable from several threads and processes.

    Every method is durable when it returns, and raises SealError, EnvironmentFault.
    """

    def find(self, account: str) -> AccountSecrets | None:
        """What is kept of it; None: nothing."""
        ...

    def put(self, account: str, secrets: AccountSecrets, *, instead_of: AccountSecrets | None) -> bool:
        """Keep this in the place of what was read; False, and nothing kept, when it was changed since."""
        ...

    def remove(self, account: str) -> bool:
        """Keep nothing of it; whether anything was kept."""
        ...

    def mark(self, account: str) -> str:
        """The account as it may stand in the audit log."""
        ...
