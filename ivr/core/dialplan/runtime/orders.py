"""What one call has ordered and waits for.

Every order that is answered later gets a fresh id here, and is forgotten here when it is no longer wanted: an answer
whose id is not the current one never reaches a step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ivr.core.commands import Command
from ivr.core.events import Event
from ivr.core.orders.listening import Grammar, Listen, RecognizerFailed, StopListening, TranscriptReady, VoiceOf
from ivr.core.orders.lookup import LookupDone, LookupFailed
from ivr.core.orders.playing import Clip, PlayPrompt, PromptEnded, StopPrompt
from ivr.core.orders.voice import (
    DigitsDrawn,
    StopVoice,
    VoiceEnrolled,
    VoiceNotEnrolled,
    VoiceRecorded,
    VoiceScored,
    VoiceUnscored,
)

PROMPT_LIMIT_SECONDS = 300.0
"""A prompt whose end is not reported by then counts as failed: no call hangs on a lost event."""
CHOICE_PAUSE_SECONDS = 0.55
"""Silence that ends an answer out of a few phrases: people pause less within one, and wait for us after it."""
FREE_PAUSE_SECONDS = 0.8
"""Silence that ends free speech: people think while they speak."""
DIGITS_PAUSE_SECONDS = 1.2
"""Silence that ends a row of digits: people read them out in groups."""

ANSWERS: Final[Mapping[type, str]] = {
    PromptEnded: "prompt_id",
    TranscriptReady: "listen_id",
    RecognizerFailed: "listen_id",
    LookupDone: "lookup_id",
    LookupFailed: "lookup_id",
    VoiceScored: "verify_id",
    VoiceUnscored: "verify_id",
    VoiceRecorded: "verify_id",
    VoiceEnrolled: "verify_id",
    VoiceNotEnrolled: "verify_id",
    DigitsDrawn: "draw_id",
}
"""The answers that end an order -> where they, and we, name that order."""


class Orders:
    """Those of one call, and until when it waits."""

    __slots__ = (
        "began", "draw_id", "due", "last_id", "listen_id", "lookup_id", "now", "out", "prompt_id", "verify_id",
    )  # fmt: skip

    def __init__(self) -> None:
        self.now = 0.0
        """Time of the fact that is being handled, seconds on the call's clock."""
        self.began = 0.0
        """When the call was answered, on the same clock."""
        self.out: list[Command] = []
        """Ordered in answer to the fact that is being handled."""
        self.last_id = 0
        self.prompt_id: int | None = None
        """What plays."""
        self.listen_id: int | None = None
        self.lookup_id: int | None = None
        self.verify_id: int | None = None
        self.draw_id: int | None = None
        self.due: float | None = None
        """When the step wants to be woken, on the call's clock."""

    def twin(self) -> Orders:
        """A copy that goes its own way, and has ordered nothing yet."""
        found = object.__new__(Orders)
        found.now, found.began, found.out, found.due = self.now, self.began, [], self.due
        found.last_id, found.prompt_id, found.listen_id = self.last_id, self.prompt_id, self.listen_id
        found.lookup_id, found.verify_id, found.draw_id = self.lookup_id, self.verify_id, self.draw_id
        return found

    def begin(self, now: float) -> None:
        """Another fact is handled: nothing is ordered in answer to it yet."""
        self.now = now
        self.out = []

    @property
    def passed(self) -> float:
        """Seconds since the call was answered."""
        return self.now - self.began

    @property
    def awaited(self) -> tuple[bool, bool, bool, bool, bool]:
        """Whether a prompt, speech, a lookup, a verdict on the voice and a draw are under way."""
        return (
            self.prompt_id is not None,
            self.listen_id is not None,
            self.lookup_id is not None,
            self.verify_id is not None,
            self.draw_id is not None,
        )

    def give(self, *commands: Command) -> None:
        """Order this, after what was ordered before."""
        self.out.extend(commands)

    def fresh_id(self) -> int:
        """An id that no order had before."""
        self.last_id += 1
        return self.last_id

    def answered(self, event: Event) -> bool:
        """Whether one of ANSWERS is to be heard: not if its order no longer stands. One that stands ends."""
        name = ANSWERS[type(event)]
        if getattr(event, name) != getattr(self, name):
            return False
        setattr(self, name, None)
        return True

    def wait(self, seconds: float) -> None:
        """Be woken so many seconds from now, in place of any waiting before."""
        self.due = self.now + seconds

    def play(self, clips: tuple[Clip, ...], *, disclosure: str | None = None) -> None:
        """Play clips as one prompt, in place of the one that plays."""
        self.stop_prompt()
        self.prompt_id = self.fresh_id()
        self.out.append(PlayPrompt(self.prompt_id, clips, disclosure))
        self.wait(PROMPT_LIMIT_SECONDS)

    def stop_prompt(self) -> None:
        """Silence; the stopped prompt's end will be stale."""
        if self.prompt_id is not None:
            self.out.append(StopPrompt(self.prompt_id))
            self.prompt_id = None

    def listen(
        self, grammar: Grammar, *, pause: float | None = None, voice: VoiceOf | None = None, interrupts: bool = False
    ) -> None:
        """Hear speech, in place of any listening before; `pause`: seconds of silence that end it, if not the usual;
        `voice`: whose it should be; `interrupts`: it stops the prompt that plays."""
        self.stop_listening()
        self.listen_id = self.fresh_id()
        usual = FREE_PAUSE_SECONDS if grammar.free or not grammar.choices else CHOICE_PAUSE_SECONDS
        end_silence = usual if pause is None else pause
        prompt = self.prompt_id if interrupts else None
        self.out.append(Listen(self.listen_id, grammar, end_silence=end_silence, voice=voice, interrupts=prompt))

    def stop_listening(self) -> None:
        """No longer interested in speech."""
        if self.listen_id is not None:
            self.out.append(StopListening(self.listen_id))
            self.listen_id = None

    def quiet(self) -> None:
        """Nothing plays, listens, gathers or waits any more."""
        self.stop_prompt()
        self.stop_listening()
        if self.verify_id is not None:
            self.out.append(StopVoice(self.verify_id))
        self.verify_id = self.lookup_id = self.draw_id = self.due = None
