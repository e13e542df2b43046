"""What the speech service is made of, and the pools in which its parts work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ivr.engine.speech.meanings import Meanings
from ivr.engine.speech.pool import Pool
from ivr.engine.speech.voices import VoiceScorer
from ivr.ports.speech import FrameVad, OnsetDetector, Recognizer, Synthesizer, TurnDetector

NICE_RECOGNITION = 2
"""Recognition gives way to media and to the onset detector."""
NICE_LIVE = 12
"""What nobody waits for gives way to callers' answers: it has a tenth of their share where both want to run."""
MOST_LIVE = 8
"""Pieces of such work that wait for their thread. More come too late to be of use, and are refused."""


@dataclass(frozen=True, slots=True)
class SpeechParts:
    """What the service is made of. What is None is answered with an error."""

    recognizers: Mapping[str, Recognizer]
    """Language (en, zh) -> recognizer; "*" for any other."""
    synthesizer: Synthesizer | None
    onset: OnsetDetector | None
    frame_vad: Callable[[], FrameVad]
    voices: VoiceScorer | None
    meanings: Meanings | None = None
    live: Callable[[str], Recognizer] | None = None
    """Language -> a recognizer with a model of its own for talks that go on, loaded in the thread that asks first:
    its threads have its priority. None: no talk is recognized while it goes on."""
    turns: TurnDetector | None = None
    """None: silence alone ends a turn."""


class SpeechPools:
    """One pool for each kind of work: none waits for another kind."""

    def __init__(self, recognition_threads: int) -> None:
        self.recognition = Pool("recognition", threads=recognition_threads, nice=NICE_RECOGNITION)
        self.live = Pool("live", nice=NICE_LIVE)
        self.onset = Pool("onset")
        self.turns = Pool("turns", nice=NICE_RECOGNITION)
        self.synthesis = Pool("synthesis")
        self.voices = Pool("voices", nice=NICE_RECOGNITION)
        self.agents = Pool("agents", nice=NICE_LIVE)
        self.meanings = Pool("meanings", nice=NICE_RECOGNITION)

    def close(self) -> None:
        """Drop what waits."""
        for pool in vars(self).values():
            pool.close()
