"""A question of the dialplan: asked again when needed, asked back when unsure, left when hopeless."""

from __future__ import annotations

from ivr.core.alarms import AlarmKind
from ivr.core.dialplan.expression import Known, ValueType
from ivr.core.dialplan.menus import command_named
from ivr.core.dialplan.messages import FIRST, NO_KEY, SECOND, YES_KEY
from ivr.core.dialplan.parts import Choice, CommandAction, Does, Entry, Menu, Prompt, Retry
from ivr.core.dialplan.runtime.entry import keyed, said
from ivr.core.dialplan.runtime.memory import Asked, Given, HowMany
from ivr.core.dialplan.runtime.orders import DIGITS_PAUSE_SECONDS
from ivr.core.dialplan.runtime.prompts import clips_of, value_words
from ivr.core.dialplan.runtime.question import Answer, AnswerKind, Question
from ivr.core.dialplan.runtime.recorded import HIDDEN_KEYS
from ivr.core.dialplan.runtime.render import Unspeakable
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step import PlainStep, fail
from ivr.core.dialplan.states import AskState
from ivr.core.events import Event
from ivr.core.orders.evidence import Rated
from ivr.core.orders.playing import BargeIn
from ivr.core.speech.fillers import base
from ivr.core.speech.words import normalized

CONFIRM_WAIT_SECONDS = 5.0
COMMAND_SHARE = 0.5
"""Of the letters of a phrase: a global command that makes up less of it was not given, only mentioned."""


