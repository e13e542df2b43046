"""Callback requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ivr.core.queueing.callback import Callback, CallbackRequest, CallbackState


class CallbackStore(Protocol):
    """Callback requests. Every method is durable when it returns, and raises EnvironmentFault."""

    def keep(self, request: CallbackRequest) -> Callback:
        """Keep a request; one that is pending for the same number and queue is renewed instead."""
        ...

    def find(self, *, queue: str = "", pending: bool = True, limit: int = 100) -> list[Callback]:
        """Requests, the oldest first; of all queues unless one is named."""
        ...

    def take(self, callback_id: str, *, by: str, at: float) -> str:
        """Take a request that is open or unclear; returns its number. Raises OperatorError, SealError."""
        ...

    def close(self, callback_id: str, state: CallbackState, *, by: str, at: float, result: str = "") -> None:
        """Close a pending request; only who took it may call it done. Raises OperatorError."""
        ...

    def due(self, *, at: float, limit: int) -> list[Callback]:
        """Open requests that may be dialled at a time, who came first first."""
        ...

    def number(self, callback_id: str) -> str:
        """The number of a request. Raises OperatorError, SealError."""
        ...

    def dial(self, callback_id: str, call_id: str, *, by: str, at: float) -> None:
        """An open request is about to be dialled by this call: one attempt more. Raises OperatorError."""
        ...

    def put_off(self, callback_id: str, *, until: float, attempts: int, by: str, at: float) -> None:
        """Open again, to be dialled from a time on, after so many attempts; not one that a person took. Raises
        OperatorError."""
        ...

    def give_to_person(self, callback_id: str, *, why: str, at: float) -> None:
        """Unclear from now on, for this reason; not one that a person took. Raises OperatorError."""
        ...

    def expire(self, *, before: float, at: float) -> list[str]:
        """Close every pending request that was renewed last before a time; returns their ids."""
        ...

    def closed(self, *, before: float) -> dict[str, bytes]:
        """Requests closed before a time, and the wrapped key of each."""
        ...

    def forget(self, callback_ids: Sequence[str]) -> None:
        """Remove requests, whose keys were shredded before."""
        ...
