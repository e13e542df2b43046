"""One question: its prompt, what may interrupt it, and the first answer by voice, by key, or by silence.

The silence timer counts from the end of the prompt. Keys work whether speech is recognized or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from ivr.core.dialplan.parts import Keys, Menu
from ivr.core.dialplan.runtime.ahead import MISSED_KEY
from ivr.core.dialplan.runtime.session import Session
from ivr.core.events import Event
from ivr.core.orders.keypad import DigitPressed, KeysMissed
from ivr.core.orders.listening import RecognizerFailed, SpeechEnded, SpeechStarted, TranscriptReady
from ivr.core.orders.playing import BargeIn, Clip, PromptEnded
from ivr.core.speech.choose import chosen_in_words, spoken_choice

UTTERANCE_LIMIT_SECONDS = 25.0
"""From the onset of speech; an utterance itself is ended after 15 s (Listen.max_speech)."""
TRANSCRIPT_LIMIT_SECONDS = 8.0
"""From the end of speech to its transcript; then it counts as not understood."""


class AnswerKind(Enum):
    """What became of a question."""

    CHOICE = "choice"
    KEYED = "keyed"
    SAID = "said"
    SILENCE = "silence"
    NOMATCH = "nomatch"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question."""

    kind: AnswerKind
    choice: str = ""
    keys: str = ""
    text: str = ""
    """What was said, where any words are an answer."""
    confidence: float | None = None
    """None: by key."""
    alike: Mapping[str, float] = field(default_factory=dict)
    """Choice -> how near its examples what was said is in meaning; empty: nobody compared them."""

    def __repr__(self) -> str:
        return f"Answer({self.kind.value}, choice={self.choice!r})"


SILENCE = Answer(AnswerKind.SILENCE)
NOMATCH = Answer(AnswerKind.NOMATCH)


