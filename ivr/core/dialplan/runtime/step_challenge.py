"""Verifying the caller's voice by digits drawn by chance: the right voice has to say the right digits, in one breath.

Words and voice are judged of one utterance, so a recording of the customer beside somebody's own digits is of no use;
the digits are drawn anew for each attempt and never twice in a call, so a recording of an earlier call is of none
either. Every wait has an end, and what is not known is no acceptance.
"""

from __future__ import annotations

from ivr.core.dialplan.runtime.memory import Given, Unjudged
from ivr.core.dialplan.runtime.orders import DIGITS_PAUSE_SECONDS
from ivr.core.dialplan.runtime.question import UTTERANCE_LIMIT_SECONDS
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step import PlainStep, say
from ivr.core.dialplan.states import VoiceState
from ivr.core.events import Event
from ivr.core.identity.challenge import CHALLENGE, are_said, is_sound
from ivr.core.identity.verifier import Verdict
from ivr.core.orders.evidence import DigitsAnswered
from ivr.core.orders.listening import Grammar, RecognizerFailed, SpeechEnded, SpeechStarted, TranscriptReady, VoiceOf
from ivr.core.orders.playing import PromptEnded
from ivr.core.orders.voice import DigitsDrawn, DrawDigits, VoiceScored, VoiceUnscored
from ivr.core.speech.spoken_digits import only_digits_said

DRAW_LIMIT_SECONDS = 5.0
"""A draw that does not come by then never will."""
MOST_DRAWS = 3
"""Draws for one attempt: one that was asked for before in this call, or is not in its form, is drawn again."""
ANSWER_LIMIT_SECONDS = 10.0
"""From the end of speech to its words and its score."""
UNSCORED = "unscored"
"""Of the voice: no score."""


class ChallengeStep(PlainStep):
    """Draws digits, has them said, decides when words and voice are both judged."""

    __slots__ = ("_again", "_began", "_draws", "_over", "_right", "_state", "_voice", "digits")
    _again: bool
    """Whether this is no first attempt here."""
    _began: bool
    """Whether the caller has begun to speak."""
    _draws: int
    _over: bool
    """Whether the caller has stopped speaking."""
    _right: bool | None
    """Whether the digits were heard; None: not known yet."""
    _state: Given[VoiceState]
    _voice: str
    """The verdict, or unscored; empty: not known yet."""
    digits: Unjudged[str]
    """What is to be said now; empty before the draw."""

    def __init__(self, state: VoiceState) -> None:
        self._state = state
        self.digits = ""
        self._again = False
        self._draws = 0
        self._began = False
        self._over = False
        self._right = None
        self._voice = ""

    def enter(self, s: Session) -> None:
        """Draw, while attempts are left and someone is claimed to be."""
        if s.known.tried(self._state.name) >= self._state.attempts:
            s.way.go(self._state.otherwise)
        elif not isinstance(s.known.value(self._state.customer), str):
            s.way.go(self._state.unscored)
        else:
            self._draws = 0
            self._draw(s)

    def receive(self, s: Session, event: Event) -> None:
        """Ask for what was drawn; listen after the prompt; decide when both answers are in."""
        match event:
            case DigitsDrawn(digits=digits):
                self._ask(s, digits)
            case PromptEnded():
                self._listen(s)
            case SpeechStarted() if s.orders.listen_id is not None and not self._began:
                self._began = True
                s.orders.wait(UTTERANCE_LIMIT_SECONDS)
            case SpeechEnded() if s.orders.listen_id is not None and not self._over:
                self._over = True
                s.orders.wait(ANSWER_LIMIT_SECONDS)
            case TranscriptReady(text=text):
                # Not one word more: it might be another voice's.
                self._right = are_said(self.digits, only_digits_said(text, s.known.language))
                self._decide(s)
            case VoiceScored():
                self._voice = str(self._state.judged(event))
                self._decide(s)
            case VoiceUnscored():
                self._voice = UNSCORED
                self._decide(s)
            case RecognizerFailed():
                s.way.go(self._state.unscored)

    def hold(self, s: Session) -> None:
        """Digits that were named use up an attempt: nobody holds the line until digits come that they have on tape."""
        if self.digits:
            self.digits, self._again = "", True
            s.known.try_again(self._state.name)
        s.orders.quiet()

    def timer(self, s: Session) -> None:
        """The draw, the prompt's end, the caller's words or their judgement never came."""
        if s.orders.prompt_id is not None:
            s.orders.stop_prompt()
            self._listen(s)
        elif s.orders.draw_id is not None or self._over:
            s.way.go(self._state.unscored)
        else:
            s.orders.quiet()
            self._right, self._voice = False, UNSCORED
            self._decide(s)

    def _draw(self, s: Session) -> None:
        self.digits, self._right, self._voice = "", None, ""
        self._began = self._over = False
        self._draws += 1
        s.orders.draw_id = s.orders.fresh_id()
        s.orders.give(DrawDigits(s.orders.draw_id, self._state.challenge))
        s.orders.wait(DRAW_LIMIT_SECONDS)

    def _ask(self, s: Session, digits: str) -> None:
        if is_sound(digits, self._state.challenge) and digits not in s.known.identity.challenges:
            s.known.identity = s.known.identity.challenged(digits)
            self.digits = digits
            prompt = self._state.retry if self._again and self._state.retry is not None else self._state.ask
            say(s, prompt, extra={CHALLENGE: digits})
        elif self._draws < MOST_DRAWS:
            self._draw(s)
        else:
            s.way.go(self._state.unscored)

    def _listen(self, s: Session) -> None:
        customer = s.known.value(self._state.customer)
        assert isinstance(customer, str)
        s.orders.verify_id = s.orders.fresh_id()
        grammar = Grammar(s.known.language, free=True, value="digits")
        s.orders.listen(grammar, pause=DIGITS_PAUSE_SECONDS, voice=VoiceOf(s.orders.verify_id, customer))
        s.orders.wait(self._state.max_wait)

    def _decide(self, s: Session) -> None:
        """Another voice: it is not them. Other digits, or unsure: new ones, while attempts are left."""
        if self._right is None or not self._voice:
            return
        state = self._state
        s.orders.due = None
        tries = s.known.try_again(state.name)
        s.orders.give(DigitsAnswered(self._right, self._voice))
        if self._voice == Verdict.REJECT:
            s.way.go(state.otherwise)
        elif self._right and self._voice == Verdict.ACCEPT:
            s.known.identified(state.identify, frozenset({state.customer}))
            s.way.follow(state.go)
        elif self._right and self._voice == UNSCORED:
            s.way.go(state.unscored)
        elif tries < state.attempts:
            self._again, self._draws = True, 0
            self._draw(s)
        else:
            s.way.go(state.otherwise)
