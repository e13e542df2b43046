"""From 20 ms voice flags to utterances: hysteresis, pre-roll, hang-over, end point.

The cheap detector flags every frame; the gate asks for a second opinion once per suspected onset, because babble and
music pass the cheap detector and must not interrupt a prompt. Time is counted in samples of the call's time line.

    quiet --enough speech--> suspected --confirm()--> speaking --pause--> trailing --end silence--> quiet
                             suspected --reject()---> quiet        trailing --speech again--> speaking
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ivr.core.media.frame import FRAME_SAMPLES, samples


class GateState(StrEnum):
    """Where the gate is."""

    QUIET = "quiet"
    SUSPECTED = "suspected"
    SPEAKING = "speaking"
    TRAILING = "trailing"


@dataclass(frozen=True, slots=True)
class GateConfig:
    """When speech begins and ends. Durations in seconds."""

    onset_window_frames: int = 5
    """Frames looked at for an onset: 100 ms, also the least that the stronger detector wants to hear."""
    onset_speech_frames: int = 4
    """How many of them must be speech. One miss is forgiven: plosives have holes."""
    keep_speech_frames: int = 3
    """How many of the window must be speech for a pause to be over: noise flags single frames."""
    pre_roll: float = 0.2
    """Before the first flagged frame, speech is assumed to have begun: weak consonants are not flagged."""
    end_silence: float = 0.7
    """Silence that ends an utterance."""
    max_speech: float = 15.0
    """An utterance is ended after this much."""
    refractory: float = 0.2
    """After a rejected onset, until the next may be suspected: bounds what noise costs."""
    patience: float = 1.0
    """How long a suspicion waits for its answer; then it is dropped."""


@dataclass(frozen=True, slots=True)
class OnsetSuspected:
    """Perhaps speech. `sample` is where it would have begun, pre-roll included."""

    sample: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The utterance is over. `sample` is just after the last frame of speech."""

    sample: int


GateFact = OnsetSuspected | Ended


class Gate:
    """One caller's speech. `push` once a frame; `confirm` or `reject` when the stronger detector has answered."""

    __slots__ = (
        "_config",
        "_end_silence",
        "_flags",
        "_is_hastened",
        "_last_speech",
        "_longer_pause",
        "_mask",
        "_onset",
        "_ready_at",
        "_state",
        "_suspected_at",
    )

    def __init__(self, config: GateConfig) -> None:
        self._config = config
        self._mask = (1 << config.onset_window_frames) - 1
        self.reset()

    @property
    def state(self) -> GateState:
        """Where the gate is."""
        return self._state

    @property
    def is_quiet(self) -> bool:
        """Whether a frame without speech changes nothing: none of the window is speech."""
        return self._state is GateState.QUIET and not self._flags

    @property
    def onset(self) -> int:
        """Sample where the present (or suspected) utterance began."""
        return self._onset

    def reset(self) -> None:
        """Forget everything; the time line may go on anywhere."""
        self._state = GateState.QUIET
        self._end_silence = samples(self._config.end_silence)
        self._is_hastened = False
        self._longer_pause = 0
        self._flags = 0
        self._onset = 0
        self._last_speech = 0
        self._suspected_at = 0
        self._ready_at = 0

    def push(self, is_speech: bool, sample: int) -> GateFact | None:
        """One frame: whether the cheap detector calls it speech, and the index of its first sample."""
        self._flags = (self._flags << 1 | is_speech) & self._mask
        if self._state is GateState.QUIET:
            return self._push_quiet(sample) if self._flags else None
        if is_speech and self._is_voiced(self._config.keep_speech_frames):
            self._last_speech = sample + FRAME_SAMPLES
        if self._state is GateState.SUSPECTED:
            if sample - self._suspected_at >= samples(self._config.patience):
                self.reject(sample)
            return None
        return self._push_open(sample)

    def confirm(self) -> None:
        """It is speech. Without effect when nothing is suspected."""
        if self._state is GateState.SUSPECTED:
            self._state = GateState.SPEAKING

    def reject(self, sample: int | None = None) -> None:
        """It is not. The next onset may be suspected `refractory` seconds after `sample` (default: the suspicion)."""
        if self._state is GateState.SUSPECTED:
            since = self._suspected_at if sample is None else sample
            self._ready_at = since + samples(self._config.refractory)
            self._state = GateState.QUIET
            self._flags = 0

    def hasten(self, end_silence: float) -> None:
        """The utterance makes sense as it stands: let so many seconds of silence end it, if that is less."""
        self._end_silence = min(self._end_silence, samples(end_silence))
        self._is_hastened, self._longer_pause = True, 0

    def prolong(self, end_silence: float) -> None:
        """More is to come: let this pause last so many seconds, if that is more; once speech goes on it is forgotten.

        Without effect on an utterance that makes sense as it stands, and where nobody pauses.
        """
        if self._state is GateState.TRAILING and not self._is_hastened:
            self._longer_pause = samples(end_silence)

    def _is_voiced(self, needed: int) -> bool:
        return self._flags.bit_count() >= needed

    def _push_quiet(self, sample: int) -> GateFact | None:
        if sample < self._ready_at or not self._is_voiced(self._config.onset_speech_frames):
            return None
        first_flagged = sample - (self._flags.bit_length() - 1) * FRAME_SAMPLES
        self._state = GateState.SUSPECTED
        self._onset = max(0, first_flagged - samples(self._config.pre_roll))
        self._suspected_at = sample
        self._last_speech = sample + FRAME_SAMPLES
        return OnsetSuspected(self._onset)

    def _push_open(self, sample: int) -> GateFact | None:
        now = sample + FRAME_SAMPLES
        silence = now - self._last_speech
        if silence >= max(self._end_silence, self._longer_pause) or now - self._onset >= samples(
            self._config.max_speech
        ):
            ended = Ended(self._last_speech)
            self.reset()
            return ended
        # A pause shorter than the window is the hole of a plosive, not the end of a word.
        paused = silence > self._config.onset_window_frames * FRAME_SAMPLES
        self._state = GateState.TRAILING if paused else GateState.SPEAKING
        if not paused:
            self._longer_pause = 0
        return None
