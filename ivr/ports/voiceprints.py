"""Enrolled voices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ivr.core.identity.voiceprint import Voiceprint


class Voiceprints(Protocol):
    """Sealed voice templates, one voiceprint a customer."""

    def get(self, customer: str) -> Voiceprint | None:
        """A customer's voiceprint, None when not enrolled. Raises SealError."""
        ...

    def put(self, voiceprint: Voiceprint) -> None:
        """Seal and keep, replacing what was there. Raises SealError, EnvironmentFault."""
        ...

    def remove(self, customer: str) -> None:
        """Forget a customer's voice. Raises OperatorError when there is none."""
        ...

    def customers(self) -> Sequence[str]:
        """Who is enrolled."""
        ...

    def mark(self, customer: str) -> str:
        """The customer as they may stand in the audit log: a keyed hash."""
        ...
