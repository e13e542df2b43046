"""How far a call has come, and what its facts are to the call itself. What follows from them is `call.TABLE`."""

from __future__ import annotations

from enum import StrEnum

from ivr.core.events import Event
from ivr.core.orders.calls import CallAnswered, CallArrived, DrainRequested
from ivr.core.orders.legs import CallerVanished, LegHungUp, LegRole, LineMeasured, MediaAstray, MediaMissing
from ivr.core.orders.playing import PromptEnded, PromptStarted
from ivr.core.orders.recording import RecordingFailed, RecordingStarted
from ivr.core.orders.risk import CallsCounted

EARLY_PROMPT_ID = -1
"""Prompts of the call itself have negative numbers, the dialplan's positive ones."""
APOLOGY_PROMPT_ID = -2
TALK_ENDS_PROMPT_ID = -3


class Phase(StrEnum):
    """How far a call has come."""

    ARRIVING = "arriving"
    """Nothing is known yet."""
    PREPARING = "preparing"
    """The recording is being opened."""
    EARLY = "early"
    """A prompt plays in early media."""
    CALLING = "calling"
    """A callback: our INVITE is out, their phone rings."""
    ANSWERING = "answering"
    """Our 200 is out, its ACK is awaited."""
    SERVING = "serving"
    """The dialplan has the word."""
    REFUSING = "refusing"
    """Sorry is said in early media; then the INVITE is refused."""
    CLOSING = "closing"
    """After our 200 the call is to end by BYE: at once, or when sorry was said."""
    ENDED = "ended"


class Fact(StrEnum):
    """What an event is to the call itself."""

    ARRIVED = "arrived"
    COUNTED = "counted"
    """Earlier calls have answered."""
    RECORDING = "recording"
    UNRECORDABLE = "unrecordable"
    ANSWERED = "answered"
    NO_AUDIO = "no audio"
    EARLY_BEGAN = "early prompt began"
    EARLY_ENDED = "early prompt ended"
    SORRY_ENDED = "apology ended"
    STOPPING = "stopping"
    MEASURED = "measured"
    VANISHED = "vanished"
    ASTRAY = "astray"
    GONE = "gone"
    LIMIT = "limit"
    """The phase has lasted too long."""
    OTHER = "other"
    """The dialplan's, and of those with whom the caller talks."""


_BY_CLASS: dict[type, Fact] = {
    CallArrived: Fact.ARRIVED,
    CallsCounted: Fact.COUNTED,
    RecordingStarted: Fact.RECORDING,
    RecordingFailed: Fact.UNRECORDABLE,
    CallAnswered: Fact.ANSWERED,
    MediaMissing: Fact.NO_AUDIO,
    DrainRequested: Fact.STOPPING,
    LineMeasured: Fact.MEASURED,
    CallerVanished: Fact.VANISHED,
    MediaAstray: Fact.ASTRAY,
}
_ENDED = {EARLY_PROMPT_ID: Fact.EARLY_ENDED, APOLOGY_PROMPT_ID: Fact.SORRY_ENDED}


def fact_of(event: Event) -> Fact:
    """What an event is to the call."""
    match event:
        case LegHungUp(role=LegRole.CALLER):
            return Fact.GONE
        case PromptEnded(prompt_id=number):
            return _ENDED.get(number, Fact.OTHER)
        case PromptStarted(prompt_id=number) if number == EARLY_PROMPT_ID:
            return Fact.EARLY_BEGAN
    return _BY_CLASS.get(type(event), Fact.OTHER)
