"""A supervisor on the line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SupervisorMode(StrEnum):
    """How a supervisor is on the line."""

    LISTEN = "listen"
    """They hear; nobody hears them."""
    WHISPER = "whisper"
    """The agent alone hears them."""
    JOIN = "join"
    """Everybody does."""


@dataclass(frozen=True, slots=True)
class SupervisorSent:
    """A supervisor wants to be on the line. Who may is decided before."""

    offer_id: str
    agent: str
    """The supervisor's name in the directory of phones."""
    uri: str
    mode: SupervisorMode


@dataclass(frozen=True, slots=True)
class SupervisorTurned:
    """A supervisor on the line is to be on it in another way."""

    offer_id: str
    mode: SupervisorMode
