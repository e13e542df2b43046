"""Taking a message: greeting, tone, then what the caller says, as a marked span of the call's recording.

Rule: nothing that was said after the tone is lost. A caller who hangs up in the middle, holds the line or speaks while
speech cannot be told from quiet has left a message; only one who surely said nothing has not.
"""

from __future__ import annotations

from contextlib import suppress
from enum import StrEnum

from ivr.core.dialplan.runtime.memory import Deadline, Given, Unjudged
from ivr.core.dialplan.runtime.prompts import clips_of
from ivr.core.dialplan.runtime.render import Unspeakable
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step import PlainStep
from ivr.core.dialplan.states import VoicemailState
from ivr.core.events import Event
from ivr.core.media.frame import samples
from ivr.core.orders.evidence import MessageLeft
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.listening import Grammar, RecognizerFailed, SpeechEnded, SpeechStarted, TranscriptReady
from ivr.core.orders.playing import Clip, PromptEnded

RECOGNITION_SECONDS = 10.0
"""After the end of an utterance, for its words; until they are there nobody listens for the next one."""
LISTENINGS_LOST = 3
"""Listenings that failed in a row after which speech is no longer told from quiet."""
TAIL_SECONDS = 0.5
"""Of the quiet that ended a message, kept with it."""


class Awaited(StrEnum):
    """What the step waits for."""

    GREETING = "greeting"
    QUIET = "quiet"
    """Someone listens; nothing is said."""
    SPEECH = "speech"
    WORDS = "words"
    """An utterance has ended and is being recognized: nobody listens for the next one."""
    DEAF = "deaf"
    """Speech cannot be told from quiet."""
    OVER = "over"
    """The message is taken; only a caller who holds us keeps the call here."""


class VoicemailStep(PlainStep):
    """Greets, listens utterance by utterance, marks the span."""

    __slots__ = ("_began_at", "_first", "_heard", "_limit_at", "_lost", "_phase", "_state")
    _began_at: Unjudged[float]
    _first: Unjudged[int | None]
    """Sample of the call's time line at which the tone ended."""
    _heard: bool
    """Something was said, or may have been."""
    _limit_at: Deadline
    _lost: int
    """Listenings that failed in a row."""
    _phase: Awaited
    _state: Given[VoicemailState]

    def __init__(self, state: VoicemailState) -> None:
        self._state = state
        self._phase = Awaited.GREETING
        self._heard = False
        self._lost = 0
        self._first = None
        self._began_at = 0.0
        self._limit_at = 0.0

    def enter(self, s: Session) -> None:
        """Greet, unless nothing may be recorded: then no message can be kept."""
        s.ahead.hiding = False
        if s.recorded.paused:
            s.way.go(self._state.empty)
            return
        clips: tuple[Clip, ...] = ()
        if self._state.say is not None:
            with suppress(Unspeakable):  # the tone alone is understood
                clips = clips_of(self._state.say, s.known)
        s.orders.play((*clips, Clip(s.known.language, tone="beep")))

    def hold(self, s: Session) -> None:
        """What was said until now is the message."""
        if self._taking:
            self._keep(s, s.orders.now)
        s.orders.quiet()

    def resume(self, s: Session) -> None:
        """Go on, or greet again one who held us before the tone."""
        if self._phase is Awaited.OVER:
            self._go(s)
        else:
            self.enter(s)

    def receive(self, s: Session, event: Event) -> None:
        """The tone's end, then speech, quiet and keys."""
        if self._phase is Awaited.GREETING and isinstance(event, PromptEnded):
            self._first = event.report.last_sample if event.report is not None else None
            self._take(s)
        elif self._taking:
            self._hear(s, event)

    def timer(self, s: Session) -> None:
        """The prompt's end was not told; the message is long enough; words did not come; or all is quiet."""
        if self._phase is Awaited.GREETING:
            s.orders.stop_prompt()
            self._take(s)
        elif self._phase is Awaited.WORDS and s.orders.now < self._limit_at:
            self._listen_again(s)
        elif self._phase is Awaited.QUIET and s.orders.now < self._limit_at:
            self._conclude(s, s.orders.now - self._state.silence + TAIL_SECONDS)
        else:
            self._conclude(s, s.orders.now)

    def leave(self, s: Session) -> None:
        """A caller who hangs up in the middle has left a message."""
        if self._taking:
            self._keep(s, s.orders.now)

    @property
    def _taking(self) -> bool:
        return self._phase not in (Awaited.GREETING, Awaited.OVER)

    def _take(self, s: Session) -> None:
        self._began_at = s.orders.now
        self._limit_at = s.orders.now + self._state.most
        self._listen(s)

    def _hear(self, s: Session, event: Event) -> None:
        match event:
            case DigitPressed(digit=digit) if digit in self._state.end:
                self._conclude(s, s.orders.now)
            case SpeechStarted(sample=sample) if self._phase is Awaited.QUIET:
                self._heard = True
                self._first = sample if self._first is None else self._first
                self._wait(s, Awaited.SPEECH, self._limit_at)
            case SpeechEnded() if self._phase is Awaited.SPEECH:
                self._wait(s, Awaited.WORDS, s.orders.now + RECOGNITION_SECONDS)
            case TranscriptReady(text=text):
                self._heard = self._heard or bool(text)
                self._lost = 0
                self._listen(s)
            case RecognizerFailed():
                self._listen_again(s)

    def _listen(self, s: Session) -> None:
        s.orders.listen(Grammar(s.known.language, free=True))
        self._wait(s, Awaited.QUIET, s.orders.now + self._state.silence)

    def _listen_again(self, s: Session) -> None:
        self._lost += 1
        if self._lost < LISTENINGS_LOST:
            self._listen(s)
            return
        s.orders.stop_listening()
        self._heard = True
        self._wait(s, Awaited.DEAF, self._limit_at)

    def _wait(self, s: Session, phase: Awaited, until: float) -> None:
        self._phase = phase
        s.orders.due = min(until, self._limit_at)

    def _conclude(self, s: Session, end: float) -> None:
        self._keep(s, end)
        self._go(s)

    def _keep(self, s: Session, end: float) -> None:
        """Mark the span, to within a frame or two: the clock tells its length, the tone's report its beginning."""
        self._phase = Awaited.OVER
        if self._heard:
            first = self._first or 0
            last = first + samples(max(end - self._began_at, 0.0))
            s.served = True
            s.orders.give(MessageLeft(self._state.mailbox, first, last))

    def _go(self, s: Session) -> None:
        if self._heard:
            s.way.follow(self._state.go)
        else:
            s.way.go(self._state.empty)
