"""Verifying the caller's voice: asked to speak, or by what they have said in the call so far. No score is never an
acceptance.
"""

from __future__ import annotations

from ivr.core.dialplan.runtime.memory import Given
from ivr.core.dialplan.runtime.session import Session
from ivr.core.dialplan.runtime.step import PlainStep, say
from ivr.core.dialplan.states import VoiceState
from ivr.core.events import Event
from ivr.core.identity.verifier import Verdict
from ivr.core.orders.playing import PromptEnded
from ivr.core.orders.voice import CollectVoice, CompareVoice, VoiceScored, VoiceUnscored

GRACE_SECONDS = 10.0
"""After the gathering's own limit, for the embedder; then there is no score."""


class VoiceStep(PlainStep):
    """Asks for speech, has it scored, decides."""

    __slots__ = ("_state",)
    _state: Given[VoiceState]

    def __init__(self, state: VoiceState) -> None:
        self._state = state

    def enter(self, s: Session) -> None:
        """Ask the caller to speak, while attempts are left and someone is claimed to be."""
        if s.known.tried(self._state.name) >= self._state.attempts:
            s.way.go(self._state.otherwise)
        elif not isinstance(s.known.value(self._state.customer), str):
            s.way.go(self._state.unscored)
        elif self._state.ask is None:
            self._compare(s)
        else:
            say(s, self._state.ask)

    def receive(self, s: Session, event: Event) -> None:
        """Gather after the prompt; judge the score."""
        match event:
            case PromptEnded():
                self._collect(s)
            case VoiceScored():
                self._judge(s, event)
            case VoiceUnscored():
                s.way.go(self._state.unscored)

    def timer(self, s: Session) -> None:
        """The prompt's end or the score never came."""
        if s.orders.prompt_id is not None:
            s.orders.stop_prompt()
            self._collect(s)
        else:
            s.way.go(self._state.unscored)

    def _compare(self, s: Session) -> None:
        customer = s.known.value(self._state.customer)
        assert isinstance(customer, str)
        s.orders.verify_id = s.orders.fresh_id()
        s.orders.give(CompareVoice(s.orders.verify_id, customer, self._state.least_speech))
        s.orders.wait(GRACE_SECONDS)

    def _collect(self, s: Session) -> None:
        state = self._state
        customer = s.known.value(state.customer)
        assert isinstance(customer, str)
        s.orders.verify_id = s.orders.fresh_id()
        s.orders.give(CollectVoice(s.orders.verify_id, customer, state.min_speech, state.max_wait))
        s.orders.wait(state.max_wait + GRACE_SECONDS)

    def _judge(self, s: Session, event: VoiceScored) -> None:
        """Accepted: it is them. Rejected: it is not. Unsure, whyever: once more, while attempts are left.

        Who was not asked to speak has not failed when that is unsure: it is as if nothing could be scored.
        """
        state = self._state
        s.orders.due = None
        verdict = state.judged(event)
        if state.ask is None and verdict is Verdict.UNSURE:
            s.way.go(state.unscored)
            return
        tries = s.known.try_again(state.name)
        if verdict is Verdict.ACCEPT:
            s.known.identified(state.identify, frozenset({state.customer}))
            s.way.follow(state.go)
        elif verdict is Verdict.UNSURE and tries < state.attempts:
            say(s, state.retry or state.ask)
        else:
            s.way.go(state.otherwise)
