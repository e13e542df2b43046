"""A disclosure: played in full, in the call's language, over a line that carried it; then acknowledged.

Nothing that the caller says or presses while it plays is taken for an answer. It counts as heard only when the cell
reports every sample of it sent, in as many packets as it takes and in one stream, and the far end did not report too
much of it lost. A far end that never reported and from which nothing comes may be deaf to us: that is unheard too.
What an agent who stays on the line has just read whole (`readings`) is not played: its acknowledgement is asked for.
"""

from __future__ import annotations

from dataclasses import replace

from ivr.core.dialplan.menus import command_named, command_presses, command_words
from ivr.core.dialplan.model import Acknowledge, Disclosure
from ivr.core.dialplan.parts import Branch, Does, Menu, Prompt, Route
from ivr.core.dialplan.runtime.guard import unheard
from ivr.core.dialplan.runtime.memory import Asked, Given, Unjudged, Whether
from ivr.core.dialplan.runtime.playing import enter_evidence, heard_in_full, is_lossy
from ivr.core.dialplan.runtime.prompts import clips_of
from ivr.core.dialplan.runtime.question import Answer, AnswerKind, Question
from ivr.core.dialplan.runtime.readings import WholeReading
from ivr.core.dialplan.runtime.render import spoken_digits
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step import PlainStep
from ivr.core.dialplan.runtime.step_tell import TellStep
from ivr.core.dialplan.states import DiscloseForState, DiscloseState
from ivr.core.events import Event
from ivr.core.orders.playing import BargeIn, LossReported, PlayReport, PromptEnded

ACKNOWLEDGE = "acknowledge"
"""Name of the acknowledgement in the grammar and in the evidence."""


