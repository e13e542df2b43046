"""Voices in the speech service: templates are opened, compared and forgotten within one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ivr.core.identity.calibration import Calibration
from ivr.core.identity.verifier import AGENTS, Costs
from ivr.core.identity.voiceprint import Consent, Template, Voiceprint, similarity
from ivr.core.identity.watchlist import Likeness, Listed, likeness
from ivr.core.media.frame import FRAME_BYTES, SAMPLE_BYTES, seconds
from ivr.core.speech.enrolment import Spoken, faults, is_one_voice, quality
from ivr.core.speech.heard import Heard, fingerprint, was_heard
from ivr.errors import DeniedError, IvrError, OperatorError
from ivr.ports.clock import Clock
from ivr.ports.speech import Embedder, FrameVad
from ivr.ports.voiceprints import Voiceprints

CALLER = "caller"
"""Who entered a consent that was given in a call."""
KEEP_FRAMES = 10
"""Silence after speech that stays: 200 ms, the pauses inside a sentence."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A voice beside the enrolled one."""

    score: float = field(repr=False)
    """Cosine similarity."""
    llr: float | None = field(repr=False)
    """Calibrated log-likelihood ratio; None: the embedder is not calibrated."""
    heard_before: bool
    """Whether it is a recording of what was heard of this customer before."""


@dataclass(frozen=True, slots=True)
class VoiceModel:
    """What makes vectors of voices, and what is known of them."""

    embedder: Embedder
    frame_vad: Callable[[], FrameVad]
    calibration: Calibration | None
    """None: nobody measured how its cosines are spread."""

    def vector(self, speech: bytes) -> list[float]:
        """Of speech without its pauses. Raises OperatorError for too little."""
        found: list[float] = np.asarray(self.embedder.embed(speech), float).tolist()
        return found

    def speech(self, pcm: bytes) -> bytes:
        """The speech in this PCM."""
        return speech_only(pcm, self.frame_vad())


