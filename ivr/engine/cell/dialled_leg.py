"""A leg that the cell dials: rung, given up when nobody answers in time, answered, ended."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress

from ivr.core.call.life import Life, Seen
from ivr.core.call.line_watch import LineWatch
from ivr.core.events import Event
from ivr.core.orders.legs import GONE, CallerVanished, LegHeld, LegHungUp, LegResumed, LegRole
from ivr.errors import IvrError
from ivr.ports.telephony import LegDown, LegFact, LegMedia, LegRang, LegUp, Telephony

UNREACHABLE = 503
"""SIP status told when not even an INVITE could be sent."""
NOT_ACCEPTABLE = 488
"""SIP status told when a 200 brought no audio."""
FIRST_FAILURE = 300
SILENCE_LIMIT = 60.0
"""Seconds without sound or reports until the far end counts as gone (RFC 3550 6.3.5)."""
HELD_LIMIT = 300.0
"""Seconds, while they hold us."""
DOUBTED_LIMIT = 10.0
"""Seconds, once the relay that carried them may be gone: two reports' time (RFC 3550 6.2)."""


class DialledLeg(ABC):
    """One of them. What a fact means to the core is the subclass's to say."""

    def __init__(
        self,
        telephony: Telephony,
        call_id: str,
        *,
        party: str,
        name: str,
        role: LegRole,
        gone_seconds: float | None = None,
    ) -> None:
        """`party`: who it is to the core; `name`: to people; `gone_seconds`: of `life`, None: they are not asked."""
        self.party, self.name, self.role = party, name, role
        self.channel = ""
        """Of the recording, in which what this far end says is kept; empty until they answered."""
        self._telephony = telephony
        self._call_id = call_id
        self._deadline: float | None = None
        self.answered = False
        self.held = False
        self._audio = False
        self._gone_seconds = gone_seconds
        self._watch, self._life = self._watches()
        self._vanished = False
        self.leg: int | None = None
        """Number of the leg, None when there is none."""

    @abstractmethod
    def dial(self, *, now: float) -> list[Event]:
        """Ring; what follows at once when that is impossible."""

    def ring(self, uri: str, *, timeout: float, now: float) -> list[Event]:
        """Dial; what follows at once when that is impossible."""
        self.leg, self.answered, self.held, self._audio, self._vanished = None, False, False, False, False
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

    def doubt(self, *, now: float) -> None:
        """Their media may be gone for good: whoever is not heard soon is."""
        self._watch.doubt(DOUBTED_LIMIT, now=now)

    def tick(self, now: float) -> None:
        """Who does not answer in time is given up, and who vanished from the line without a word."""
        if self._deadline is not None and now >= self._deadline:
            self.hang_up()
        if self.answered and self.leg is not None and not self._vanished:
            with suppress(IvrError):  # it may have ended just now; its LegDown tells
                self._look(self.leg, now)

    def _look(self, leg: int, now: float) -> None:
        stats = self._telephony.stats(leg)
        seen = self._watch.look(signs=stats.signs, astray=stats.astray, held=self.held, now=now)
        life = None if self._life is None else self._life.look(signs=stats.signs, answers=stats.answers, now=now)
        if life is Seen.GONE or any(isinstance(one, CallerVanished) for one in seen):
            self._vanished = True
            self.hang_up()
        elif life is Seen.ASK:
            self._telephony.ask(leg)

    def _watches(self) -> tuple[LineWatch, Life | None]:
        life = None if self._gone_seconds is None else Life(self._gone_seconds)
        return LineWatch(SILENCE_LIMIT, HELD_LIMIT), life

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
                return self._ended(GONE if self._vanished else code, by_far_end=by_far_end)
        return []

    def _taken_up(self) -> list[Event]:
        """Who agreed on no audio cannot be talked to; who holds us from their answer on is told so at once."""
        self._deadline = None
        if not self._audio:
            self.hang_up()
            return []
        self.answered = True
        self._watch, self._life = self._watches()
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
