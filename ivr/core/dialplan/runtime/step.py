"""What all steps share, and the simplest of them: say, decide, end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from ivr.core.alarms import AlarmKind
from ivr.core.dialplan.expression import evaluate, names
from ivr.core.dialplan.parts import Prompt
from ivr.core.dialplan.runtime.ahead import MISSED_KEY
from ivr.core.dialplan.runtime.memory import Given, deciding, questions
from ivr.core.dialplan.runtime.prompts import clips_of
from ivr.core.dialplan.runtime.question import TRANSCRIPT_LIMIT_SECONDS, UTTERANCE_LIMIT_SECONDS
from ivr.core.dialplan.runtime.recorded import HIDDEN_KEYS
from ivr.core.dialplan.runtime.render import Unspeakable
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.states import BranchState, EndState, SayState
from ivr.core.events import Event
from ivr.core.orders.calls import HangUpCause
from ivr.core.orders.evidence import CallOutcome, RaiseAlarm
from ivr.core.orders.keypad import DigitPressed, KeysMissed
from ivr.core.orders.listening import Grammar, RecognizerFailed, SpeechEnded, SpeechStarted, TranscriptReady
from ivr.core.orders.playing import BargeIn, PromptEnded


class PlainStep:
    """Does nothing by itself; the others differ from it where they must."""

    __slots__ = ()

    def twin(self) -> Self:
        """A copy that goes its own way."""
        found = object.__new__(type(self))
        slots: tuple[str, ...] = self.__slots__
        asked = questions(type(self))
        for name in slots:
            value = getattr(self, name)
            setattr(found, name, value.twin() if name in asked and value is not None else value)
        return found

    def signature(self, now: float) -> tuple[object, ...]:
        """Equal for steps that go on alike: what the types of its slots say that decides."""
        found: list[object] = [type(self)]
        for name, reading in deciding(type(self)):
            value = getattr(self, name)
            found.append(value if reading is None else reading(value, now))
        return tuple(found)

    def enter(self, s: Session) -> None:
        """Nothing to begin."""

    def receive(self, s: Session, event: Event) -> None:
        """Every fact is of no interest."""

    def timer(self, s: Session) -> None:
        """No timer was set."""

    def hold(self, s: Session) -> None:
        """What plays and listens is stopped; `resume` begins again."""
        s.orders.quiet()

    def resume(self, s: Session) -> None:
        """Begin again."""
        self.enter(s)

    @property
    def outlasts_hold(self) -> bool:
        """Nobody else is on the line."""
        return False

    def leave(self, s: Session) -> None:
        """Nothing to clear up."""


def say(s: Session, *prompts: Prompt | None, extra: Mapping[str, str] | None = None) -> bool:
    """Play prompts as one. False, and an apology instead, when a value in them cannot be read out."""
    try:
        clips = tuple(clip for prompt in prompts if prompt is not None for clip in clips_of(prompt, s.known, extra))
    except Unspeakable as error:
        fail(s, AlarmKind.PROMPT, f"{s.dialplan.id}: state '{s.way.state}' cannot speak: {error}")
        return False
    s.orders.play(clips)
    return True


def fail(s: Session, kind: AlarmKind, text: str) -> None:
    """The call cannot go on as the dialplan says: alarm, apology, end."""
    s.orders.give(RaiseAlarm(kind, text))
    apologize(s, HangUpCause.FAILED)


def apologize(s: Session, cause: HangUpCause) -> None:
    """Say sorry and hang up, whatever was going on."""
    s.leave_step()
    s.way.pending = None
    s.recorded.resume(HIDDEN_KEYS)
    s.step = EndStep(EndState("", s.dialplan.messages["sorry"], cause), apologizing=True)
    s.step.enter(s)


class SayStep(PlainStep):
    """Says something and goes on; with type-ahead, what is pressed or said meanwhile is for the next question."""

    __slots__ = ("_speaking", "_state")
    _speaking: bool
    _state: Given[SayState]

    def __init__(self, state: SayState) -> None:
        self._state = state
        self._speaking = False

    @property
    def _may_speak(self) -> bool:
        """Whether speech interrupts it."""
        return self._state.barge_in in (BargeIn.SPEECH, BargeIn.ANY)

    def enter(self, s: Session) -> None:
        """Speak."""
        self._speaking = False
        if say(s, self._state.say):
            self._listen(s)

    def _listen(self, s: Session) -> None:
        # Which question comes next may depend on what is not known yet: any words are heard.
        if (self._state.type_ahead or self._may_speak) and not s.ahead.hiding:
            s.orders.listen(Grammar(s.known.language, free=True), interrupts=self._may_speak)

    def receive(self, s: Session, event: Event) -> None:
        """Go on at the end, at a key, or at speech; not while words are being said that are to be kept."""
        ahead = self._state.type_ahead
        match event:
            case PromptEnded() if self._speaking:
                s.orders.wait(UTTERANCE_LIMIT_SECONDS)
            case PromptEnded():
                s.way.follow(self._state.go)
            case DigitPressed(digit=key):
                if ahead:
                    s.ahead.keep_key(key)
                if self._state.barge_in in (BargeIn.KEYS, BargeIn.ANY):
                    self._go(s)
            case KeysMissed() if ahead:
                s.ahead.keep_key(MISSED_KEY)
            case SpeechStarted() if s.orders.listen_id is not None:
                self._interrupted(s)
            case SpeechEnded() if self._speaking and s.orders.prompt_id is None:
                s.orders.wait(TRANSCRIPT_LIMIT_SECONDS)
            case TranscriptReady(text=text, confidence=confidence):
                self._speaking = False
                if ahead:
                    s.ahead.keep_words(text, confidence)
                if s.orders.prompt_id is None or self._may_speak:
                    self._go(s)
                else:
                    self._listen(s)
            case RecognizerFailed():
                self._speaking = False
                if s.orders.prompt_id is None:
                    self._go(s)

    def _interrupted(self, s: Session) -> None:
        """By speech."""
        self._speaking = self._state.type_ahead
        if self._may_speak:
            s.orders.stop_prompt()
            s.orders.wait(UTTERANCE_LIMIT_SECONDS)
            if not self._state.type_ahead:
                s.way.follow(self._state.go)

    def _go(self, s: Session) -> None:
        s.orders.stop_prompt()
        s.way.follow(self._state.go)

    def timer(self, s: Session) -> None:
        """The prompt's end, or the words, were never reported: go on."""
        self._go(s)


