"""The agent's pause of the recording: while agent and caller talk, and not for ever.

Rule: whatever ends the talk ends the pause first, so that nothing that follows is left out of the recording.
"""

from __future__ import annotations

from ivr.core.commands import Command
from ivr.core.orders.playing import Beep
from ivr.core.orders.recording import PauseRecording, ResumeRecording

AGENT = "agent"
"""Reason of the pause, as the recording and the log name it."""
PAUSED_BEEPS, RESUMED_BEEPS = 2, 1
"""What both hear: two short tones when it begins, one when it ends."""


class AgentPause:
    """One call's."""

    def __init__(self) -> None:
        self.until: float | None = None
        """When it ends by itself; None: the agent does not pause."""

    def asked(self, limit: float, *, now: float, talking: bool) -> list[Command]:
        """The agent pressed the keys for it."""
        if not talking or self.until is not None:
            return []
        self.until = now + limit
        return [PauseRecording(AGENT), Beep(PAUSED_BEEPS)]

    def ended(self) -> list[Command]:
        """The agent pressed the other keys, the talk ends, or the limit is reached."""
        if self.until is None:
            return []
        self.until = None
        return [ResumeRecording(AGENT), Beep(RESUMED_BEEPS)]
