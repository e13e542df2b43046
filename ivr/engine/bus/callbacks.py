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


@dataclass(frozen=True, slots=True)
class CallbackAnswered:
    """Whether the callback request is durable."""

    call_id: str
    callback_id: int
    kept: bool