class BranchStep(PlainStep):
    """Sets values, decides, goes on at once."""

    __slots__ = ("_state",)
    _state: Given[BranchState]

    def __init__(self, state: BranchState) -> None:
        self._state = state

    def enter(self, s: Session) -> None:
        """All of it happens here."""
        for name, tree in self._state.sets.items():
            value = evaluate(tree, s.known.value)
            if value is not None:
                s.known.assign(name, value, s.known.roots(names(tree)))
        if self._state.language is not None:
            s.speak(self._state.language)
        s.way.follow(self._state.go)


class EndStep(PlainStep):
    """Says good-bye and hangs up."""

    __slots__ = ("_state", "apologizing")
    _state: Given[EndState]
    apologizing: bool

    def __init__(self, state: EndState, *, apologizing: bool = False) -> None:
        self._state = state
        self.apologizing = apologizing

    def enter(self, s: Session) -> None:
        """Speak, if there is anything to say that can be said."""
        if self._state.cause is HangUpCause.COMPLETED:
            s.served = True
        if self._state.say is None:
            self._finish(s)
            return
        try:
            s.orders.play(clips_of(self._state.say, s.known))
        except Unspeakable:
            self._finish(s)

    def receive(self, s: Session, event: Event) -> None:
        """Hang up after the last word."""
        if isinstance(event, PromptEnded):
            self._finish(s)

    def timer(self, s: Session) -> None:
        """The prompt's end was never reported."""
        self._finish(s)

    def _finish(self, s: Session) -> None:
        s.finish(self._state.cause, CallOutcome(self._state.cause))
