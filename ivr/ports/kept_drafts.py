"""Drafts that the office keeps for those who write them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from ivr.core.dialplan.kept_draft import KeptDraft


class KeptDrafts(Protocol):
    """Every method may raise EnvironmentFault."""

    def alone(self) -> AbstractContextManager[None]:
        """Nobody else saves or drops one meanwhile; whoever comes waits."""
        ...

    def all(self) -> Iterable[KeptDraft]:
        """Every one, in no order. Raises SealError."""
        ...

    def load(self, id: str) -> KeptDraft:
        """One of them. Raises OperatorError when there is none of that id, SealError for one that is not ours."""
        ...

    def keep(self, draft: KeptDraft) -> None:
        """Keep it in the place of what it was before: whole and durable, or not at all."""
        ...

    def drop(self, id: str) -> None:
        """It is no longer there; nor need it have been."""
        ...
