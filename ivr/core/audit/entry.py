"""What stands in the audit log: who did what to which thing, when, with what outcome.

Rule: nothing of a caller's. A call is named by its id, a number not at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from ivr.errors import SealError


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the log."""

    at: float
    """Wall clock, seconds since the epoch."""
    actor: str
    """hub, cell 3, os:alice, agent:bob."""
    action: str
    """What was done, noun.participle: recording.sealed, recording.opened, key.rotated, dialplan.published."""
    subject: str
    """What it was done to: a call's or recording's id, a key's name."""
    outcome: str = "done"
    """done, denied, failed."""
    reason: str = ""
    """Why the actor did it, in their words."""
    details: dict[str, object] = field(default_factory=dict)

    def encode(self) -> bytes:
        """As JSON, sorted and without spaces: the bytes that are hashed."""
        data = {
            "at": self.at,
            "actor": self.actor,
            "action": self.action,
            "subject": self.subject,
            "outcome": self.outcome,
            "reason": self.reason,
            "details": self.details,
        }
        return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()

    @staticmethod
    def decode(raw: bytes) -> AuditEntry:
        """Back from `encode`. Raises SealError when it is not one of ours."""
        try:
            data = json.loads(raw)
            entry = AuditEntry(
                at=float(data["at"]),
                actor=str(data["actor"]),
                action=str(data["action"]),
                subject=str(data["subject"]),
                outcome=str(data["outcome"]),
                reason=str(data["reason"]),
                details=dict(data["details"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise SealError("an audit entry is not one of ours") from error
        return entry