class VoiceScorer:
    """Scores speech against one customer's voiceprint, and remembers what spoke for them."""

    def __init__(
        self, model: VoiceModel, voiceprints: Voiceprints, costs: Costs, wall: Clock, of_agents: Costs = AGENTS
    ) -> None:
        self._model = model
        self._voiceprints = voiceprints
        self._wall = wall
        self.house = costs.thresholds()
        """What decides where a dialplan names nothing."""
        self.agents = of_agents.thresholds()
        """What decides of agents."""

    def score(self, customer: str, pcm: bytes) -> Compared:
        """Beside a customer's voice: 8 kHz sound with its pauses. Raises DeniedError (the reason is safe to log) when
        there is nothing to score, SealError, EnvironmentFault."""
        voiceprint = self._voiceprints.get(customer)
        if voiceprint is None:
            raise DeniedError("not enrolled")
        score, llr = self._beside(voiceprint, pcm)
        if voiceprint.machine:
            return Compared(score, llr, heard_before=False)
        heard_before = was_heard(pcm, self._voiceprints.heard(customer).sounds)
        # What speaks against them opens nothing when it is played again. So a stranger drives nothing out of what is
        # kept, and it holds the customer's voice alone.
        if not heard_before and (llr is None or llr > 0.0):
            sound, now = fingerprint(pcm), self._wall()
            self._voiceprints.hear(customer, lambda heard: heard.answered(now, sound))
        return Compared(score, llr, heard_before)

    def score_agent(self, agent: str, pcm: bytes) -> Compared | None:
        """Beside an agent's voice: 8 kHz sound; None: they enrolled none. Raises as `score`."""
        voiceprint = self._voiceprints.agent(agent)
        return None if voiceprint is None else Compared(*self._beside(voiceprint, pcm), heard_before=False)

    def _beside(self, voiceprint: Voiceprint, pcm: bytes) -> tuple[float, float | None]:
        """Cosine and likelihood ratio. Raises DeniedError."""
        if voiceprint.model != self._model.embedder.name:
            raise DeniedError("enrolled with another model: ivr voiceprint renew, or enrol again")
        try:
            speech = self._model.speech(pcm)
            score = similarity(voiceprint, self._model.vector(speech))
        except IvrError as error:
            raise DeniedError("too little speech, or the embedder failed") from error
        length = seconds(len(speech) // SAMPLE_BYTES)
        return score, None if self._model.calibration is None else self._model.calibration.llr(score, length)

    def enrol(self, customer: str, recordings: Sequence[bytes], evidence: str, *, keeps_audio: bool) -> None:
        """Keep the voice of a caller who agreed to it in their call; `evidence`: where that is recorded.

        Raises DeniedError for who is enrolled already: another's voice must never take a customer's place without a
        person who takes it back first. OperatorError for recordings that will not do; SealError, EnvironmentFault.
        """
        if self._voiceprints.get(customer) is not None:
            raise DeniedError("enrolled already")
        now = self._wall()
        consent = Consent(now, evidence, CALLER, keeps_audio)
        self._voiceprints.put(
            enrolled(customer, recordings, self._model, at=now, consent=consent), recordings if keeps_audio else []
        )
        self._voiceprints.hear(customer, heard_of(recordings, now))

    def listed(self, pcm: bytes) -> Likeness:
        """Beside every voice of the watchlist. What cannot be compared is unknown, never no."""
        try:
            now = self._wall()
            watched = [one for one in self._voiceprints.watched() if one.until > now]
            if not watched:
                return likeness((), (), 0.0, None, "")
            model, speech = self._model, self._model.speech(pcm)
            length = seconds(len(speech) // SAMPLE_BYTES)
            return likeness(watched, model.vector(speech), length, model.calibration, model.embedder.name)
        except IvrError:
            return Likeness(Listed.UNKNOWN)


def enrolled(
    customer: str, recordings: Sequence[bytes], model: VoiceModel, *, at: float, consent: Consent | None
) -> Voiceprint:
    """A voiceprint of 8 kHz recordings, one template each. Raises OperatorError, which says all that is wrong with
    them."""
    speech = [model.speech(pcm) for pcm in recordings]
    found = [quality(pcm, said) for pcm, said in zip(recordings, speech, strict=True)]
    if wrong := faults(found):
        raise OperatorError(" ".join(wrong))
    lengths = [seconds(len(said) // SAMPLE_BYTES) for said in speech]
    vectors = [model.vector(said) for said in speech]
    spoken = [
        Spoken(vector, (model.vector(first), model.vector(second)), length)
        for vector, (first, second), length in zip(vectors, map(_halves, speech), lengths, strict=True)
    ]
    if not is_one_voice(spoken, model.calibration):
        raise OperatorError("More than one person speaks in these recordings: record the customer alone.")
    templates = (Template(tuple(vector), length, at) for vector, length in zip(vectors, lengths, strict=True))
    return Voiceprint(customer, model.embedder.name, tuple(templates), consent)


def heard_of(recordings: Iterable[bytes], at: float) -> Callable[[Heard], Heard]:
    """What is to be remembered of an enrolment: its recordings open nothing when they are played."""
    sounds = tuple(map(fingerprint, recordings))
    return lambda heard: heard.enrolled(at, sounds)


def _halves(speech: bytes) -> tuple[bytes, bytes]:
    middle = len(speech) // FRAME_BYTES // 2 * FRAME_BYTES
    return speech[:middle], speech[middle:]


def speech_only(pcm: bytes, vad: FrameVad) -> bytes:
    """The speech in this PCM, with the short pauses within it: embedders hear silence as a voice."""
    kept = bytearray()
    since_speech = KEEP_FRAMES
    for begin in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES):
        frame = pcm[begin : begin + FRAME_BYTES]
        since_speech = 0 if vad.is_speech(frame) else since_speech + 1
        if since_speech < KEEP_FRAMES:
            kept += frame
    return bytes(kept)
