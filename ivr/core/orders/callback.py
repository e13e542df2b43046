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
    waited: float = 0.0
    """Seconds that the caller waited for an agent before: the place that they keep."""
    priority: int = 0
    """That they had meanwhile."""


@dataclass(frozen=True, slots=True)
class CallbackKept:
    """The callback request is durable."""

    callback_id: int


@dataclass(frozen=True, slots=True)
class CallbackFailed:
    """The callback request could not be kept."""

    callback_id: int
