"""What an agent asks for in their own call, by keys or from a console, and what becomes of it.

A party is named by the offer by which it was rung (an agent, a colleague, a supervisor) or as `target_party` says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class DeskAct(StrEnum):
    """What an agent may ask for in their own call: by keys, or from a console."""

    HOLD = "hold"
    """The caller hears music; again: they talk on. With a colleague: talk to the other of the two."""
    BACK = "back"
    """To the caller alone: off hold, without the colleague."""
    MUTE = "mute"
    """Nobody hears the agent; again: they do."""
    CONSULT = "consult"
    """Ring a colleague while the caller hears music."""
    CONFERENCE = "conference"
    """All three talk."""
    TRANSFER = "transfer"
    """The caller and the colleague talk on without the agent."""
    PASS_ON = "pass_on"  # noqa: S105 - no password
    """A colleague is rung for the caller, and the agent leaves at once (a blind transfer)."""
    HAND_OVER = "hand_over"
    """The caller goes on at a place of the dialplan: another queue, a destination, a question."""
    ASSIST = "assist"
    """The line takes over at a place of the dialplan, a warning say, while the agent stays and listens."""
    CONFIRM = "confirm"
    """The agent knows who calls. From a console alone, as it takes a reason."""
    AWAY = "away"
    """After this call the agent takes no more, for a reason."""
    LOG_OUT = "log_out"
    PAUSE_RECORDING = "pause_recording"
    """What is said is not recorded, for a card number say. By keys it is a code of its own."""
    RESUME_RECORDING = "resume_recording"
    READY = "ready"
    """Takes `away` back."""


@dataclass(frozen=True, slots=True)
class AgentAsked:
    """An agent asks for something in their call."""

    party: str
    """Whose leg, or whose console, it came from."""
    act: DeskAct
    argument: str = ""
    """Whom to ring, where to, why: digits, as they were keyed in."""


class Tone(StrEnum):
    """A short sound for one party."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Signal:
    """Let one party know whether what they asked for is done."""

    party: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class TellDesk:
    """What an agent chose for after this call. Not answered."""

    offer_id: str
    choice: DeskAct
    """AWAY, LOG_OUT or READY."""
    reason: str = ""
    """Digits that stand for one."""


@dataclass(frozen=True, slots=True)
class PartyPressed:
    """Keys of an agent's that ask for nothing: they are meant for who hears them."""

    party: str
    keys: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SendKeys:
    """Keys to a party (RFC 4733)."""

    party: str
    keys: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The agent left, and the caller goes on at a place that the queue's state names."""

    place: str


@dataclass(frozen=True, slots=True)
class CallerConfirmed:
    """The agent knows who calls."""


@dataclass(frozen=True, slots=True)
class BackInQueue:
    """The agent left, and the colleague to whom they passed the caller did not answer: the caller waits on."""


@dataclass(frozen=True, slots=True)
class TalkChanged:
    """Something in the talk that the call's story tells; nothing is to be done."""

    step: str
    """noun.participle: talk.held."""
    agent: str = ""
    colleague: str = ""
    supervisor: str = ""
    place: str = ""
    """Where the caller was handed over to."""
