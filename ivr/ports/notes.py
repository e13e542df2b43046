"""Agents' notes of calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ivr.core.call.note import CallNote
from ivr.ports.reviews import KeptWithCall


class NoteStore(KeptWithCall, Protocol):
    """Notes. Every method is durable when it returns, and raises SealError, EnvironmentFault."""

    def put(self, note: CallNote) -> None:
        """Keep it in the place of what its agent wrote of its call before."""
        ...

    def of_call(self, call_id: str) -> Sequence[CallNote]:
        """All of a call, the oldest first."""
        ...