class Question:
    """Runs one question. `begin`, `receive` and `timer` return the answer when there is one."""

    __slots__ = (
        "_barge_in",
        "_deaf",
        "_digits",
        "_early",
        "_grammar",
        "_keys",
        "_missed_at",
        "_pause",
        "_presses",
        "_speaking",
        "_type_ahead",
        "_wait",
    )

    def __init__(
        self,
        *,
        menu: Menu,
        wait: float,
        barge_in: BargeIn,
        keys: Keys | None = None,
        type_ahead: bool = False,
        pause: float | None = None,
    ) -> None:
        """`wait`: seconds of silence after the prompt; `pause`: seconds that end an utterance, if not the usual."""
        secret = keys is not None and keys.secret
        self._grammar = None if secret else menu.grammar
        self._presses = menu.presses
        """Key -> choice."""
        self._wait = wait
        self._barge_in = barge_in
        self._keys = keys
        self._type_ahead = type_ahead and not secret
        self._pause = pause
        self._digits = ""
        self._missed_at: float | None = None
        """When a key may have been lost; None: all that were pressed are in."""
        self._speaking = False
        self._deaf = False
        self._early: Answer | None = None
        """Said while the prompt played that may not be interrupted: the answer when it is over."""

    def twin(self) -> Question:
        """A copy that goes its own way."""
        found = object.__new__(Question)
        for name in self.__slots__:
            setattr(found, name, getattr(self, name))
        return found

    def signature(self) -> tuple[object, ...]:
        """Equal for questions of one step that go on alike."""
        early = self._early
        kept = None if early is None else (early.kind, early.choice, early.text, early.confidence, *early.alike.items())
        pointed = self._keys is not None and self._keys.point is not None and "." in self._digits
        missed = self._missed_at is not None
        return (len(self._digits), pointed, self._speaking, self._deaf, self._grammar is None, kept, missed)

    @property
    def presses(self) -> tuple[str, ...]:
        """Keys that answer it, but for those of a value."""
        return tuple(self._presses)

    @property
    def collected(self) -> int | None:
        """How many keys of a value are in; None: no value is keyed in here."""
        return None if self._keys is None else len(self._digits)

    @property
    def _may_speak(self) -> bool:
        """Whether speech interrupts the prompt."""
        return self._barge_in in (BargeIn.SPEECH, BargeIn.ANY)

    @property
    def _secret(self) -> bool:
        return self._keys is not None and self._keys.secret

    def begin(self, s: Session, clips: tuple[Clip, ...]) -> Answer | None:
        """Ask, unless keys typed ahead answer already."""
        if not self._secret:
            s.ahead.hiding = False
        answer = self._typed(s)
        if answer is not None or self._digits:
            s.ahead.said = None
            return answer
        answer = self._said_ahead(s)
        if answer is not None:
            return answer
        s.orders.play(clips)
        if self._may_speak or self._type_ahead:
            self._listen(s)
        return None

    def _said_ahead(self, s: Session) -> Answer | None:
        """Answer from words said ahead; what does not fit is forgotten, and the question is simply asked."""
        ahead, s.ahead.said = s.ahead.said, None
        if ahead is None or self._grammar is None or self._deaf:
            return None
        found = spoken_choice(ahead.text, self._grammar.choices, s.known.language)
        if found is not None and chosen_in_words(self._grammar, ahead.text, found[0]):
            return Answer(AnswerKind.CHOICE, found[0], text=ahead.text, confidence=ahead.confidence)
        if self._grammar.free:
            return Answer(AnswerKind.SAID, text=ahead.text, confidence=ahead.confidence)
        return None

    def _typed(self, s: Session) -> Answer | None:
        """Answer from keys typed ahead; a wrong one throws the rest away and the question is simply asked."""
        typed, s.ahead.typed = s.ahead.typed, ""
        if self._secret:
            return None
        for position, key in enumerate(typed):
            answer = self._key(s, key)
            if answer is NOMATCH:
                self._digits = ""
                return None
            if answer is not None:
                s.ahead.typed = typed[position + 1 :]
                return answer
        return None

    def _listen(self, s: Session) -> None:
        if self._grammar is not None and not self._deaf:
            s.orders.listen(self._grammar, pause=self._pause, interrupts=self._may_speak)

    def receive(self, s: Session, event: Event) -> Answer | None:
        """A fact while the question is open."""
        match event:
            case DigitPressed(digit=key):
                return self._pressed(s, key)
            case KeysMissed():
                self._missed(s)
            case PromptEnded():
                return self._asked(s)
            case SpeechStarted() if s.orders.listen_id is not None:
                self._speaking = True
                if self._may_speak or s.orders.prompt_id is None:
                    s.orders.stop_prompt()
                    s.orders.wait(UTTERANCE_LIMIT_SECONDS)
            case SpeechEnded() if s.orders.listen_id is not None and self._speaking and s.orders.prompt_id is None:
                s.orders.wait(TRANSCRIPT_LIMIT_SECONDS)
            case TranscriptReady():
                return self._heard(s, event)
            case RecognizerFailed():
                self._deaf = True
                self._speaking = False
                if s.orders.prompt_id is None:
                    s.orders.wait(self._wait)
        return None

    def timer(self, s: Session) -> Answer | None:
        """`s.orders.due` has come."""
        if s.orders.prompt_id is not None:
            s.orders.stop_prompt()
            return self._asked(s)
        s.orders.stop_listening()
        if self._digits:
            return self._collected()
        return NOMATCH if self._speaking else SILENCE

    def _asked(self, s: Session) -> Answer | None:
        """The prompt is over: now it is the caller's turn."""
        answer = self._typed(s) or self._early
        if answer is not None:
            s.orders.stop_listening()
            return answer
        if s.orders.listen_id is None:
            self._listen(s)
        s.orders.wait(UTTERANCE_LIMIT_SECONDS if self._speaking else self._wait)
        return None

    def _heard(self, s: Session, event: TranscriptReady) -> Answer | None:
        """An utterance. One that may not interrupt the prompt waits for its end; a later one takes its place."""
        self._speaking = False
        answer = self._understood(event)
        if s.orders.prompt_id is not None and not self._may_speak:
            self._early = answer if answer is not NOMATCH else self._early
            self._listen(s)
            return None
        s.orders.stop_prompt()
        s.orders.due = None
        return answer

    def _understood(self, event: TranscriptReady) -> Answer:
        grammar = self._grammar
        if grammar is None:
            return NOMATCH
        if event.choice is not None and event.choice in grammar.choices:
            return Answer(AnswerKind.CHOICE, event.choice, text=event.text, confidence=event.confidence)
        # Who refused to be recorded has left no words in a replay; what they were compared with is there.
        if grammar.free and event.choice is None and (event.text.strip() or event.alike):
            return Answer(AnswerKind.SAID, text=event.text, confidence=event.confidence, alike=event.alike)
        return NOMATCH

    def _pressed(self, s: Session, key: str) -> Answer | None:
        if s.orders.prompt_id is not None:
            may_interrupt = self._barge_in in (BargeIn.KEYS, BargeIn.ANY)
            if not may_interrupt:
                if self._type_ahead:
                    s.ahead.keep_key(key)
                return None
            s.orders.stop_prompt()
        s.orders.stop_listening()
        self._speaking = False
        return self._key(s, key)

    def _missed(self, s: Session) -> None:
        """A key may be lost: what is keyed in around it is not known."""
        if s.orders.prompt_id is not None and self._barge_in not in (BargeIn.KEYS, BargeIn.ANY):
            if self._type_ahead:
                s.ahead.keep_key(MISSED_KEY)
        elif self._keys is not None:
            self._missed_at = s.orders.now

    def _key(self, s: Session, key: str) -> Answer | None:
        keys = self._keys
        if not self._digits and key in self._presses and not (keys is not None and (key.isdigit() or key == "?")):
            return Answer(AnswerKind.CHOICE, self._presses[key])
        if keys is None:
            return NOMATCH
        if key == keys.terminator:
            return self._collected()
        if key == keys.point and "." in self._digits:
            return NOMATCH
        # In the stored journal of a secret every key but * and # is '?': the path may depend on their number only.
        if not key.isdigit() and key != keys.point and not (key == "?" or (self._secret and key not in "*#")):
            return NOMATCH
        if not self._digits and self._missed_at is not None and s.orders.now - self._missed_at > keys.between:
            self._missed_at = None  # who had pressed a key then would have gone on sooner
        self._digits += "." if key == keys.point else key
        if len(self._digits) == keys.most and keys.terminator is None:
            return self._collected()
        if len(self._digits) > keys.most:
            return NOMATCH
        s.orders.wait(keys.between)
        return None

    def _collected(self) -> Answer:
        assert self._keys is not None
        if len(self._digits) < self._keys.least or self._missed_at is not None:
            return NOMATCH
        return Answer(AnswerKind.KEYED, keys=self._digits)
