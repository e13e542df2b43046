"""A question of the dialplan: asked again when needed, asked back when unsure, left when hopeless."""

from __future__ import annotations

from ivr.core.commands import BargeIn
from ivr.core.dialplan.messages import NO_KEY, YES_KEY
from ivr.core.dialplan.model import AskState, Dialplan
from ivr.core.dialplan.parts import Choice, CommandAction, Menu, Prompt, Retry
from ivr.core.dialplan.question import NOMATCH, Answer, AnswerKind, Question
from ivr.core.dialplan.render import Unspeakable
from ivr.core.dialplan.session import BACK_LIMIT, Session
from ivr.core.dialplan.step import PlainStep, fail
from ivr.core.events import Event

COMMAND = "@"
"""Before a global command's name in a grammar: no choice can be named so."""
CONFIRM_WAIT_SECONDS = 5.0


def command_words(dialplan: Dialplan, language: str) -> dict[str, tuple[str, ...]]:
    """What is said for each global command."""
    return {COMMAND + command.name: command.hear.get(language, ()) for command in dialplan.commands}


def command_presses(dialplan: Dialplan) -> dict[str, str]:
    """Key -> global command."""
    return {command.press: COMMAND + command.name for command in dialplan.commands if command.press is not None}


def command_named(dialplan: Dialplan, answer: str) -> CommandAction | None:
    """The global command that an answer is, if it is one."""
    if not answer.startswith(COMMAND):
        return None
    return next(command for command in dialplan.commands if command.name == answer[1:])


class AskStep(PlainStep):
    """Asks until answered."""

    __slots__ = ("_confirming", "_nomatches", "_question", "_silences", "_state")

    def __init__(self, state: AskState) -> None:
        self._state = state
        self._silences = 0
        self._nomatches = 0
        self._confirming: str | None = None
        """The choice that was heard and is being asked back."""
        self._question: Question | None = None

    def enter(self, s: Session) -> None:
        """Ask."""
        name = self._state.name
        if s.trail[-1:] != (name,) and name not in s.dialplan.protect:
            s.trail = (*s.trail, name)[-BACK_LIMIT:]
        if self._state.keys is not None and self._state.keys.secret:
            s.hide_keys()
        if self._state.consent:
            s.typed = ""  # nobody consents to what was not asked yet
        self._ask(s, None)

    def resume(self, s: Session) -> None:
        """After a hold the question is asked anew; attempts count on."""
        self._ask(s, None)

    def leave(self, s: Session) -> None:
        """What was secret is over."""
        s.resume_recording()

    def receive(self, s: Session, event: Event) -> None:
        """Hand it to the open question."""
        assert self._question is not None
        self._take(s, self._question.receive(s, event))

    def timer(self, s: Session) -> None:
        """Hand it to the open question."""
        assert self._question is not None
        self._take(s, self._question.timer(s))

    # --- asking ---

    def _ask(self, s: Session, lead: Prompt | None) -> None:
        state = self._state
        self._confirming = None
        self._question = Question(
            menu=s.dialplan.menus.get((state.name, s.language)) or self._menu(s),
            wait=state.wait,
            barge_in=state.barge_in,
            keys=state.keys,
            type_ahead=state.type_ahead,
        )
        try:
            clips = s.clips(state.ask) if lead is None else s.clips(lead) + s.clips(state.ask)
        except Unspeakable as error:
            fail(s, "prompt", f"{s.dialplan.id}: state '{s.state}' cannot speak: {error}")
            return
        self._take(s, self._question.begin(s, clips))

    def _menu(self, s: Session) -> Menu:
        state, language = self._state, s.language
        hear = {choice.name: choice.hear.get(language, ()) for choice in state.choices}
        presses = {choice.press: choice.name for choice in state.choices if choice.press is not None}
        if state.commands:
            hear |= command_words(s.dialplan, language)
            presses = command_presses(s.dialplan) | presses
        return s.dialplan.menus.setdefault((state.name, language), Menu.of(language, hear, presses))

    def _confirm(self, s: Session, name: str) -> None:
        """Ask back: did you say ...?"""
        self._confirming = name
        self._question = Question(
            menu=Menu.of(
                s.language,
                {"yes": s.dialplan.yes[s.language], "no": s.dialplan.no[s.language]},
                {YES_KEY: "yes", NO_KEY: "no"},
            ),
            wait=CONFIRM_WAIT_SECONDS,
            barge_in=BargeIn.ANY,
        )
        clips = s.clips(s.dialplan.messages["confirm"], {"heard": self._words(s, name)})
        self._take(s, self._question.begin(s, clips))

    def _words(self, s: Session, name: str) -> str:
        command = command_named(s.dialplan, name)
        hear = command.hear if command is not None else self._choice(name).hear
        return hear[s.language][0]

    # --- answers ---

    def _take(self, s: Session, answer: Answer | None) -> None:
        if answer is None:
            return
        if answer.kind is AnswerKind.SILENCE:
            self._silences += 1
            self._again(s, self._silences, self._state.silence)
        elif answer.kind is AnswerKind.NOMATCH:
            self._not_understood(s)
        elif answer.kind is AnswerKind.DIGITS:
            assert self._state.keys is not None
            assert self._state.go is not None
            s.assign(self._state.keys.into, answer.digits)
            s.follow(self._state.go)
        elif self._confirming is not None:
            self._confirmed(s, answer)
        else:
            self._chosen(s, answer)

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
        if sure and answer.choice == "yes":
            assert self._confirming is not None
            self._act(s, self._confirming)
        else:
            self._not_understood(s)

    def _act(self, s: Session, name: str) -> None:
        command = command_named(s.dialplan, name)
        if command is not None:
            self._command(s, command)
            return
        choice = self._choice(name)
        if choice.language is not None:
            s.speak(choice.language)
        if choice.consents is not None:
            s.answer_consent(choice.consents)
        s.follow(choice.go)

    def _choice(self, name: str) -> Choice:
        return next(choice for choice in self._state.choices if choice.name == name)

    def _command(self, s: Session, command: CommandAction) -> None:
        if command.do == "help":
            self._ask(s, self._state.help or command.say)
        elif command.do == "go" and command.go is not None:
            s.go(command.go)
        elif command.do != "back" or not s.go_back(self._state.name):
            self._ask(s, None)

    def _not_understood(self, s: Session) -> None:
        self._nomatches += 1
        self._again(s, self._nomatches, self._state.nomatch)

    def _again(self, s: Session, count: int, retry: Retry) -> None:
        if count > retry.attempts:
            if self._state.consent:
                s.answer_consent(False)
            s.go(retry.otherwise)
        else:
            self._ask(s, retry.prompts[min(count, len(retry.prompts)) - 1])


__all__ = ["NOMATCH", "AskStep", "command_named", "command_presses", "command_words"]
