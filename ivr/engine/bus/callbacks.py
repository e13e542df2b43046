"""Callback requests."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CallbackWanted:
    """The caller asks for a callback. Answered by CallbackAnswered."""

    call_id: str
    callback_id: int
    queue: str
    number: str = field(repr=False)
    language: str = ""
    waited: float = 0.0
    """Seconds that they waited in the queue before."""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class CallbackAnswered:
    """Whether the callback request is durable."""

    call_id: str
    callback_id: int
    kept: bool


@dataclass(frozen=True, slots=True)
class CalleeDue:
    """Hub to an idle cell: dial this number. Answered by the call's records, or by CalleeRefused."""

    call_id: str
    """Of the call that it is to be."""
    callback_id: str
    number: str = field(repr=False)
    called: str = ""
    """The number of ours whose dialplan tells them who calls and why."""


@dataclass(frozen=True, slots=True)
class CalleeRefused:
    """The cell did not dial, and will not."""

    call_id: str
    reason: str
