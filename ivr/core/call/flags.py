"""What an inspector should look at in a call: flags that follow from its record, by which calls are found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ivr.core.alarms import AlarmKind
from ivr.core.call.record import CallRecord
from ivr.core.commands import Command
from ivr.core.events import Event
from ivr.core.identity.risk import Risk
from ivr.core.identity.verifier import Verdict
from ivr.core.orders.evidence import CallOutcome, Consent, DigitsAnswered, IdentityReached, RaiseAlarm
from ivr.core.orders.legs import CallerVanished, MediaAstray
from ivr.core.orders.playing import PlayReport, PromptEnded
from ivr.core.orders.recording import PauseRecording
from ivr.core.orders.transfer import TargetFailed
from ivr.core.orders.voice import VoiceScored, VoiceUnscored

FLAGS = {
    "agent_voice": "on the agent's leg a voice was heard that is not known to be theirs",
    "crashed": "the call's cell died",
    "disclosure_lossy": "the far end reported one packet in fifty, or more, of a warning lost",
    "disclosure_repeated": "a warning was played more than once before it counted as heard",
    "disclosure_unacknowledged": "a warning was heard and not acknowledged",
    "failed": "the call ended by a fault of ours",
    "figure_withheld": "a prompt was not spoken, as a figure in it is not the official one or its words are forbidden",
    "guard_alarm": "the run-time guard denied a step",
    "looked_up_cut": "more was looked up than a call is found by; what came after is not in its record",
    "lossy_line": "more than one packet in twenty was lost, one way or the other",
    "far_end_silent": "nothing came from the caller while a warning was played, so it did not count as heard",
    "media_astray": "RTP came from elsewhere than the caller may send from, and was dropped",
    "no_consent": "the caller refused to be recorded",
    "recording_paused": "the agent paused the recording",
    "stream_replaced": "the media stream was replaced within a warning, so it did not count as heard",
    "transfer_failed": "a destination of a transfer did not answer",
    "risk_high": "the risk of the call was scored high",
    "risk_unknown": "the risk of the call could not be told: who was asked did not answer",
    "vanished": "for a minute nothing came from the caller, and the call was ended",
    "digits_wrong": "the caller did not say the digits that were drawn for them",
    "voice_replayed": "a voice came from a recording: its very sound had been heard before",
    "voice_unsure": "a voice was not accepted",
}
"""Flag -> what it says."""
NOT_TOLD_AGENTS = frozenset({"agent_voice"})
"""Whoever sits in an agent's place is not told that they were noticed."""
LOSSY = 0.05
"""Share of lost packets above which words go missing."""
LOSSY_DISCLOSURE = 0.02
"""Of a warning: less than what a dialplan plays it again for by default (0.05), and worth a look."""


def marks_of(event: Event | None, orders: Sequence[Command]) -> Iterator[str]:
    """Flags that a fact and the orders after it leave in the record."""
    match event:
        case PromptEnded(report=PlayReport(silent=True)):
            yield "far_end_silent"
        case PromptEnded(report=PlayReport(restarted=True)):
            yield "stream_replaced"
        case TargetFailed():
            yield "transfer_failed"
        case MediaAstray():
            yield "media_astray"
        case CallerVanished():
            yield "vanished"
    yield from _of_the_voice(event, orders)
    for order in orders:
        match order:
            case RaiseAlarm(kind=AlarmKind.OBLIGATION):
                yield "guard_alarm"
            case RaiseAlarm(kind=AlarmKind.AGENT_VOICE):
                yield "agent_voice"
            case PauseRecording(reason="agent"):
                yield "recording_paused"


def _of_the_voice(event: Event | None, orders: Sequence[Command]) -> Iterator[str]:
    if isinstance(event, VoiceScored) and event.heard_before:
        yield "voice_replayed"
    asked = next((order for order in orders if isinstance(order, DigitsAnswered)), None)
    if asked is not None:
        if not asked.right:
            yield "digits_wrong"
        if asked.voice != Verdict.ACCEPT:
            yield "voice_unsure"
    elif isinstance(event, VoiceUnscored | VoiceScored) and orders and IdentityReached not in map(type, orders):
        # Without orders the words are still to come.
        yield "voice_unsure"


def flags(record: CallRecord) -> tuple[str, ...]:
    """All flags of a call, in alphabetical order."""
    evidence = record.disclosures
    losses = [loss for loss in (record.loss_here, record.loss_there) if loss is not None]
    judged = {
        "crashed": record.outcome is CallOutcome.CRASHED,
        "disclosure_lossy": any(one.loss is not None and one.loss > LOSSY_DISCLOSURE for one in evidence),
        "disclosure_repeated": any(one.plays > 1 for one in evidence),
        "disclosure_unacknowledged": any(not one.acknowledged_by for one in evidence),
        "failed": record.outcome is CallOutcome.FAILED,
        "figure_withheld": bool(record.withheld),
        "lossy_line": any(loss > LOSSY for loss in losses),
        "no_consent": record.consent is Consent.REFUSED,
        "risk_high": any(one.risk is Risk.HIGH for one in record.risk),
        "risk_unknown": bool(record.risk) and record.risk[-1].risk is Risk.UNKNOWN,
    }
    return tuple(sorted({*record.marks, *(name for name, holds in judged.items() if holds)}))
