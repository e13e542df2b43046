"""What each party hears, 20 ms at a time: first what is for them alone, then those whom `Hear` names, mixed.

Rule: nothing here decides who hears whom; a party that `Hear` does not name hears silence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ivr.core.media.beep import ringing, signal
from ivr.core.media.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_BYTES, SILENT_FRAME
from ivr.core.media.mixing import mixed
from ivr.core.orders.desk import Signal, Tone
from ivr.core.orders.playing import UNKNOWN_VOICE
from ivr.core.orders.talk import CALLER, MUSIC, RINGING, Hear, Whisper, WhisperEnded
from ivr.engine.cell.config import Prompts, Speech
from ivr.errors import IvrError

FIRST_REQUEST = 1_000_000
"""Requests for what is whispered, told by their number from those of the prompts."""
READY_SECONDS = 2.0
"""A whisper that cannot be spoken for so long after the answer is left out: the caller waits."""
LONGEST_SECONDS = 20.0
"""What is longer is cut."""


@dataclass(slots=True)
class _Whispering:
    """What one party is told before anything else."""

    clips: list[bytes | None]
    waiting: dict[int, int] = field(default_factory=dict)
    """Request -> index of the clip that it fills."""
    answered_at: float | None = None
    frames: deque[bytes] | None = None
    """What is left of it, once all is there and they answered."""
    voices: dict[str, None] = field(default_factory=dict)
    """Synthetic ones in it, each once."""


class Ears:
    """One call's."""

    def __init__(self, prompts: Prompts, speech: Speech, music: bytes, clock: Callable[[], float]) -> None:
        """`music`: one loop, PCM."""
        self._prompts, self._speech, self._clock = prompts, speech, clock
        self._loops = {MUSIC: music[: len(music) // FRAME_BYTES * FRAME_BYTES], RINGING: b""}
        self._heard: dict[str, tuple[str, ...]] = {}
        self._signals: dict[str, deque[bytes]] = {}
        self._whispers: dict[str, _Whispering] = {}
        self._requests = FIRST_REQUEST
        self._ended: list[WhisperEnded] = []

    @property
    def news(self) -> bool:
        """Whether `facts` has any."""
        return bool(self._ended)

    def facts(self) -> list[WhisperEnded]:
        """What ended since the last call."""
        ended, self._ended = self._ended, []
        return ended

    # --- orders -----------------------------------------------------------------------------------------------------

    def arrange(self, order: Hear) -> None:
        """Who hears whom from now on."""
        self._heard = dict(order.ears)
        if not self._loops[RINGING] and any(RINGING in heard for heard in self._heard.values()):
            self._loops[RINGING] = ringing()

    def signal(self, order: Signal) -> None:
        """A short tone for one party."""
        sound = signal(refused=order.tone is Tone.REFUSED)
        self._signals[order.party] = deque(sound[at : at + FRAME_BYTES] for at in range(0, len(sound), FRAME_BYTES))

    def whisper(self, order: Whisper) -> None:
        """Get ready what this party is told when they answer."""
        whispering = self._whispers[order.party] = _Whispering([None] * len(order.clips))
        for index, clip in enumerate(order.clips):
            try:
                joined = self._prompts.joined(clip) if clip.dynamic else None
                if clip.dynamic and joined is None:
                    self._requests += 1
                    whispering.waiting[self._requests] = index
                    self._speech.synthesize(self._requests, clip.text, clip.language, clip.voice)
                else:
                    whispering.clips[index] = self._prompts.pcm(clip) if joined is None else joined
                    if voice := self._prompts.spoken_by(clip):
                        whispering.voices[voice] = None
            except IvrError:
                whispering.waiting.clear()
                whispering.clips = []
                return

    def synthesized(self, request_id: int, pcm: bytes | None, voice: str = "") -> None:
        """A clip was spoken, by this voice; None: it cannot be, and what else there is must do."""
        for party, whispering in self._whispers.items():
            if request_id in whispering.waiting:
                whispering.clips[whispering.waiting.pop(request_id)] = pcm
                if pcm is not None:
                    whispering.voices[voice or UNKNOWN_VOICE] = None
                self._begin(party)
                return

    # --- what happens to a party ------------------------------------------------------------------------------------

    def answered(self, party: str) -> None:
        """They are on the line: what they are to be told begins."""
        whispering = self._whispers.get(party)
        if whispering is not None:
            whispering.answered_at = self._clock()
            self._begin(party)

    def skip(self, party: str) -> bool:
        """A key of theirs: whether it ended what they were being told."""
        whispering = self._whispers.get(party)
        if whispering is None or whispering.answered_at is None:
            return False
        self._end(party)
        return True

    def left(self, party: str) -> None:
        """They are gone."""
        self._signals.pop(party, None)
        self._whispers.pop(party, None)

    def check(self) -> None:
        """Five times a second: nobody waits for words that do not come."""
        for party, whispering in tuple(self._whispers.items()):
            begun = whispering.answered_at
            if whispering.frames is None and begun is not None and self._clock() - begun > READY_SECONDS:
                self._end(party)

    # --- every 20 ms ------------------------------------------------------------------------------------------------

    def of_caller(self, frames: Mapping[str, bytes], sample: int) -> bytes | None:
        """What the caller hears of others; None: nobody is to be heard."""
        heard = self._heard.get(CALLER)
        return self._voices(heard, frames, sample) if heard else None

    def of(self, party: str, frames: Mapping[str, bytes], sample: int) -> bytes:
        """What somebody else hears."""
        if self._whispers and (whispering := self._whispers.get(party)) is not None:
            return self._next_word(party, whispering)
        if self._signals and (signals := self._signals.get(party)) is not None:
            if len(signals) <= 1:
                del self._signals[party]
            return signals.popleft()
        heard = self._heard.get(party)
        return self._voices(heard, frames, sample) if heard else SILENT_FRAME

    def only_one(self, party: str) -> str | None:
        """Whom this party hears, if that is one other, empty: nobody; None: more than that."""
        if party in self._whispers or party in self._signals:
            return None
        heard = self._heard.get(party, ())
        return None if len(heard) > 1 or any(one in self._loops for one in heard) else heard[0] if heard else ""

    def _voices(self, heard: tuple[str, ...], frames: Mapping[str, bytes], sample: int) -> bytes:
        if len(heard) == 1 and (frame := frames.get(heard[0])) is not None:
            return frame
        voices = [frame for one in heard if (frame := frames.get(one)) is not None]
        voices += [self._loop(one, sample) for one in heard if one in self._loops]
        return mixed(voices)

    def _loop(self, name: str, sample: int) -> bytes:
        loop = self._loops[name]
        if not loop:
            return SILENT_FRAME
        at = sample // FRAME_SAMPLES * FRAME_SAMPLES * SAMPLE_BYTES % len(loop)
        return loop[at : at + FRAME_BYTES]

    def _next_word(self, party: str, whispering: _Whispering) -> bytes:
        frames = whispering.frames
        if frames is None:
            return SILENT_FRAME
        frame = frames.popleft()
        if not frames:
            self._end(party)
        return frame

    def _begin(self, party: str) -> None:
        whispering = self._whispers[party]
        if whispering.waiting or whispering.answered_at is None:
            return
        pcm = b"".join(clip for clip in whispering.clips if clip is not None)
        pcm = pcm[: round(LONGEST_SECONDS / 0.02) * FRAME_BYTES]
        if not pcm:
            self._end(party)
            return
        pcm += bytes(-len(pcm) % FRAME_BYTES)
        whispering.frames = deque(pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES))

    def _end(self, party: str) -> None:
        whispering = self._whispers.pop(party, None)
        if whispering is not None:
            began = whispering.frames is not None
            self._ended.append(WhisperEnded(party, tuple(whispering.voices) if began else ()))
