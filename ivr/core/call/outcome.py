"""What the record will say of a call, gathered as it happens."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.call.record import CallRecord, DisclosureEvidence, Voicemail
from ivr.core.dialplan.model import Dialplan
from ivr.core.orders.calls import CallArrived
from ivr.core.orders.evidence import LOOKED_UP, Note

MOST_LOOKED_UP = 100
"""Values a call is found by, at most: a caller can ask for their balance all day."""


@dataclass(slots=True)
class Outcome:
    """One call's, so far."""

    language: str
    answered_at: float | None = None
    ended_at: float | None = None
    recording_id: str | None = None
    outcome: str = ""
    identity: str = "none"
    consent: str = "unasked"
    states: list[str] = field(default_factory=list)
    disclosures: list[DisclosureEvidence] = field(default_factory=list)
    voicemails: list[Voicemail] = field(default_factory=list)
    looked_up: list[tuple[str, str]] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    loss_here: float | None = None
    loss_there: float | None = None
    hangup_code: int = 0
    hangup_by_caller: bool = False

    def noted(self, note: Note) -> None:
        """A fact that the dialplan told for the record."""
        if note.kind == LOOKED_UP:
            self._keep(str(note.data["name"]), str(note.data["value"]))
        match note.kind:
            case "state":
                self.states.append(str(note.data["name"]))
            case "language":
                self.language = str(note.data["language"])
            case "identity":
                self.identity = str(note.data["level"])
            case "consent":
                self.consent = str(note.data["consent"])
            case "outcome":
                self.outcome = str(note.data["outcome"])
            case "disclosure":
                self.disclosures.append(DisclosureEvidence(**note.data))  # type: ignore[arg-type]
            case "voicemail":
                self.voicemails.append(Voicemail(**note.data))  # type: ignore[arg-type]

    def _keep(self, name: str, value: str) -> None:
        if (name, value) not in self.looked_up and len(self.looked_up) < MOST_LOOKED_UP:
            self.looked_up.append((name, value))

    def record(
        self, arrival: CallArrived, dialplan: Dialplan, *, agents: list[str], transfers: list[str]
    ) -> CallRecord:
        """The record as it stands."""
        return CallRecord(
            call_id=arrival.call_id,
            started_at=arrival.at,
            answered_at=self.answered_at,
            ended_at=self.ended_at,
            caller=arrival.caller,
            called=arrival.called,
            dialplan=dialplan.id,
            dialplan_sha256=dialplan.sha256,
            certificate=dialplan.certificate,
            language=self.language,
            outcome=self.outcome,
            recording_id=self.recording_id,
            identity=self.identity,
            consent=self.consent,
            agents=tuple(agents),
            transfers=tuple(transfers),
            states=tuple(self.states),
            disclosures=tuple(self.disclosures),
            voicemails=tuple(self.voicemails),
            looked_up=tuple(self.looked_up),
            marks=tuple(sorted(self.marks)),
            loss_here=self.loss_here,
            loss_there=self.loss_there,
            hangup_code=self.hangup_code,
            hangup_by_caller=self.hangup_by_caller,
        )
