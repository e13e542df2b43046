"""Transcriptions and findings in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ivr.core.call.transcription import Transcription
from ivr.core.compliance.findings import CallFindings
from ivr.errors import OperatorError
from ivr.ports.reviews import OnDamage


class MemoryInspectionStore:
    """An InspectionStore that knows of calls what it is told: `ended` has the end of each that has a recording."""

    def __init__(self) -> None:
        self.ended: dict[str, float] = {}
        self._transcriptions: dict[str, Transcription] = {}
        self._findings: dict[str, CallFindings] = {}

    def put_transcription(self, transcription: Transcription) -> None:
        """Keep it. Raises OperatorError when there is no such call."""
        self._must_be_there(transcription.call_id)
        self._transcriptions[transcription.call_id] = transcription

    def transcription(self, call_id: str) -> Transcription | None:
        """The call's."""
        return self._transcriptions.get(call_id)

    def put_findings(self, findings: CallFindings) -> None:
        """Keep them. Raises OperatorError when there is no such call."""
        self._must_be_there(findings.call_id)
        self._findings[findings.call_id] = findings

    def findings(self, calls: Iterable[str], *, on_damage: OnDamage | None = None) -> dict[str, CallFindings]:
        """By call."""
        return {call: self._findings[call] for call in calls if call in self._findings}

    def findings_between(
        self, since: float, until: float, *, limit: int, on_damage: OnDamage | None = None
    ) -> list[CallFindings]:
        """Newest first."""
        there = [one for one in self._findings.values() if since <= one.started_at < until]
        return sorted(there, key=lambda one: (one.started_at, one.call_id), reverse=True)[:limit]

    def waiting(self, since: float, *, limit: int, after: tuple[float, str] = (0.0, "")) -> Sequence[tuple[float, str]]:
        """Who waits longest first."""
        lacking = sorted((at, call) for call, at in self.ended.items() if call not in self._findings and at >= since)
        return [one for one in lacking if one > after][:limit]

    def calls(self) -> Sequence[str]:
        """Every call that something is kept of."""
        return list(self._transcriptions.keys() | self._findings.keys())

    def keys_of_call(self, call_id: str) -> Sequence[bytes]:
        """Nothing here has a key."""
        return []

    def forget_call(self, call_id: str) -> None:
        """Remove it."""
        self._transcriptions.pop(call_id, None)
        self._findings.pop(call_id, None)

    def _must_be_there(self, call_id: str) -> None:
        if call_id not in self.ended:
            raise OperatorError(f"there is no call {call_id} any more: nothing is kept of it")
