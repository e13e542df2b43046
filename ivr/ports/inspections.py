"""What was read in calls after them: transcriptions, and what rules found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from ivr.core.call.transcription import Transcription
from ivr.core.compliance.findings import CallFindings
from ivr.ports.reviews import KeptWithCall, OnDamage


class InspectionStore(KeptWithCall, Protocol):
    """Transcriptions and findings, one of each a call. Every method is durable when it returns, and raises SealError,
    EnvironmentFault.

    One that does not open hides no other where `on_damage` is given: it is told its call and why.
    """

    def put_transcription(self, transcription: Transcription) -> None:
        """Keep it in the place of the one before. Raises OperatorError when there is no such call (any more)."""
        ...

    def transcription(self, call_id: str) -> Transcription | None:
        """The call's; None: it was not read."""
        ...

    def put_findings(self, findings: CallFindings) -> None:
        """Keep them in the place of those before. With them the call is inspected. Raises as `put_transcription`."""
        ...

    def findings(self, calls: Iterable[str], *, on_damage: OnDamage | None = None) -> dict[str, CallFindings]:
        """By call; those that were not inspected are left out."""
        ...

    def findings_between(
        self, since: float, until: float, *, limit: int, on_damage: OnDamage | None = None
    ) -> list[CallFindings]:
        """Of the calls that began from `since` on and before `until` (seconds since the epoch), newest first."""
        ...

    def waiting(self, since: float, *, limit: int, after: tuple[float, str] = (0.0, "")) -> Sequence[tuple[float, str]]:
        """(End, call) of calls that ended from `since` on (seconds since the epoch), have a recording and no findings:
        who waits longest first. `after`: the last one of the page before."""
        ...
