"""Enrolled voices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ivr.core.identity.voiceprint import Voiceprint
from ivr.core.identity.watchlist import Watched
from ivr.core.speech.heard import Heard


@dataclass(frozen=True, slots=True)
class ErasedFile:
    """What is left of a file that was erased: the proof, for the audit log."""

    kind: str
    """voiceprint, enrolment, heard, watched or agent."""
    key: str
    """SHA-256 of its wrapped key, which the key store has shredded."""


class Voiceprints(Protocol):
    """Sealed voice templates, one voiceprint a customer, and what belongs to it."""

    def get(self, customer: str) -> Voiceprint | None:
        """A customer's voiceprint, None when not enrolled. Raises SealError."""
        ...

    def put(self, voiceprint: Voiceprint, recordings: Sequence[bytes] | None = None) -> None:
        """Seal and keep, replacing what was there. `recordings` (8 kHz PCM) takes the place of those kept; empty:
        none is kept any more; None: they stay. Raises SealError, EnvironmentFault."""
        ...

    def exchange(self, before: Voiceprint, after: Voiceprint) -> bool:
        """Put the one in the place of the other, unless it changed meanwhile; whether it was done. Raises SealError,
        EnvironmentFault."""
        ...

    def recordings(self, customer: str) -> Sequence[bytes]:
        """What was kept of the enrolment, 8 kHz PCM; none where the consent does not cover that. Raises SealError."""
        ...

    def heard(self, customer: str) -> Heard:
        """What was heard of a customer's voice. Raises SealError."""
        ...

    def hear(self, customer: str, change: Callable[[Heard], Heard]) -> None:
        """Change what was heard of a customer; of one who is not enrolled nothing is kept. Raises SealError,
        EnvironmentFault."""
        ...

    def remove(self, customer: str) -> Sequence[ErasedFile]:
        """Forget a customer's voice and all that was heard of it, for good. Raises OperatorError when there is none."""
        ...

    def sweep(self, heard_before: float) -> Sequence[str]:
        """Forget answers from before a time, and what a crash left of something erased; the marks of whose there were
        any. Raises SealError, EnvironmentFault."""
        ...

    def customers(self) -> Sequence[str]:
        """Who is enrolled."""
        ...

    def watched(self) -> Sequence[Watched]:
        """Voices of the watchlist, by name; those that are over until somebody clears them away. Raises SealError."""
        ...

    def watch(self, entry: Watched) -> None:
        """Seal and keep one, in place of one of its name. Raises SealError, EnvironmentFault."""
        ...

    def unwatch(self, name: str) -> ErasedFile:
        """Forget one for good. Raises OperatorError when there is none."""
        ...

    def agent(self, name: str) -> Voiceprint | None:
        """The voiceprint of an agent, who stands in the place of its customer; None when they enrolled none. Raises
        SealError."""
        ...

    def put_agent(self, voiceprint: Voiceprint) -> None:
        """Seal and keep an agent's, replacing what was there. Raises SealError, EnvironmentFault."""
        ...

    def remove_agent(self, name: str) -> ErasedFile | None:
        """Forget an agent's for good; None when they enrolled none. Raises SealError, EnvironmentFault."""
        ...

    def agents(self) -> Sequence[Voiceprint]:
        """Those of all agents, by name. Raises SealError."""
        ...

    def mark(self, customer: str) -> str:
        """The customer as they may stand in the audit log: a keyed hash."""
        ...
