"""Callback requests."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KeepCallback:
    """Keep the callback request. Answered by CallbackKept or CallbackFailed."""

    callback_id: int
    queue: str
    number: str = field(repr=False)
    """+ and digits, or digits."""


@dataclass(frozen=True, slots=True)
class CallbackKept:
    """The callback request is durable."""

    callback_id: int


@dataclass(frozen=True, slots=True)
class CallbackFailed:
    """The callback request could not be kept."""

    callback_id: int
