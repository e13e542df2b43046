"""What the record will say of a call, gathered as it happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from ivr.core.call.flags import marks_of
from ivr.core.call.record import CallRecord
from ivr.core.commands import Command
from ivr.core.dialplan.model import Dialplan
from ivr.core.events import Event
from ivr.core.identity.level import Level
from ivr.core.orders.calls import CallArrived
from ivr.core.orders.evidence import (
    Alerted,
    CallOutcome,
    Consent,
    ConsentAnswered,
    DigitsAnswered,
    DisclosureHeard,
    Enrolled,
    Evidence,
    FactorProved,
    FigureWithheld,
    IdentityReached,
    LanguageChosen,
    LookedUp,
    MessageLeft,
    OutcomeReached,
    Rated,
    RiskScored,
    StateEntered,
)
from ivr.core.orders.legs import LegHungUp
from ivr.core.orders.playing import PlayPrompt, PromptEnded
from ivr.core.orders.talk import WhisperEnded
from ivr.errors import BugError

MOST_LOOKED_UP = 100
"""Values a call is found by, at most: a caller can ask for their balance all day."""

MOST_SCORED = 20
"""Scores of a call's risk that its record holds; the last one always."""


@dataclass(slots=True)
class Outcome:
    """One call's, so far."""

    language: str
    answered_at: float | None = None
    ended_at: float | None = None
    recording_id: str | None = None
    outcome: CallOutcome = CallOutcome.OPEN
    identity: Level = Level.NONE
    consent: Consent = Consent.UNASKED
    states: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    disclosures: list[DisclosureHeard] = field(default_factory=list)
    alerts: list[Alerted] = field(default_factory=list)
    voicemails: list[MessageLeft] = field(default_factory=list)
    ratings: dict[str, Rated] = field(default_factory=dict)
    withheld: list[FigureWithheld] = field(default_factory=list)
    voices: dict[str, None] = field(default_factory=dict)
    """Synthetic ones that spoke in it, each once."""
    looked_up: list[tuple[str, str]] = field(default_factory=list)
    risk: tuple[RiskScored, ...] = ()
    marks: set[str] = field(default_factory=set)
    loss_here: float | None = None
    loss_there: float | None = None
    hangup_code: int = 0
    hangup_by_caller: bool = False
    arrival: CallArrived | None = None
    _arrived_now: float = 0.0

    def arrived(self, arrival: CallArrived, *, now: float) -> None:
        """The INVITE is here, or we dial."""
        self.arrival, self._arrived_now = arrival, now

    @property
    def calls_back(self) -> bool:
        """We dialled, because they had asked for it."""
        return self.arrival is not None and bool(self.arrival.callback_id)

    def wall(self, now: float) -> float:
        """Wall-clock time of `now`: counted from the INVITE, so that a clock set back changes no duration."""
        assert self.arrival is not None
        return self.arrival.at + (now - self._arrived_now)

    def ended(self, hung_up: LegHungUp, *, now: float) -> None:
        """The caller's leg is down: what came of the call, if nothing said so before."""
        self.ended_at = self.wall(now)
        self.hangup_code, self.hangup_by_caller = hung_up.code, hung_up.by_far_end
        if not self.outcome:
            unanswered = self.calls_back and self.answered_at is None
            ended = CallOutcome.ABANDONED if hung_up.by_far_end else CallOutcome.COMPLETED
            self.outcome = CallOutcome.UNANSWERED if unanswered else ended

    def noted(self, evidence: Evidence) -> None:
        """A fact that the dialplan told for the record."""
        match evidence:
            case StateEntered(name=name):
                self.states.append(name)
            case LanguageChosen(language=language):
                self.language = language
            case IdentityReached(level=level):
                self.identity = level
            case ConsentAnswered(consent=consent):
                self.consent = consent
            case OutcomeReached(outcome=outcome):
                self.outcome = outcome
            case DisclosureHeard():
                self.disclosures.append(evidence)
            case Alerted():
                self.alerts.append(evidence)
            case MessageLeft():
                self.voicemails.append(evidence)
            case Rated(question=question, answer=answer):
                # Asked anew after an answer: that one stands until there is another.
                if answer is not None or question not in self.ratings:
                    self.ratings[question] = evidence
            case RiskScored():
                self.risk = (*self.risk[: MOST_SCORED - 1], evidence)
            case LookedUp(name=name, value=value):
                self._keep(name, value)
            case FigureWithheld():
                self.withheld.append(evidence)
            case DigitsAnswered() | Enrolled() | FactorProved():
                pass  # the marks say it, or the level that follows
            case _:
                assert_never(evidence)

    def followed(self, event: Event | None, orders: Sequence[Command]) -> None:
        """What a fact and the orders after it leave in the record. None: time passed."""
        self.marks.update(marks_of(event, orders))
        if isinstance(event, PromptEnded) and event.report is not None:
            self.voices.update(dict.fromkeys(event.report.voices))
        elif isinstance(event, WhisperEnded):
            self.voices.update(dict.fromkeys(event.voices))
        for order in orders:
            if isinstance(order, PlayPrompt) and order.disclosure is not None and order.disclosure not in self.begun:
                self.begun.append(order.disclosure)
            elif isinstance(order, Alerted):  # of the talk, not of the dialplan
                self.noted(order)

    def _keep(self, name: str, value: str) -> None:
        if (name, value) in self.looked_up:
            return
        if len(self.looked_up) < MOST_LOOKED_UP:
            self.looked_up.append((name, value))
        else:
            self.marks.add("looked_up_cut")

    def record(self, dialplan: Dialplan, *, agents: list[str], transfers: list[str]) -> CallRecord:
        """The record as it stands."""
        arrival = self.arrival
        if arrival is None:
            raise BugError("a call has no record before it arrived")
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
            begun=tuple(self.begun),
            disclosures=tuple(self.disclosures),
            alerts=tuple(self.alerts),
            voicemails=tuple(self.voicemails),
            ratings=tuple(self.ratings.values()),
            voices=tuple(self.voices),
            withheld=tuple(self.withheld),
            looked_up=tuple(self.looked_up),
            marks=tuple(sorted(self.marks)),
            loss_here=self.loss_here,
            loss_there=self.loss_there,
            hangup_code=self.hangup_code,
            hangup_by_caller=self.hangup_by_caller,
            callback_id=arrival.callback_id,
            network=arrival.network,
            risk=self.risk,
        )
