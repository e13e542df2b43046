"""What an agent writes of a call when it is over: what came of it, and a few words."""

from __future__ import annotations

from dataclasses import dataclass, field

NOTE_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class CallNote:
    """An agent's note of one call. They may write it anew."""

    note_id: str
    call_id: str
    agent: str
    at: float
    """Seconds since the epoch."""
    disposition: str
    """One that the settings name for the queue; empty: none."""
    text: str = field(repr=False)
