"""Leaving a callback request: it is durable before the caller is told that it is."""

from __future__ import annotations

from contextlib import suppress

from ivr.core.dialplan.runtime.memory import Given, Whether
from ivr.core.dialplan.runtime.render import Unspeakable
from ivr.core.dialplan.runtime.session import PROMPT_LIMIT_SECONDS, Session
from ivr.core.dialplan.runtime.step import PlainStep
from ivr.core.dialplan.runtime.telephone import telephone_number
from ivr.core.dialplan.states import CallbackState
from ivr.core.events import Event
from ivr.core.orders.callback import CallbackFailed, CallbackKept, KeepCallback
from ivr.core.orders.playing import PromptEnded

KEEP_SECONDS = 5.0
"""For the hub to say that the request is kept; a hub that is away keeps none."""


class CallbackStep(PlainStep):
    """Asks the hub to keep the request, and meanwhile says what there is to say."""

    __slots__ = ("_kept", "_state", "callback_id")
    _kept: bool | None
    """None while the answer is awaited."""
    _state: Given[CallbackState]
    callback_id: Whether[int]

    def __init__(self, state: CallbackState) -> None:
        self._state = state
        self._kept = None
        self.callback_id = 0

    def enter(self, s: Session) -> None:
        """Ask, if there is a number to call."""
        s.hiding = False
        address = s.caller if self._state.number is None else s.value(self._state.number)
        number = telephone_number(str(address)) if address is not None else None
        if number is None:
            s.go(self._state.failed)
            return
        if self._state.say is not None:
            with suppress(Unspeakable):  # the request matters more than the word
                s.play(s.clips(self._state.say))
        self.callback_id = s.fresh_id()
        s.out.append(KeepCallback(self.callback_id, self._state.queue, number))
        s.due = s.now + KEEP_SECONDS

    def hold(self, s: Session) -> None:
        """The request stands; only the prompt is useless now."""
        s.stop_prompt()

    def resume(self, s: Session) -> None:
        """Go on if the answer came meanwhile."""
        self._proceed(s)

    def receive(self, s: Session, event: Event) -> None:
        """The answer, or the prompt's end."""
        match event:
            case CallbackKept(callback_id=number) if number == self.callback_id and self._kept is None:
                self._answered(s, kept=True)
            case CallbackFailed(callback_id=number) if number == self.callback_id and self._kept is None:
                self._answered(s, kept=False)
            case PromptEnded():
                self._proceed(s)

    def timer(self, s: Session) -> None:
        """No answer, or the prompt's end was never reported."""
        if self._kept is None:
            self._answered(s, kept=False)
        else:
            s.stop_prompt()
            self._proceed(s)

    def _answered(self, s: Session, *, kept: bool) -> None:
        self._kept = kept
        s.served = s.served or kept
        s.due = s.now + PROMPT_LIMIT_SECONDS if s.prompt_id is not None else None
        self._proceed(s)

    def _proceed(self, s: Session) -> None:
        if self._kept is None or s.prompt_id is not None or s.held:
            return
        if self._kept:
            s.follow(self._state.go)
        else:
            s.go(self._state.failed)
