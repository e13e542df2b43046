"""What is said on an agent's leg of a talk, gathered and compared with the voice that this agent enrolled.

Rules: what it comes to the core says. Nobody waits for it, and nothing is kept but in this memory: it is forgotten when
the agent is no longer heard, since somebody else may sit down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Final

from ivr.core.identity.verifier import Verdict
from ivr.core.media.frame import FRAME_BYTES, FRAME_SECONDS, samples
from ivr.core.orders.voice import AgentVoiceJudged
from ivr.core.speech.facts import VoiceJudged
from ivr.engine.cell.config import Speech
from ivr.ports.speech import FrameVad

FIRST_COMPARISON: Final = 3_000_000
"""Comparisons of agents' voices are told by their number from those that a dialplan orders."""
STEPS: Final = (5.0, 15.0)
"""Seconds of net speech at which it is compared: all of it, so more of it is surer (docs/speech.md)."""
AGAIN: Final = samples(60.0)
"""Samples after which an agent who was known is listened to again."""
PAUSE_FRAMES: Final = 10
"""Silence after speech that is kept: 200 ms, as the embedder is given."""


class AgentVoice:
    """Of whichever agent the caller hears."""

    def __init__(self, speech: Speech, new_vad: Callable[[], FrameVad] | None) -> None:
        """`new_vad`: None: agents' voices are compared with nothing."""
        self._speech, self._new_vad = speech, new_vad
        self._vad: FrameVad | None = None
        self._party = self._agent = ""
        self._numbers = count(FIRST_COMPARISON)
        self._number = 0
        """Of the comparison that is awaited; 0: none."""
        self._facts: list[AgentVoiceJudged] = []
        self._sample = self._rests_until = 0
        """How far the call is, and before which sample nothing is gathered."""
        self._sound = bytearray()
        self._voiced = self._step = 0
        self._pause = PAUSE_FRAMES
        self._seconds = 0.0
        """Net speech of the comparison that is awaited."""

    @property
    def hears(self) -> bool:
        """Whether anybody is listened to now."""
        return bool(self._party)

    @property
    def news(self) -> bool:
        """Whether `facts` has any."""
        return bool(self._facts)

    def facts(self) -> list[AgentVoiceJudged]:
        """What came since the last call."""
        found, self._facts = self._facts, []
        return found

    def arrange(self, party: str, agent: str) -> None:
        """Whom to listen to from now on; empty: nobody."""
        if self._new_vad is None or (party, agent) == (self._party, self._agent):
            return
        self._party, self._agent, self._rests_until = party, agent, 0
        self._vad = self._new_vad() if party else None
        self._begin()

    def hear(self, frames: Mapping[str, bytes], sample: int) -> None:
        """Frames in a row of everybody, from `sample` on."""
        pcm, self._sample = frames.get(self._party), sample
        if pcm is None or self._vad is None or self._step == len(STEPS) or sample < self._rests_until:
            return
        for at in range(0, len(pcm), FRAME_BYTES):
            frame = pcm[at : at + FRAME_BYTES]
            voiced = self._vad.is_speech(frame)
            self._pause = 0 if voiced else self._pause + 1
            if self._pause < PAUSE_FRAMES:
                self._sound += frame
            self._voiced += voiced
        if not self._number and self._voiced * FRAME_SECONDS >= STEPS[self._step]:
            self._step += 1
            self._number, self._seconds = next(self._numbers), self._voiced * FRAME_SECONDS
            self._speech.verify_agent(self._number, self._agent, bytes(self._sound))

    def take(self, fact: VoiceJudged) -> bool:
        """An answer of the speech service; whether it is of an agent's voice."""
        if fact.request_id < FIRST_COMPARISON:
            return False
        if fact.request_id != self._number:
            return True  # of somebody who is no longer heard
        self._number = 0
        if not fact.enrolled:
            self._step = len(STEPS)  # there is nothing to compare with: nobody is listened to in vain
            return True
        judged = AgentVoiceJudged(
            self._party, self._agent, self._seconds, self._step == len(STEPS),
            fact.score, fact.llr, fact.house, fact.reason,
        )  # fmt: skip
        self._facts.append(judged)
        match judged.verdict:
            case Verdict.ACCEPT:
                self._begin()
                self._rests_until = self._sample + AGAIN
            case Verdict.REJECT:
                self._step = len(STEPS)
        return True

    def _begin(self) -> None:
        """Gather from nothing; what was asked is not waited for any more."""
        self._sound.clear()
        self._voiced = self._step = self._number = 0
        self._pause = PAUSE_FRAMES
