"""Who holds which role."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from ivr.core.audit.roles import Roles


class RoleBook(Protocol):
    """Roles and rules for two persons, as the audit log says them."""

    def read(self) -> Roles:
        """Those in force now. Raises SealError when log or bookmark were altered, EnvironmentFault."""
        ...

    def verify(self) -> tuple[Roles, int]:
        """The same by the whole log, and how many changes it holds. Raises SealError when others are in force, or
        when somebody changed roles who might not."""
        ...

    def alone(self) -> AbstractContextManager[None]:
        """Nobody else changes roles meanwhile: what was judged still holds when its entry is written."""
        ...
