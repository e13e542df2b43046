"""A leg that the cell dials: rung, given up when nobody answers in time, answered, ended."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress

from ivr.core.call.line_watch import LineWatch
from ivr.core.events import Event
from ivr.core.orders.legs import CallerVanished, LegHeld, LegHungUp, LegResumed, LegRole
from ivr.errors import IvrError
from ivr.ports.telephony import LegDown, LegFact, LegMedia, LegRang, LegUp, Telephony

UNREACHABLE = 503
"""SIP status told when not even an INVITE could be sent."""
NOT_ACCEPTABLE = 488
"""SIP status told when a 200 brought no audio."""
FIRST_FAILURE = 300
LOOK_SECONDS = 1.0
SILENCE_LIMIT = 60.0
"""Seconds without sound or reports until the far end counts as gone (RFC 3550 6.3.5)."""
HELD_LIMIT = 300.0
"""The same while they hold us."""


class DialledLeg(ABC):
    """One of them. What a fact means to the core is the subclass's to say."""

    def __init__(self, telephony: Telephony, call_id: str, *, party: str, name: str, role: LegRole) -> None:
        """`party`: who it is to the core; `name`: to people."""
        self.party, self.name, self.role = party, name, role
        self.channel = ""
        """Of the recording, in which what this far end says is kept; empty until they answered."""
        self._telephony = telephony
        self._call_id = call_id
        self._deadline: float | None = None
        self.answered = False
        self.held = False
        self._audio = False
        self._watch, self._look_at = LineWatch(SILENCE_LIMIT, HELD_LIMIT), 0.0
        self.leg: int | None = None
        """Number of the leg, None when there is none."""

    @abstractmethod
    def dial(self, *, now: float) -> list[Event]:
        """Ring; what follows at once when that is impossible."""

    def ring(self, uri: str, *, timeout: float, now: float) -> list[Event]:
        """Dial; what follows at once when that is impossible."""
        self.leg, self.answered, self.held, self._audio = None, False, False, False
        try:
            self.leg = self._telephony.dial(uri, headers={"X-Ivr-Call": self._call_id})
        except IvrError:
            return self._failed(UNREACHABLE)
        self._deadline = now + timeout
        return []

    def hang_up(self) -> None:
        """Stop ringing, or say good-bye."""
        self._deadline = None
        if self.leg is not None:
            with suppress(IvrError):  # it may be ending already; its LegDown tells
                self._telephony.hang_up(self.leg)

    def tick(self, now: float) -> None:
        """Who does not answer in time is given up, and who vanished from the line without a word."""
        if self._deadline is not None and now >= self._deadline:
            self.hang_up()
        if self.answered and self.leg is not None and now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            with suppress(IvrError):  # it may have ended just now; its LegDown tells
                stats = self._telephony.stats(self.leg)
                seen = self._watch.look(signs=stats.signs, astray=stats.astray, held=self.held, now=now)
                if any(isinstance(one, CallerVanished) for one in seen):
                    self.hang_up()

    def take(self, fact: LegFact) -> list[Event]:
        """A fact of this leg."""
        match fact:
            case LegRang():
                return self._rang()
            case LegUp():
                return self._taken_up()
            case LegMedia(sends=sends):
                changed, self.held, self._audio = self.held is sends, not sends, True
                if self.answered and changed:
                    return [self._hold()]
            case LegDown(code=code, by_far_end=by_far_end):
                self.leg, self._deadline = None, None
                if not self.answered:
                    return self._failed(code if code >= FIRST_FAILURE else NOT_ACCEPTABLE)
                return self._ended(code, by_far_end=by_far_end)
        return []

    def _taken_up(self) -> list[Event]:
        """Who agreed on no audio cannot be talked to; who holds us from their answer on is told so at once."""
        self._deadline = None
        if not self._audio:
            self.hang_up()
            return []
        self.answered = True
        self._watch, self._look_at = LineWatch(SILENCE_LIMIT, HELD_LIMIT), 0.0
        return [*self._up(), *([self._hold()] if self.held else [])]

    def _hold(self) -> Event:
        return LegHeld(self.role, self.party) if self.held else LegResumed(self.role, self.party)

    def _rang(self) -> list[Event]:
        return []

    @abstractmethod
    def _up(self) -> list[Event]:
        """The far end answered."""

    @abstractmethod
    def _failed(self, code: int) -> list[Event]:
        """It did not: SIP status `code`."""

    def _ended(self, code: int, *, by_far_end: bool) -> list[Event]:
        return [LegHungUp(self.role, code, by_far_end, self.party)]
