"""Leaving a callback request: it is durable before the caller is told that it is."""

from __future__ import annotations

from contextlib import suppress

from ivr.core.dialplan.runtime.memory import Given, Whether
from ivr.core.dialplan.runtime.orders import PROMPT_LIMIT_SECONDS
from ivr.core.dialplan.runtime.prompts import clips_of
from ivr.core.dialplan.runtime.render import Unspeakable
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step import PlainStep
from ivr.core.dialplan.states import CallbackState
from ivr.core.events import Event
from ivr.core.orders.callback import CallbackFailed, CallbackKept, KeepCallback
from ivr.core.orders.playing import PromptEnded
from ivr.core.sip.telephone import telephone_number

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
        s.ahead.hiding = False
        address = s.known.caller if self._state.number is None else s.known.value(self._state.number)
        number = telephone_number(str(address)) if address is not None else None
        if number is None:
            s.way.go(self._state.failed)
            return
        if self._state.say is not None:
            with suppress(Unspeakable):  # the request matters more than the word
                s.orders.play(clips_of(self._state.say, s.known))
        self.callback_id = s.orders.fresh_id()
        s.orders.give(KeepCallback(self.callback_id, self._state.queue, number, *s.left))
        s.orders.wait(KEEP_SECONDS)

    def hold(self, s: Session) -> None:
        """The request stands; only the prompt is useless now."""
        s.orders.stop_prompt()

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
            s.orders.stop_prompt()
            self._proceed(s)

    def _answered(self, s: Session, *, kept: bool) -> None:
        self._kept = kept
        s.served = s.served or kept
        s.orders.due = None
        if s.orders.prompt_id is not None:
            s.orders.wait(PROMPT_LIMIT_SECONDS)
        self._proceed(s)

    def _proceed(self, s: Session) -> None:
        if self._kept is None or s.orders.prompt_id is not None or s.held:
            return
        if self._kept:
            s.way.follow(self._state.go)
        else:
            s.way.go(self._state.failed)