class DiscloseStep(PlainStep):
    """Plays one disclosure and asks for its acknowledgement."""

    __slots__ = (
        "_disclosure",
        "_failures",
        "_key_only",
        "_misses",
        "_played_id",
        "_plays",
        "_question",
        "_read",
        "_report",
        "_state",
    )
    _disclosure: Given[Disclosure]
    _failures: int
    """Playings that did not count."""
    _key_only: bool
    _misses: int
    _played_id: Unjudged[int]
    """Prompt that the report is of."""
    _plays: Unjudged[int]
    """For the evidence; nothing is decided by it."""
    _question: Asked
    _read: Whether[WholeReading | None]
    """The agent's, about which the caller is asked; None: the line plays it."""
    _report: Whether[PlayReport | None]
    """Of the playing that counts; None while none does."""
    _state: Given[DiscloseState]

    def __init__(self, state: DiscloseState, disclosure: Disclosure) -> None:
        self._state = state
        self._disclosure = disclosure
        self._plays = 0
        self._failures = 0
        self._misses = 0
        self._key_only = False
        self._read = self._report = None
        self._played_id = 0
        self._question = None

    @property
    def _way(self) -> Acknowledge:
        """How it is acknowledged."""
        assert self._disclosure.acknowledge is not None  # else a TellStep plays it
        return self._disclosure.acknowledge

    @property
    def played_id(self) -> int:
        """The prompt that was heard, 0 before: what is still reported of its loss counts."""
        return self._played_id if self._report is not None else 0

    @property
    def presses(self) -> tuple[str, ...]:
        """Keys that answer what is asked now."""
        return () if self._question is None else self._question.presses

    def enter(self, s: Session) -> None:
        """Play it, or ask about what the agent has just read. What was heard of it before counts no longer."""
        name = self._disclosure.name
        s.heard = s.heard.without(name)
        # Behind it lie questions that were asked when it was heard: `back` goes no further than the last one.
        s.way.bar()
        read, s.readings = s.readings.take(name, s.known.language, now=s.orders.now)
        if read is None or not s.staying or not self._disclosure.agent_may_read:
            self._play(s)
        else:
            s.ahead.forget()
            self._read = read
            self._ask(s, None)

    def hold(self, s: Session) -> None:
        """The caller does not hear us: a playing that was cut does not count."""
        s.orders.quiet()

    def resume(self, s: Session) -> None:
        """Play it again, or, if it was heard in full, ask again."""
        if self._report is None and self._read is None:
            self._play(s)
        else:
            self._ask(s, None)

    def leave(self, s: Session) -> None:
        """Heard in full, but not acknowledged: that is evidence too."""
        if (self._report or self._read) is not None and self._disclosure.name not in s.heard:
            self._evidence(s, None)

    def receive(self, s: Session, event: Event) -> None:
        """The prompt's end, then the answers."""
        if isinstance(event, LossReported):
            self._loss_reported(s, event)
        elif self._question is not None:
            self._take(s, self._question.receive(s, event))
        elif isinstance(event, PromptEnded):
            self._played(s, event)

    def timer(self, s: Session) -> None:
        """The prompt's end was never reported, or the question's time is over."""
        if self._question is not None:
            self._take(s, self._question.timer(s))
        else:
            s.orders.stop_prompt()
            self._unheard(s)

    # --- playing ---

    def _play(self, s: Session) -> None:
        s.ahead.forget()
        self._question = None
        self._read = self._report = None
        self._plays += 1
        s.orders.play(clips_of(self._disclosure.say, s.known), disclosure=self._disclosure.name)

    def _played(self, s: Session, event: PromptEnded) -> None:
        report = heard_in_full(event, self._disclosure)
        if report is None:
            self._unheard(s)
            return
        self._report, self._played_id = report, event.prompt_id
        self._ask(s, None)

    def _loss_reported(self, s: Session, event: LossReported) -> None:
        """The far end reports every few seconds: what it says of the end of the warning comes while we ask."""
        if self._report is None or event.prompt_id != self._played_id:
            return
        self._report = replace(self._report, loss=event.loss)
        if not is_lossy(self._report, self._disclosure):
            return
        s.orders.quiet()
        if s.held:
            self._report = None  # it is played again when the caller is back
        else:
            self._unheard(s)

    def _unheard(self, s: Session) -> None:
        self._failures += 1
        if self._failures >= self._disclosure.plays:
            s.way.go(self._disclosure.otherwise)
        else:
            self._play(s)

    # --- acknowledgement ---

    def _ask(self, s: Session, lead: Prompt | None) -> None:
        way = self._way
        hear = {} if self._key_only else {ACKNOWLEDGE: way.hear.get(s.known.language, ())}
        self._question = Question(
            menu=Menu.of(
                s.known.language,
                hear | command_words(s.dialplan.commands, s.known.language, self._state),
                command_presses(s.dialplan.commands, self._state) | {way.press: ACKNOWLEDGE},
                exact=True,
            ),
            wait=way.wait,
            barge_in=BargeIn.ANY,
        )
        if self._key_only:
            key = {"key": spoken_digits(way.press, s.known.language)}
            clips = clips_of(s.dialplan.messages["acknowledge_by_key"], s.known, key)
        else:
            clips = clips_of(way.ask, s.known)
        if lead is not None:
            clips = (*clips_of(lead, s.known), *clips)
        self._take(s, self._question.begin(s, clips))

    def _take(self, s: Session, answer: Answer | None) -> None:
        if answer is None:
            return
        if answer.kind is not AnswerKind.CHOICE:
            self._missed(s)
            return
        confidence = answer.confidence
        sure = confidence is None or confidence >= s.dialplan.bands.accept
        command = command_named(s.dialplan.commands, answer.choice)
        if command is None and sure:
            s.heard = s.heard.acknowledged(self._disclosure.name, s.known.language)
            self._evidence(s, answer)
            s.way.follow(self._state.go)
        elif command is None:
            # Said, but not surely: a key is asked for, which cannot be misheard.
            self._key_only = self._key_only or (confidence is not None and confidence >= s.dialplan.bands.confirm)
            self._missed(s)
        elif not sure:
            self._missed(s)
        elif command.do is Does.GO and command.go is not None:
            s.way.go(command.go)
        elif command.do is Does.HELP:
            self._ask(s, command.say)
        elif command.do is Does.LANGUAGE and command.language is not None:
            # It was heard in another language, so not at all: play it in this one.
            s.speak(command.language)
            self._play(s)
        elif command.do is not Does.BACK or not s.way.go_back(self._state.name):
            self._play(s)

    def _missed(self, s: Session) -> None:
        self._misses += 1
        if self._misses >= self._way.attempts:
            s.way.go(self._way.otherwise)
        else:
            self._ask(s, None)

    def _evidence(self, s: Session, answer: Answer | None) -> None:
        heard = self._report or self._read
        assert heard is not None
        by_key = answer is not None and answer.confidence is None
        enter_evidence(
            s,
            self._disclosure,
            heard,
            plays=self._plays,
            acknowledged_by="" if answer is None else "key" if by_key else "speech",
            answer="" if answer is None else self._way.press if by_key else ACKNOWLEDGE,
            confidence=None if answer is None else answer.confidence,
        )


def disclosing(state: DiscloseState, disclosure: Disclosure) -> DiscloseStep | TellStep:
    """What plays it."""
    return (TellStep if disclosure.acknowledge is None else DiscloseStep)(state, disclosure)


class DiscloseForStep(PlainStep):
    """Plays what a rule demands, one disclosure at a time: after each the state is entered again."""

    __slots__ = ("_state",)
    _state: Given[DiscloseForState]

    def __init__(self, state: DiscloseForState) -> None:
        self._state = state

    def enter(self, s: Session) -> None:
        """The first disclosure that is wanted takes this step's place; when none is, go on."""
        state = self._state
        wanted = unheard(s.dialplan.protect[state.target], s.heard, s.known)
        if not wanted:
            s.way.follow(state.go)
            return
        again = Route((Branch(None, state.name),))
        one = DiscloseState(state.name, wanted[0], again, keeps_language=state.keeps_language)
        s.step = disclosing(one, s.dialplan.disclosures[wanted[0]])
        s.step.enter(s)
