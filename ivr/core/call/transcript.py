"""What was said in a call, by whom, from which sample to which: kept sealed in its recording.

Rule: nothing that was said or typed at a secret prompt is in it, and nothing while a caller refuses to be recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ivr.core import typed
from ivr.core.commands import Command
from ivr.core.events import Event
from ivr.core.orders.listening import Listen, SpeechEnded, SpeechStarted, TranscriptReady
from ivr.core.orders.playing import Clip, PlayPrompt, PromptEnd, PromptEnded
from ivr.errors import SealError

CALLER, ENGINE = "caller", "engine"
"""Who speaks."""


@dataclass(frozen=True, slots=True)
class Span:
    """One utterance of the caller's, or one prompt."""

    who: str
    """caller or engine."""
    first_sample: int
    """Call time line, inclusive."""
    last_sample: int
    """Exclusive."""
    language: str
    text: str = field(repr=False)
    """What was recognized, or what was played ([NAME] and its words, for a recorded prompt)."""
    confidence: float | None = None
    """That it was understood rightly (`choice`; without one, `text`), 0..1."""
    choice: str | None = None
    """The answer that it was taken for, by its name in the dialplan."""
    whole: bool = True
    """False: a prompt that was stopped before its end."""
    disclosure: str | None = None
    """The warning that the prompt was."""
    voices: tuple[str, ...] = ()
    """What spoke the prompt's synthesized parts: model, version and voice of each. A machine-readable mark that the
    sound is made (Regulation (EU) 2024/1689 Art. 50(2); check with counsel)."""

    def to_json(self) -> dict[str, object]:
        """As the recording keeps it."""
        return {
            "who": self.who,
            "first_sample": self.first_sample,
            "last_sample": self.last_sample,
            "language": self.language,
            "text": self.text,
            "confidence": self.confidence,
            "choice": self.choice,
            "whole": self.whole,
            "disclosure": self.disclosure,
            **({"voices": list(self.voices)} if self.voices else {}),
        }

    @staticmethod
    def from_json(data: object) -> Span:
        """Back from `to_json`. Raises SealError."""
        try:
            if not isinstance(data, Mapping):
                raise TypeError("no object")
            confidence, choice, disclosure = data["confidence"], data["choice"], data["disclosure"]
            voices = data.get("voices", [])
            if not isinstance(voices, list):
                raise TypeError("no list")
            return Span(
                who=typed.text(data["who"]),
                first_sample=typed.whole(data["first_sample"], least=0),
                last_sample=typed.whole(data["last_sample"], least=0),
                language=typed.text(data["language"]),
                text=typed.text(data["text"]),
                confidence=None if confidence is None else typed.number(confidence),
                choice=None if choice is None else typed.text(choice),
                whole=typed.truth(data["whole"]),
                disclosure=None if disclosure is None else typed.text(disclosure),
                voices=tuple(map(typed.text, voices)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise SealError("the recording holds a part of its transcript that is not one of ours") from error


class Transcript:
    """One call's, as it grows."""

    def __init__(self, sounds: Mapping[str, str] = MappingProxyType({})) -> None:
        """`sounds`: what each recorded file says."""
        self._sounds = sounds
        self.spans: list[Span] = []
        self._prompts: dict[int, PlayPrompt] = {}
        self._listens: dict[int, Listen] = {}
        self._from = self._to = 0

    def tell(self, event: Event | None, orders: Sequence[Command], *, secret: bool, unrecorded: bool) -> list[Span]:
        """A fact (None: a timer) and the orders after it; returns what they add."""
        new = [] if unrecorded else list(self._heard(event, secret))
        for order in orders:
            match order:
                case PlayPrompt(prompt_id=number):
                    self._prompts[number] = order
                case Listen(listen_id=number):
                    self._listens = {number: order}
        self.spans += new
        return new

    @property
    def saying(self) -> str:
        """What is being played, or is about to be."""
        return " ".join(self._shown(clip) for prompt in self._prompts.values() for clip in prompt.clips)

    def _heard(self, event: Event | None, secret: bool) -> Iterator[Span]:
        match event:
            case SpeechStarted(sample=sample):
                self._from = self._to = sample
            case SpeechEnded(sample=sample):
                self._to = sample
            case TranscriptReady(listen_id=number, text=text) if text and not secret:
                listen = self._listens.get(number)
                if listen is not None:
                    language = listen.grammar.language
                    yield Span(CALLER, self._from, self._to, language, text, event.confidence, event.choice)
            case PromptEnded(prompt_id=number, report=report):
                prompt = self._prompts.pop(number, None)
                if prompt is not None and report is not None:
                    yield Span(
                        ENGINE,
                        report.first_sample,
                        report.last_sample,
                        prompt.clips[0].language if prompt.clips else "",
                        " ".join(map(self._shown, prompt.clips)),
                        whole=event.end is PromptEnd.COMPLETED,
                        disclosure=prompt.disclosure,
                        voices=report.voices,
                    )

    def _shown(self, clip: Clip) -> str:
        words = self._sounds.get(clip.file or "")
        return f"{clip.shown} {words}" if words else clip.shown
