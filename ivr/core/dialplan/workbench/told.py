"""What a dialplan ordered, as a line for its author."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from ivr.core.commands import Command
from ivr.core.media.frame import seconds
from ivr.core.orders.assist import Rejoin
from ivr.core.orders.callback import KeepCallback
from ivr.core.orders.calls import HangUp
from ivr.core.orders.evidence import (
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
    ReadByAgent,
    RiskScored,
    StateEntered,
)
from ivr.core.orders.lookup import StartLookup
from ivr.core.orders.playing import PlayPrompt
from ivr.core.orders.reading import DisclosureRead
from ivr.core.orders.recording import PauseRecording, ResumeRecording
from ivr.core.orders.transfer import DialTarget


class Kind(StrEnum):
    """What a line is about."""

    SAID = "said"
    """By the engine."""
    WARNING = "warning"
    """A disclosure that the engine said."""
    CALLER = "caller"
    """What the caller did."""
    STATE = "state"
    NOTE = "note"
    ALARM = "alarm"
    VALUE = "value"
    """A value that became known."""
    HINT = "hint"
    """To the author, of what they typed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a simulated call."""

    at: float
    """Seconds since the call began."""
    kind: Kind
    text: str


def told(at: float, order: Command, *, show_all: bool = False) -> Line | None:
    """An order as a line; None when it is not worth one."""
    if isinstance(order, PlayPrompt):
        said = " ".join(clip.shown for clip in order.clips)
        return Line(at, Kind.WARNING, f"[{order.disclosure}] {said}") if order.disclosure else Line(at, Kind.SAID, said)
    if isinstance(order, StateEntered):
        return Line(at, Kind.STATE, f"state {order.name}")
    if isinstance(order, RaiseAlarm):
        return Line(at, Kind.ALARM, f"alarm {order.kind}: {order.text}")
    if text := _noted(order, show_all=show_all):
        return Line(at, Kind.NOTE, text)
    return None


_TOLD_BY_NAME = ("Enqueue", "CollectVoice", "CompareVoice", "RecordVoice", "EnrolVoice")


def _noted(order: Command, *, show_all: bool) -> str:
    if isinstance(order, Evidence):
        return _evidence(order)
    if isinstance(order, StartLookup):
        given = {name: "(secret)" if name in order.secret else value for name, value in order.params.items()}
        return f"looks up {order.source}.{order.query} {given}"
    if isinstance(order, PauseRecording | ResumeRecording):
        return f"recording {'paused' if isinstance(order, PauseRecording) else 'goes on'} ({order.reason})"
    if isinstance(order, HangUp):
        return f"hangs up ({order.cause})"
    if isinstance(order, KeepCallback):
        return f"leaves a callback request for {order.queue}"
    if isinstance(order, DisclosureRead):
        return f"the agent has read {order.disclosure} whole"
    if isinstance(order, Rejoin):
        missing = f"; not heard yet: {', '.join(order.missing)}" if order.missing else ""
        return f"caller and agent talk on{missing}"
    if isinstance(order, DialTarget):
        return f"transfers to {order.destination}"
    name = type(order).__name__
    return name if show_all or name in _TOLD_BY_NAME else ""


def _evidence(evidence: Evidence) -> str:
    match evidence:
        case StateEntered(name=name):
            return f"state {name}"
        case LanguageChosen(language=language):
            return f"language {language}"
        case IdentityReached(level=level):
            return f"identity {level}"
        case FactorProved(factor=factor):
            return f"proved {factor}"
        case RiskScored(points=points, risk=risk):
            return f"risk {risk}, {points} of 100"
        case OutcomeReached(outcome=outcome):
            return f"outcome {outcome}"
        case ConsentAnswered(consent=consent):
            return f"consent {consent}"
        case DigitsAnswered(right=right, voice=voice):
            return f"digits {'right' if right else 'wrong'}, voice {voice}"
        case Enrolled(recordings=recordings, keeps_audio=keeps):
            return f"voice enrolled by {recordings} recordings, which are {'kept' if keeps else 'not kept'}"
        case LookedUp(name=name):
            return f"to be found by {name}"
        case Alerted(rule=rule):
            return f"rule {rule} found something"
        case DisclosureHeard(disclosure=name, read=ReadByAgent(), acknowledged_by=by):
            return f"disclosure {name} read by the agent, acknowledged by {by or 'nobody'}"
        case DisclosureHeard(disclosure=name, plays=plays, acknowledged_by=by):
            return f"disclosure {name} played {plays} time(s), acknowledged by {by or 'nobody'}"
        case FigureWithheld(rule=rule, what=what):
            return f"not spoken: {rule}: {what}"
        case Rated(question=question, answer=answer):
            return f"{question} {'asked' if answer is None else 'answered'}"
        case MessageLeft(mailbox=mailbox, first_sample=first, last_sample=last):
            return f"message of {seconds(last - first):.1f} s for mailbox {mailbox}"
        case _:
            assert_never(evidence)
