"""Waiting for an agent, then silence while they talk. Ringing and bridging are the call's own work."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Final

from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.model import Disclosure
from ivr.core.dialplan.parts import Prompt
from ivr.core.dialplan.runtime.guard import unheard
from ivr.core.dialplan.runtime.memory import Deadline, Given, Unjudged
from ivr.core.dialplan.runtime.places import Places
from ivr.core.dialplan.runtime.prompts import clips_of
from ivr.core.dialplan.runtime.readings import NO_READINGS
from ivr.core.dialplan.runtime.render import Unspeakable, spoken
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step import PlainStep
from ivr.core.dialplan.states import DiscloseForState, DiscloseState, QueueState
from ivr.core.dialplan.states.queue import AS_OTHERS, MINUTES, PLACE, AtRisk
from ivr.core.events import Event
from ivr.core.orders.assist import AssistBegun, Rejoin
from ivr.core.orders.calls import HangUpCause
from ivr.core.orders.desk import BackInQueue, CallerConfirmed, HandedOver
from ivr.core.orders.evidence import CallOutcome
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHungUp, LegRole
from ivr.core.orders.playing import Clip, PlayMusic, PromptEnded, StopMusic
from ivr.core.orders.queue import AgentAnswered, AgentFailed, AgentOffered, Enqueue, LeaveQueue, PlaceTold, QueueFailed
from ivr.core.orders.reading import AgentSaid, DisclosureRead

BRIEFS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "queue": "Queue {queue}. English. {level}.",
        "none": "Not identified",
        "basic": "Identified, basic",
        "strong": "Identified, strong",
        "high": "Identified, high",
    },
    "zh": {
        "queue": "队列 {queue}。中文。{level}。",
        "none": "未验证身份",
        "basic": "基本验证",
        "strong": "强验证",
        "high": "最高级验证",
    },
}
"""What every brief begins with, by the language of the call: queue, language, identity level."""
RINGING_LIMIT_SECONDS = 60.0
"""A phone that rings keeps the caller in the queue past the maximum wait, but not for ever."""


class Waiting(Enum):
    """How far it has come."""

    IN_LINE = "in line"
    RINGING = "ringing"
    """In line still, and a phone rings for the call."""
    TALKING = "talking"
    OUT = "out"
    """Neither in line nor talking."""


_WAITS = (Waiting.IN_LINE, Waiting.RINGING)


class QueueStep(PlainStep):
    """Queues the call and says so; leaves when the wait is too long or no agent will come."""

    __slots__ = (
        "_announce_at",
        "_as",
        "_give_up_at",
        "_joined_at",
        "_limit_at",
        "_minutes",
        "_music",
        "_offer",
        "_phase",
        "_place",
        "_state",
    )
    _announce_at: Deadline | None
    _as: Unjudged[AtRisk]
    """How it asked to wait: only an order is told from it."""
    _give_up_at: Deadline
    """End of the wait that the dialplan allows, or later while a phone rings."""
    _joined_at: Unjudged[float]
    """When the call began to wait here: only how long is told from it."""
    _limit_at: Deadline
    """End of the wait that the dialplan allows."""
    _music: bool
    _offer: str | None
    """The one whose phone rings, or who talks."""
    _minutes: int | None
    """For how long yet."""
    _place: int
    """As far as the hub told; 0: it has not yet."""
    _phase: Waiting
    _state: Given[QueueState]

    def __init__(self, state: QueueState) -> None:
        self._state = state
        self._phase = Waiting.OUT
        self._music = False
        self._offer = None
        self._joined_at = 0.0
        self._limit_at = 0.0
        self._give_up_at = 0.0
        self._announce_at = None
        self._as = AS_OTHERS
        self._place = 0
        self._minutes = None

    def enter(self, s: Session) -> None:
        """Join the queue first: the announcement is part of the wait. An agent who stayed has the caller back."""
        s.ahead.hiding = False
        self._joined_at = s.orders.now
        stays, s.staying = s.staying == self._state.name, ""
        if stays:
            s.orders.give(Rejoin(self._missing(s)))
            self._talk(s)
            return
        self._join(s)
        if self._state.say is None or not self._speak(s, self._state.say):
            self._wait(s)
        self._schedule(s)

    def _join(self, s: Session) -> None:
        s.readings = NO_READINGS
        self._ask(s)
        self._phase, self._offer = Waiting.IN_LINE, None
        self._limit_at = self._give_up_at = s.orders.now + self._state.max_wait

    def weighed(self, s: Session) -> None:
        """The call's risk may be another one by now: it waits as one of that risk."""
        if self._phase in _WAITS and self._state.waits(s.known.identity.risk) != self._as:
            self._ask(s)

    def _ask(self, s: Session) -> None:
        state = self._state
        self._as = risk = state.waits(s.known.identity.risk)
        own = None if state.prefer is None else s.known.value(state.prefer)
        s.orders.give(
            Enqueue(
                state.queue,
                state.priority if risk.priority is None else risk.priority,
                waited=s.orders.now - self._joined_at,
                skills={**state.skills, **risk.skills},
                preferred="" if own is None else str(own),
                prefer_last=state.prefer_last,
                urgent=state.urgent or risk.urgent,
            )
        )

    def brief(self, s: Session) -> tuple[Clip, ...]:
        """What an agent is told before they hear the caller: what the dialplan says of them, and who they proved to be.

        A value that cannot be read out is left out with its sentence: the call matters more.
        """
        if self._state.brief is None:
            return ()
        words = BRIEFS.get(s.known.language.partition("-")[0], BRIEFS["en"])
        level = words[str(s.known.identity.level)]
        text = words["queue"].format(queue=self._state.queue.replace("_", " "), level=level)
        first = Clip(s.known.language, text, dynamic=True)
        try:
            return (first, *clips_of(self._state.brief, s.known))
        except Unspeakable:
            return (first,)

    def hold(self, s: Session) -> None:
        """The caller waits on, out of earshot."""

    def resume(self, s: Session) -> None:
        """Nothing was stopped."""

    @property
    def outlasts_hold(self) -> bool:
        """It has its own limits."""
        return True

    def receive(self, s: Session, event: Event) -> None:
        """What the hub and the agent's phone do."""
        match self._phase, event:
            case Waiting.IN_LINE | Waiting.RINGING, PromptEnded():
                self._wait(s)
            case _, PlaceTold(place=place, minutes=minutes):
                self._place, self._minutes = place, minutes
            case Waiting.IN_LINE | Waiting.RINGING, DigitPressed(digit=key) if key == self._state.press:
                if self._state.leave is not None:
                    s.way.go(self._state.leave)
            case Waiting.IN_LINE, AgentOffered(offer_id=offer):
                self._phase, self._offer = Waiting.RINGING, offer
                self._give_up_at = max(self._limit_at, s.orders.now + RINGING_LIMIT_SECONDS)
            case Waiting.RINGING, AgentFailed(offer_id=offer) if offer == self._offer:
                self._phase, self._offer = Waiting.IN_LINE, None
                self._give_up_at = max(self._limit_at, s.orders.now)
            case Waiting.RINGING, AgentAnswered(offer_id=offer) if offer == self._offer:
                self._talk(s)
            case Waiting.IN_LINE | Waiting.RINGING, QueueFailed(way=way):
                self._phase = Waiting.OUT
                self._gave_up(s)
                s.way.go(self._state.overflow.get(way, self._state.otherwise))
            case Waiting.TALKING, LegHungUp(role=LegRole.AGENT):
                self._agent_left(s)
            case Waiting.TALKING, HandedOver(place=place):
                self._handed_over(s, place)
            case Waiting.TALKING, AgentSaid():
                self._said(s, event)
            case Waiting.TALKING, AssistBegun(place=place):
                self._taken_over(s, place)
            case Waiting.TALKING, CallerConfirmed():
                self._confirmed(s)
            case Waiting.TALKING, BackInQueue():
                self._join(s)
                self._wait(s)
        self.weighed(s)
        if s.way.pending is None and not s.ended:
            self._schedule(s)

    def timer(self, s: Session) -> None:
        """Waited too long, or time for an announcement."""
        if s.orders.now >= self._give_up_at:
            s.way.go(self._state.otherwise)
            return
        if self._announce_at is not None and s.orders.now >= self._announce_at and self._state.announce is not None:
            self._announce_at = None
            if self._phase is Waiting.RINGING or s.held or not self._announce(s):
                self._wait(s)
        self.weighed(s)
        self._schedule(s)

    def leave(self, s: Session) -> None:
        """Give the place in the queue back. Without another state to go to, the call is over: the caller gave up."""
        if self._phase in _WAITS:
            self._phase = Waiting.OUT
            self._gave_up(s)
            s.orders.give(LeaveQueue(gave_up=s.way.pending is None))
        self._stop_music(s)

    def _gave_up(self, s: Session) -> None:
        s.left = (s.orders.now - self._joined_at, self._state.priority)

    def _announce(self, s: Session) -> bool:
        """Place and wait where they can be told; if not, what was said first."""
        if self._state.announce is not None and self._speak(s, self._state.announce):
            return True
        return self._state.say is not None and self._speak(s, self._state.say)

    def _told(self, s: Session) -> dict[str, str]:
        """What may be filled in."""
        known = {PLACE: self._place or None, MINUTES: self._minutes}
        return {
            name: spoken(Decimal(value), ValueType.NUMBER, s.known.language)
            for name, value in known.items()
            if value is not None
        }

    def _speak(self, s: Session, prompt: Prompt) -> bool:
        try:
            clips = clips_of(prompt, s.known, self._told(s))
        except Unspeakable:
            return False
        self._music = False  # a prompt interrupts the music
        s.orders.play(clips)
        return True

    def _wait(self, s: Session) -> None:
        if not self._music:
            self._music = True
            s.orders.give(PlayMusic())
        if self._state.every is not None:
            self._announce_at = s.orders.now + self._state.every

    def _stop_music(self, s: Session) -> None:
        if self._music:
            self._music = False
            s.orders.give(StopMusic())

    def _schedule(self, s: Session) -> None:
        if self._phase is Waiting.TALKING:
            s.orders.due = None
        else:
            times = [self._give_up_at] if self._announce_at is None else [self._give_up_at, self._announce_at]
            s.orders.due = min(times)

    def _talk(self, s: Session) -> None:
        """They talk: be silent. The call stops the music and bridges."""
        self._phase = Waiting.TALKING
        self._music = False
        self._announce_at = None
        s.talked = s.known.spoke = True
        s.left = (0.0, 0)  # they had their turn
        s.orders.stop_prompt()
        s.orders.due = None

    def _handed_over(self, s: Session, place: str) -> None:
        target = self._state.hand_over.get(place)
        if target is None:
            return
        self._phase = Waiting.OUT
        if not self._state.keep_identity:
            s.known.unidentify()
        s.way.go(target)

    def _taken_over(self, s: Session, place: str) -> None:
        target = self._state.assist.get(place)
        if target is not None:
            self._phase, s.staying = Waiting.OUT, self._state.name
            s.way.go(target)

    def places(self, s: Session) -> Places:
        """Where an agent may lead the caller."""
        missing, language, now = self._missing(s), s.known.language, s.orders.now
        readings = (s.readings.stands(one, language, now=now) for one in self._readable(s))
        return Places(self._state.hand_over, self._state.assist, missing, tuple(readings), self._whose(s) is not None)

    def _readable(self, s: Session) -> list[Disclosure]:
        """What the agent may read now."""
        found = (s.dialplan.disclosures[name] for name in self._missing(s))
        return [one for one in found if one.agent_may_read]

    def _said(self, s: Session, said: AgentSaid) -> None:
        before = s.readings
        s.readings = before.heard(said, self._readable(s), s.known.language, now=s.orders.now)
        for name, reading in s.readings.whole.items():
            if before.whole.get(name) != reading:
                s.orders.give(DisclosureRead(name, said.agent))

    def _confirmed(self, s: Session) -> None:
        customer = self._whose(s)
        if customer is not None and self._state.confirms is not None:
            s.known.identified(self._state.confirms, frozenset({customer}))

    def _whose(self, s: Session) -> str | None:
        """The value that says whom the agent may know; None: there is nobody to be known as."""
        customer = self._state.customer
        return None if customer is None or s.known.value(customer) is None else customer

    def _missing(self, s: Session) -> tuple[str, ...]:
        """Warnings at the places where the line takes over that still are to be heard, each once."""
        found: list[str] = []
        for target in self._state.assist.values():
            match s.dialplan.states.get(target):
                case DiscloseState(disclosure=name) if not s.heard.counts(name, s.known.language):
                    found.append(name)
                case DiscloseForState(target=protected):
                    found += unheard(s.dialplan.protect[protected], s.heard, s.known)
        return tuple(dict.fromkeys(found))

    def _agent_left(self, s: Session) -> None:
        self._phase = Waiting.OUT
        if self._state.after is None:
            s.finish(HangUpCause.COMPLETED, CallOutcome.TRANSFERRED)
        else:
            s.way.go(self._state.after)
