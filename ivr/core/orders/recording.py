"""The sealed recording: begun, paused, gone on with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Open the sealed recording. Answered by RecordingStarted or RecordingFailed."""


@dataclass(frozen=True, slots=True)
class RecordingStarted:
    """The recording is open, its header durable on disk."""

    recording_id: str


@dataclass(frozen=True, slots=True)
class RecordingFailed:
    """The recorder cannot go on: no key, no disk, an I/O error."""

    reason: str


@dataclass(frozen=True, slots=True)
class PauseRecording:
    """Stop keeping audio: silence of the same length is written and marked. It lasts while any reason does."""

    reason: str


@dataclass(frozen=True, slots=True)
class ResumeRecording:
    """This reason is over: keep audio again, unless there is another one."""

    reason: str


@dataclass(frozen=True, slots=True)
class PauseAsked:
    """The agent pressed the keys that pause the recording."""

    limit: float
    """Seconds after which it goes on by itself."""
    party: str = ""
    """Whose leg they came from; empty: the agent's."""


@dataclass(frozen=True, slots=True)
class ResumeAsked:
    """The agent pressed the keys that let the recording go on."""

    party: str = ""
