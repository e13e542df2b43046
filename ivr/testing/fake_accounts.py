"""What checks customers' PINs and codes, in memory."""

from __future__ import annotations

from hashlib import sha256

from ivr.core.identity.account import AccountSecrets


class MemoryAccountStore:
    """Accounts in a dictionary. It passes the contract suite of the real one."""

    def __init__(self) -> None:
        self._kept: dict[str, AccountSecrets] = {}

    def find(self, account: str) -> AccountSecrets | None:
        """What is kept."""
        return self._kept.get(account)

    def put(self, account: str, secrets: AccountSecrets, *, instead_of: AccountSecrets | None) -> bool:
        """Keep it."""
        if self._kept.get(account) != instead_of:
            return False
        self._kept[account] = secrets
        return True

    def remove(self, account: str) -> bool:
        """Forget it."""
        return self._kept.pop(account, None) is not None

    def mark(self, account: str) -> str:
        """A hash of it."""
        return sha256(account.encode()).hexdigest()[:16]
