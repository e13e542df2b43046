"""One step of a call, as it is kept sealed in its recording and, in part, in the audit log.

Rule: the log names what was done and to which call; what it was about stands there as a hash under a salt that only the
recording's key gives (ADR 13). So the log proves every step, and tells nothing of a call whose recording was shredded.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.receipt import commitment
from ivr.core.typed import number, text, whole
from ivr.errors import SealError

OUTCOMES = {
    "call.refused": "denied",
    "guard.denied": "denied",
    "recording.failed": "failed",
    "agent.failed": "failed",
    "transfer.failed": "failed",
    "callback.failed": "failed",
    "call.lost": "failed",
}
"""Of the steps that are not simply done."""
AS_PUBLISHED = "as_published"
"""Of a warning that was played: whether its sound was the published one; null where no hash of it was published, since
it holds what is the caller's own. It does not say which warning it was."""
CLEAR = frozenset(
    {"agent", "colleague", "supervisor", "recording", "dialplan", "dialplan_sha256", "certificate", AS_PUBLISHED}
)
"""Details that the log may show: staff and our own documents, never what a caller did."""


@dataclass(frozen=True, slots=True)
class CallStep:
    """One thing that was done in a call."""

    number: int
    """From 1, in the call's order."""
    at: float
    """Wall clock, seconds since the epoch."""
    action: str
    """noun.participle: state.entered, disclosure.played."""
    details: Mapping[str, object] = field(default_factory=dict, repr=False)
    """What it was about."""

    def public(self, salt: bytes | None) -> dict[str, object]:
        """What the log holds of the details. Without a salt (no recording, no key) not even their hash."""
        shown = {name: value for name, value in self.details.items() if name in CLEAR}
        hidden = {"hash": commitment(self.to_json(), salt)} if salt is not None else {}
        return {"step": self.number, **shown, **hidden}

    def to_json(self) -> dict[str, object]:
        """As the recording keeps it."""
        return {"step": self.number, "at": self.at, "action": self.action, "details": dict(self.details)}

    @staticmethod
    def from_json(data: Mapping[str, object]) -> CallStep:
        """Back from `to_json`. Raises SealError."""
        try:
            details = data["details"]
            if not isinstance(details, dict) or data.keys() != {"step", "at", "action", "details"}:
                raise TypeError("details")
            return CallStep(whole(data["step"], least=1), number(data["at"]), text(data["action"]), details)
        except (KeyError, TypeError, ValueError) as error:
            raise SealError("the recording holds a step of its call that is not one of ours") from error


def step_salt(data_key: bytes) -> bytes:
    """The salt of a recording's steps: known only to who holds its key."""
    return hmac.digest(data_key, b"ivr-step-salt/1", "sha256")


def step_entry(call_id: str, at: float, actor: str, action: str, public: Mapping[str, object]) -> AuditEntry:
    """The log's entry of a step."""
    return AuditEntry(at, actor, action, call_id, OUTCOMES.get(action, "done"), details=dict(public))


def is_entry_of(entry: AuditEntry, step: CallStep, salt: bytes) -> bool:
    """Whether the log's entry says the same as the recording's step."""
    return entry.action == step.action and entry.at == step.at and entry.details == step.public(salt)
