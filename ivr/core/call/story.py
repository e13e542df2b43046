"""What a call's facts and orders come to, in steps that an auditor reads: answered, warned, connected, ended.

Rule: every step follows from facts and orders alone. No key, word, number or score of a caller's is in one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from ivr.core.alarms import AlarmKind
from ivr.core.audit.step import AS_PUBLISHED
from ivr.core.codec import plain
from ivr.core.commands import Command
from ivr.core.dialplan.model import Dialplan
from ivr.core.events import Event
from ivr.core.orders.callback import CallbackFailed, CallbackKept, KeepCallback
from ivr.core.orders.calls import CallAnswered, CallArrived, DrainRequested, HangUp, RejectCall
from ivr.core.orders.desk import TalkChanged
from ivr.core.orders.evidence import (
    NOT_ASKED,
    Alerted,
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
    RaiseAlarm,
    Rated,
    RiskScored,
    StateEntered,
)
from ivr.core.orders.legs import CallerVanished, LegHeld, LegHungUp, LegResumed, LegRole, MediaAstray, MediaMissing
from ivr.core.orders.lookup import StartLookup
from ivr.core.orders.playing import PlayPrompt, PromptEnded
from ivr.core.orders.queue import AgentAnswered, AgentFailed, DialAgent, Enqueue, LeaveQueue, QueueFailed, QueueJoined
from ivr.core.orders.reading import DisclosureRead
from ivr.core.orders.recording import PauseRecording, RecordingFailed, RecordingStarted, ResumeRecording
from ivr.core.orders.talk import Bridge
from ivr.core.orders.transfer import DialTarget, TargetAnswered, TargetFailed
from ivr.core.orders.voice import AgentVoiceJudged, VoiceScored, VoiceUnscored
from ivr.errors import BugError

Told = tuple[str, dict[str, object]]
"""Action and details of a step."""


class Story:
    """One call's steps, as they come."""

    def __init__(self, dialplan: Dialplan) -> None:
        self._dialplan = dialplan
        self._warnings: dict[int, tuple[str, str]] = {}
        """Prompt -> the disclosure that it is, and its language."""
        self._agents: dict[str, str] = {}
        """Offer -> who was rung."""
        self._agent = ""
        self._destination = ""

    def tell(self, event: Event | None, orders: Sequence[Command]) -> list[Told]:
        """The steps that a fact (None: a timer) and the orders after it come to."""
        return [*self._fact(event), *(told for order in orders for told in self._order(order))]

    def _fact(self, event: Event | None) -> Iterator[Told]:
        match event:
            case CallArrived(called=called, callback_id=callback):
                served = {"dialplan": self._dialplan.id, "dialplan_sha256": self._dialplan.sha256}
                arrived: dict[str, object] = {"called": called, **served, "certificate": self._dialplan.certificate}
                yield "call.arrived", arrived | ({"callback": callback} if callback else {})
            case RecordingStarted(recording_id=recording):
                yield "recording.started", {"recording": recording}
            case RecordingFailed(reason=reason):
                yield "recording.failed", {"reason": reason}
            case CallAnswered():
                yield "call.answered", {}
            case MediaMissing():
                yield "call.without_audio", {}
            case MediaAstray():
                yield "media.astray", {}
            case CallerVanished():
                yield "caller.vanished", {}
            case PromptEnded(prompt_id=number) if number in self._warnings:
                yield "disclosure.played", self._played(event)
            case VoiceScored() | VoiceUnscored():
                yield "voice.judged", {"scored": isinstance(event, VoiceScored)}
            case AgentVoiceJudged(agent=agent):
                yield "agent.voice_judged", {"agent": agent, "verdict": str(event.verdict)}
            case QueueJoined(queue=queue, position=position):
                yield "queue.joined", {"queue": queue, "position": position}
            case QueueFailed(reason=reason):
                yield "queue.failed", {"reason": reason}
            case AgentAnswered(offer_id=offer):
                self._agent = self._agents.get(offer, "")
                yield "agent.answered", {"agent": self._agent}
            case AgentFailed(offer_id=offer, code=code):
                yield "agent.failed", {"agent": self._agents.get(offer, ""), "code": code}
            case TargetAnswered():
                yield "transfer.connected", {"destination": self._destination}
            case TargetFailed(code=code):
                yield "transfer.failed", {"destination": self._destination, "code": code}
            case CallbackKept():
                yield "callback.kept", {}
            case CallbackFailed():
                yield "callback.failed", {}
            case LegHeld(role=role):
                yield f"{role}.held", {}
            case LegResumed(role=role):
                yield f"{role}.resumed", {}
            case LegHungUp(role=LegRole.AGENT | LegRole.CONSULTANT | LegRole.SUPERVISOR, party=party):
                yield "agent.left", {"agent": self._agents.get(party, self._agent)}
            case LegHungUp(role=LegRole.TARGET):
                yield "transfer.ended", {"destination": self._destination}
            case LegHungUp(code=code, by_far_end=by_far_end):
                yield "call.ended", {"code": code, "by_caller": by_far_end}
            case DrainRequested():
                yield "call.drained", {}

    def _played(self, event: PromptEnded) -> dict[str, object]:
        disclosure, language = self._warnings[event.prompt_id]
        details: dict[str, object] = {"disclosure": disclosure, "end": str(event.end)}
        report = event.report
        if report is not None:
            published = self._dialplan.published.get(disclosure, {}).get(language)
            details |= {
                AS_PUBLISHED: None if published is None else report.audio_sha256 == published,
                "audio_sha256": report.audio_sha256,
                "first_sample": report.first_sample,
                "last_sample": report.last_sample,
                "packets_sent": report.packets_sent,
                "loss": report.loss,
                "stream_replaced": report.restarted,
                "far_end_silent": report.silent,
            }
        return details

    def _order(self, order: Command) -> Iterator[Told]:
        match order:
            case PlayPrompt(prompt_id=number, clips=clips, disclosure=str(disclosure)):
                self._warnings[number] = disclosure, clips[0].language
            case PauseRecording(reason=reason):
                yield "recording.paused", {"reason": reason}
            case ResumeRecording(reason=reason):
                yield "recording.resumed", {"reason": reason}
            case StartLookup(source=source, query=query):
                yield "lookup.asked", {"source": source, "query": query}
            case Enqueue(queue=queue):
                yield "queue.asked", {"queue": queue}
            case LeaveQueue():
                yield "queue.left", {}
            case DialAgent(offer_id=offer, agent=agent):
                self._agents[offer] = agent
                yield "agent.rung", {"agent": agent}
            case DialTarget(destination=destination):
                self._destination = destination
                yield "transfer.rung", {"destination": destination}
            case Bridge(party=party) if party in self._agents:
                yield "agent.connected", {"agent": self._agents[party]}
            case KeepCallback(queue=queue):
                yield "callback.asked", {"queue": queue}
            case RejectCall(code=code):
                yield "call.refused", {"code": code}
            case HangUp(cause=cause):
                yield "call.hung_up", {"cause": cause}
            case RaiseAlarm(kind=AlarmKind.OBLIGATION, text=text):
                yield "guard.denied", {"text": text}
            case RaiseAlarm(kind=kind):
                yield "alarm.raised", {"kind": str(kind)}
            case TalkChanged():
                told = {"agent": order.agent, "colleague": order.colleague, "supervisor": order.supervisor}
                told["place"] = order.place
                yield order.step, {name: who for name, who in told.items() if who}
            case DisclosureRead(disclosure=name, agent=agent):
                yield "disclosure.read", {"disclosure": name, "agent": agent}
            case LookedUp():
                return  # it is the caller's, and stands in their record alone
            case _ if isinstance(order, Evidence):
                yield _noted(order)