class AskStep(PlainStep):
    """Asks until answered."""

    __slots__ = ("_confirming", "_nomatches", "_offered", "_question", "_silences", "_state")
    _confirming: str | None
    """The choice that was heard and is being asked back."""
    _nomatches: int
    _offered: HowMany[tuple[Known, ...]]
    """The values that were heard and are being asked back: one (is it that?), or two (which?)."""
    _question: Asked
    _silences: int
    _state: Given[AskState]

    def __init__(self, state: AskState) -> None:
        self._state = state
        self._silences = 0
        self._nomatches = 0
        self._confirming = None
        self._offered = ()
        self._question = None

    def enter(self, s: Session) -> None:
        """Ask."""
        s.way.asked(self._state.name)
        if self._state.entry is not None and self._state.entry.secret:
            s.ahead.hide()
            s.recorded.pause(HIDDEN_KEYS)
        if self._state.consent:
            s.ahead.forget()  # nobody consents to what was not asked yet
        self._rate(s, None)
        self._ask(s, None)

    def resume(self, s: Session) -> None:
        """After a hold the question is asked again; attempts count on."""
        self._ask(s, None)

    def leave(self, s: Session) -> None:
        """What was secret is over."""
        s.recorded.resume(HIDDEN_KEYS)

    def receive(self, s: Session, event: Event) -> None:
        """Hand it to the open question."""
        assert self._question is not None
        self._take(s, self._question.receive(s, event))

    def timer(self, s: Session) -> None:
        """Hand it to the open question."""
        assert self._question is not None
        self._take(s, self._question.timer(s))

    @property
    def presses(self) -> tuple[str, ...]:
        """Keys that answer what is asked now, but for those of a value."""
        return () if self._question is None else self._question.presses

    @property
    def collected(self) -> int | None:
        """How many keys of a value are in; None: no value is being keyed in."""
        return None if self._question is None else self._question.collected

    # --- asking ---

    def _ask(self, s: Session, lead: Prompt | None) -> None:
        state = self._state
        self._confirming, self._offered = None, ()
        entry = state.entry
        self._question = Question(
            menu=s.dialplan.menus[state.name, s.known.language],
            wait=state.wait,
            barge_in=state.barge_in,
            keys=None if entry is None else entry.keys,
            type_ahead=state.type_ahead,
            pause=DIGITS_PAUSE_SECONDS if entry is not None and entry.type is ValueType.DIGITS else None,
        )
        try:
            before = () if lead is None else clips_of(lead, s.known)
            clips = before + clips_of(state.ask, s.known)
        except Unspeakable as error:
            fail(s, AlarmKind.PROMPT, f"{s.dialplan.id}: state '{s.way.state}' cannot speak: {error}")
            return
        self._take(s, self._question.begin(s, clips))

    def _confirm(self, s: Session, name: str) -> None:
        """Ask back: did you say ...?"""
        self._confirming = name
        self._ask_back(s, "confirm", {"heard": self._words(s, name)})

    def _offer(self, s: Session, entry: Entry, values: tuple[Known, ...]) -> None:
        """Ask back what was heard: is it this value, or which of these two?"""
        self._offered = values
        try:
            words = [value_words(s.known, entry.into, value, s.known.language) for value in values]
        except Unspeakable as error:
            fail(s, AlarmKind.PROMPT, f"{s.dialplan.id}: state '{s.way.state}' cannot read back: {error}")
            return
        if len(words) == 1:
            self._ask_back(s, "confirm", {"heard": words[0]})
        else:
            self._ask_back(s, "which", {"heard": words[0], "alternative": words[1]})

    def _ask_back(self, s: Session, message: str, words: dict[str, str]) -> None:
        if message == "confirm":
            hear = {"yes": s.dialplan.yes[s.known.language], "no": s.dialplan.no[s.known.language]}
        else:
            code = base(s.known.language)
            hear = {"yes": (*FIRST[code], words["heard"]), "no": (*SECOND[code], words["alternative"])}
        asked = s.dialplan.menus[self._state.name, s.known.language].grammar
        exact = asked is not None and asked.exact
        self._question = Question(
            menu=Menu.of(s.known.language, hear, {YES_KEY: "yes", NO_KEY: "no"}, exact=exact),
            wait=CONFIRM_WAIT_SECONDS,
            barge_in=BargeIn.ANY,
        )
        self._take(s, self._question.begin(s, clips_of(s.dialplan.messages[message], s.known, words)))

    def _words(self, s: Session, name: str) -> str:
        command = command_named(s.dialplan.commands, name)
        if command is not None:
            return command.hear[s.known.language][0]
        choice = self._choice(name)
        return (*choice.hear.get(s.known.language, ()), *choice.like.get(s.known.language, ()))[0]

    # --- answers ---

    def _take(self, s: Session, answer: Answer | None) -> None:
        if answer is None:
            return
        if answer.kind is AnswerKind.SILENCE:
            self._silences += 1
            self._again(s, self._silences, self._state.silence)
        elif answer.kind is AnswerKind.NOMATCH:
            self._not_understood(s)
        elif answer.kind is AnswerKind.KEYED:
            assert self._state.entry is not None
            value = keyed(self._state.entry, answer.keys, s.known)
            self._entered(s, () if value is None else (value,), None)
        elif answer.kind is AnswerKind.SAID:
            self._said(s, answer)
        elif self._offered or self._confirming is not None:
            self._confirmed(s, answer)
        elif self._only_mentioned(s, answer):
            self._said(s, answer)
        else:
            self._chosen(s, answer)

    def _said(self, s: Session, answer: Answer) -> None:
        """Any words: a value, or what they mean by the example sentences."""
        if self._state.entry is not None:
            self._entered(s, said(self._state.entry, answer.text, s.known), answer.confidence)
            return
        menu = s.dialplan.menus[self._state.name, s.known.language]
        name, chance = (None, 0.0) if menu.examples is None else menu.examples.intent(answer.text, answer.alike)
        if name is None or answer.confidence is None:
            self._not_understood(s)
            return
        # Both must be right: the words, and what they are taken for.
        sure = answer.confidence * chance
        if menu.grammar is not None and menu.grammar.exact and chance < 1.0 and sure >= s.dialplan.bands.confirm:
            # Where an answer binds, what is like an example is none of its words: whatever the score, it is asked back.
            self._confirm(s, name)
        else:
            self._chosen(s, Answer(AnswerKind.CHOICE, name, confidence=sure))

    def _only_mentioned(self, s: Session, answer: Answer) -> bool:
        """Whether a command's words are but a part of a phrase: 'the agent was rude to me'."""
        entry, command = self._state.entry, command_named(s.dialplan.commands, answer.choice)
        if entry is None or entry.type is not ValueType.TEXT or command is None or answer.confidence is None:
            return False
        longest = max(len(normalized(phrase, s.known.language)) for phrase in command.hear[s.known.language])
        return longest < COMMAND_SHARE * len(normalized(answer.text, s.known.language))

    def _entered(self, s: Session, values: tuple[Known, ...], confidence: float | None) -> None:
        """One value, sure or to be asked back; two, of which one is meant; or none that was understood."""
        entry, bands = self._state.entry, s.dialplan.bands
        assert entry is not None
        # Written so that a confidence that is no number is not understood.
        if not values or (confidence is not None and not confidence >= bands.confirm):
            self._not_understood(s)
        elif len(values) == 1 and (confidence is None or confidence >= bands.accept):
            self._assign(s, values[0])
        else:
            self._offer(s, entry, values)

    def _assign(self, s: Session, value: Known) -> None:
        assert self._state.entry is not None
        assert self._state.go is not None
        s.known.assign(self._state.entry.into, value)
        self._rate(s, value)
        s.way.follow(self._state.go)

    def _rate(self, s: Session, value: Known | None) -> None:
        """For the record: that they were asked, and what they answered."""
        entry, question = self._state.entry, self._state.rates
        if question is not None and entry is not None and entry.least is not None and entry.most is not None:
            answer = None if value is None else int(str(value))
            s.orders.give(Rated(question, int(entry.least), int(entry.most), answer))

    def _chosen(self, s: Session, answer: Answer) -> None:
        bands, confidence = s.dialplan.bands, answer.confidence
        # Written so that a confidence that is no number is not understood.
        if confidence is None or confidence >= bands.accept:
            self._act(s, answer.choice)
        elif confidence >= bands.confirm:
            self._confirm(s, answer.choice)
        else:
            self._not_understood(s)

    def _confirmed(self, s: Session, answer: Answer) -> None:
        sure = answer.confidence is None or answer.confidence >= s.dialplan.bands.accept
        if sure and self._offered and (answer.choice == "yes" or len(self._offered) > 1):
            self._assign(s, self._offered[0 if answer.choice == "yes" else 1])
        elif sure and answer.choice == "yes" and self._confirming is not None:
            self._act(s, self._confirming)
        else:
            self._not_understood(s)

    def _act(self, s: Session, name: str) -> None:
        command = command_named(s.dialplan.commands, name)
        if command is not None:
            self._command(s, command)
            return
        choice = self._choice(name)
        if choice.language is not None:
            s.speak(choice.language)
        if choice.consents is not None:
            s.recorded.answer(granted=choice.consents)
        s.way.follow(choice.go)

    def _choice(self, name: str) -> Choice:
        return next(choice for choice in self._state.choices if choice.name == name)

    def _command(self, s: Session, command: CommandAction) -> None:
        if command.do is Does.HELP:
            self._ask(s, self._state.help or command.say)
        elif command.do is Does.GO and command.go is not None:
            s.way.go(command.go)
        elif command.do is Does.LANGUAGE and command.language is not None:
            s.speak(command.language)
            self._ask(s, None)
        elif command.do is not Does.BACK or not s.way.go_back(self._state.name):
            self._ask(s, None)

    def _not_understood(self, s: Session) -> None:
        self._nomatches += 1
        self._again(s, self._nomatches, self._state.nomatch)

    def _again(self, s: Session, count: int, retry: Retry) -> None:
        if count > retry.attempts:
            if self._state.consent:
                s.recorded.answer(granted=False)
            s.way.go(retry.otherwise)
        else:
            self._ask(s, retry.prompts[min(count, len(retry.prompts)) - 1])
