"""A disclosure that asks for nothing: what callers are told of the line. It is played in full, or it does not count.

It is judged by what is known when it ends: nobody waits at the beginning of every call for what the far end reports
later of its loss.
"""

from __future__ import annotations

from ivr.core.dialplan.model import Disclosure
from ivr.core.dialplan.runtime.ahead import MISSED_KEY
from ivr.core.dialplan.runtime.heard import ANY_LANGUAGE
from ivr.core.dialplan.runtime.memory import Given, Unjudged
from ivr.core.dialplan.runtime.playing import enter_evidence, heard_in_full
from ivr.core.dialplan.runtime.prompts import clips_of
from ivr.core.dialplan.runtime.question import TRANSCRIPT_LIMIT_SECONDS, UTTERANCE_LIMIT_SECONDS
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step import PlainStep
from ivr.core.dialplan.states import DiscloseState
from ivr.core.events import Event
from ivr.core.orders.keypad import DigitPressed, KeysMissed
from ivr.core.orders.listening import Grammar, RecognizerFailed, SpeechEnded, SpeechStarted, TranscriptReady
from ivr.core.orders.playing import PromptEnded


class TellStep(PlainStep):
    """Plays it; what is pressed or said meanwhile is for the next question, where the dialplan keeps it."""

    __slots__ = ("_disclosure", "_failures", "_plays", "_speaking", "_state")
    _disclosure: Given[Disclosure]
    _failures: int
    """Playings that did not count."""
    _plays: Unjudged[int]
    """For the evidence; nothing is decided by it."""
    _speaking: bool
    _state: Given[DiscloseState]

    def __init__(self, state: DiscloseState, disclosure: Disclosure) -> None:
        self._state = state
        self._disclosure = disclosure
        self._plays = 0
        self._failures = 0
        self._speaking = False

    def enter(self, s: Session) -> None:
        """Play it. What was heard of it before counts no longer."""
        s.heard = s.heard.without(self._disclosure.name)
        # As with every warning: `back` goes no further than the question before it.
        s.way.bar()
        self._play(s)

    def resume(self, s: Session) -> None:
        """Play it again, or, if it was heard in full, go on."""
        if self._disclosure.name in s.heard:
            self._go(s)
        else:
            self._play(s)

    def receive(self, s: Session, event: Event) -> None:
        """Go on at its end; not while words are being said that are to be kept."""
        ahead = self._state.type_ahead
        match event:
            case PromptEnded():
                self._played(s, event)
            case DigitPressed(digit=key) if ahead:
                s.ahead.keep_key(key)
            case KeysMissed() if ahead:
                s.ahead.keep_key(MISSED_KEY)
            case SpeechStarted() if s.orders.listen_id is not None:
                self._speaking = True
            case SpeechEnded() if self._speaking and s.orders.prompt_id is None:
                s.orders.wait(TRANSCRIPT_LIMIT_SECONDS)
            case TranscriptReady(text=text, confidence=confidence):
                s.ahead.keep_words(text, confidence)
                self._heard_words(s)
            case RecognizerFailed():
                self._heard_words(s)

    def timer(self, s: Session) -> None:
        """The prompt's end, or the words, were never reported."""
        if s.orders.prompt_id is not None:
            s.orders.stop_prompt()
            self._unheard(s)
        else:
            self._go(s)

    def _play(self, s: Session) -> None:
        self._plays += 1
        self._speaking = False
        s.orders.play(clips_of(self._disclosure.say, s.known), disclosure=self._disclosure.name)
        self._listen(s)

    def _listen(self, s: Session) -> None:
        # Which question comes next may depend on what is not known yet: any words are heard.
        if self._state.type_ahead and not s.ahead.hiding:
            s.orders.listen(Grammar(s.known.language, free=True))

    def _heard_words(self, s: Session) -> None:
        self._speaking = False
        if s.orders.prompt_id is None:
            self._go(s)
        else:
            self._listen(s)

    def _played(self, s: Session, event: PromptEnded) -> None:
        report = heard_in_full(event, self._disclosure)
        if report is None:
            self._unheard(s)
            return
        language = ANY_LANGUAGE if self._disclosure.in_any_language else s.known.language
        s.heard = s.heard.acknowledged(self._disclosure.name, language)
        enter_evidence(s, self._disclosure, report, plays=self._plays)
        if self._speaking:
            s.orders.wait(UTTERANCE_LIMIT_SECONDS)
        else:
            self._go(s)

    def _unheard(self, s: Session) -> None:
        self._failures += 1
        if self._failures >= self._disclosure.plays:
            s.way.go(self._disclosure.otherwise)
        else:
            self._play(s)

    def _go(self, s: Session) -> None:
        s.way.follow(self._state.go)
