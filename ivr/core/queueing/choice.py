"""What an agent, a supervisor or the engine chose for an agent, and what outlives the hub."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ivr.errors import OperatorError

REASON_MAX: Final = 60
"""Characters."""


class ChoiceKind(StrEnum):
    """What may be chosen."""

    LOG_IN = "login"
    LOG_OUT = "logout"
    PAUSE = "pause"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class AgentChoice:
    """Whether an agent takes calls."""

    agent: str
    logged_in: bool = True
    reason: str = ""
    """Of a pause; empty: not paused."""
    by: str = ""
    """Who said so."""


def reason_of(text: str) -> str:
    """The reason of a pause as it is kept and shown. Raises OperatorError."""
    reason = text.strip()
    if not 0 < len(reason) <= REASON_MAX or not text.isprintable():
        raise OperatorError(f"a reason is 1 to {REASON_MAX} characters in one line")
    return reason