def _noted(evidence: Evidence) -> Told:
    match evidence:
        case StateEntered(name=name):
            return "state.entered", {"state": name}
        case LanguageChosen():
            return "language.chosen", plain(evidence)
        case IdentityReached():
            return "identity.reached", plain(evidence)
        case FactorProved():
            return "identity.proved", plain(evidence)
        case RiskScored(risk=risk, gave=gave):
            return "risk.scored", {"risk": risk, "signals": [str(one.signal) for one in gave if one.points != 0]}
        case FigureWithheld():
            return "figure.withheld", plain(evidence)
        case DisclosureHeard(acknowledged_by=by):
            how = "heard" if by == NOT_ASKED else "acknowledged" if by else "unacknowledged"
            return f"disclosure.{how}", plain(evidence)
        case Alerted():
            return "rule.found", plain(evidence)
        case DigitsAnswered(right=right):
            return "digits.answered", {"right": right}
        case Enrolled():
            return "voice.enrolled", plain(evidence)
        case MessageLeft():
            return "message.left", plain(evidence)
        case Rated(answer=answer):
            return f"satisfaction.{'asked' if answer is None else 'answered'}", plain(evidence)
        case OutcomeReached():
            return "outcome.reached", plain(evidence)
        case ConsentAnswered():
            return "consent.noted", plain(evidence)
        case LookedUp():
            raise BugError("what a call is found by is no step of it")
        case _:
            assert_never(evidence)
