"""What is said in an agent's talk, recognized while it goes on: each party on their own channel.

Rules: whom to overhear the call says. Nothing here keeps a call waiting: what the speech service has no time for is
lost, counted, and read after the call like all else. What was lost is told, too: nobody may take it for silence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from ivr.core.media.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE, seconds
from ivr.core.speech.believable import believable
from ivr.core.speech.facts import Hypothesis, Recognition, RecognitionFailed
from ivr.core.speech.gate import Ended, Gate, GateConfig, GateState, OnsetSuspected
from ivr.engine.cell.config import Speech
from ivr.ports.speech import FrameVad
from ivr.ports.telephony import LegStats

FIRST_LISTEN: Final = 2_000_000
"""Utterances of a talk, told by their number from those that answer the dialplan's questions."""
GATE: Final = GateConfig(end_silence=0.6, max_speech=20.0)
"""An utterance ends at a pause, or before Whisper's window of 30 s is full."""
HEARD_FRAMES: Final = 30
"""Frames kept from before an onset is noticed: 0.6 s."""
LEAST_LOST: Final = SAMPLE_RATE
"""Somebody said something in so long a sound, whatever the recognizer makes of it."""
REFUSED_SAMPLES: Final = 2 * SAMPLE_RATE
"""After an utterance that failed while it was spoken, until another is tried: a service without time is not pressed."""
LOOK_FRAMES: Final = 25
"""Quiet frames between two looks at what the far end was sent: half a second."""
_SILENCE: Final = bytes(FRAME_BYTES)


@dataclass(frozen=True, slots=True)
class Sent:
    """What the caller was sent while somebody spoke."""

    packets: int
    due: int
    loss: float | None
    """Share that the far end reported lost, 0..1; None: it has not reported."""
    silent: bool
    """It has never reported, and nothing came from it."""


@dataclass(frozen=True, slots=True)
class Overheard:
    """An utterance, or what is believed of one that goes on."""

    who: str
    """caller or agent."""
    party: str
    language: str
    text: str = field(repr=False)
    """Empty: it was lost."""
    first_sample: int
    """Call time line, inclusive."""
    last_sample: int
    """Exclusive; of one that goes on, how far it was heard."""
    confidence: float
    final: bool
    sent: Sent


@dataclass(slots=True)
class _Utterance:
    """One that is, or was, being heard, until its words are there."""

    who: str
    party: str
    language: str
    first_sample: int
    last_sample: int
    sent: Sent


class _Channel:
    """One party's."""

    def __init__(self, who: str, party: str, vad: FrameVad) -> None:
        self.who, self.party, self.vad = who, party, vad
        self.gate = Gate(GATE)
        self.heard: deque[tuple[int, bytes]] = deque(maxlen=HEARD_FRAMES)
        self.number = 0
        """Of the utterance that is being heard; 0: none."""
        self.deaf_until = 0
        """Sample before which nothing is begun."""
        self.looked_at: tuple[int, LegStats] | None = None
        """Sample and counters of the last look in a quiet moment."""


class LiveEar:
    """One call's."""

    def __init__(self, speech: Speech, new_vad: Callable[[], FrameVad] | None, stats: Callable[[], LegStats]) -> None:
        """`new_vad`: None: nothing is recognized while it is said; `stats()`: of the caller's leg."""
        self._speech, self._new_vad, self._stats = speech, new_vad, stats
        self._channels: dict[str, _Channel] = {}
        self._pending: dict[int, _Utterance] = {}
        self._numbers = count(FIRST_LISTEN)
        self._overheard: list[Overheard] = []
        self.lost = 0
        """Utterances of which nothing was made, so far."""

    @property
    def news(self) -> bool:
        """Whether `overheard` has any."""
        return bool(self._overheard)

    @property
    def hears(self) -> bool:
        """Whether anybody is overheard now."""
        return bool(self._channels)

    def overheard(self) -> list[Overheard]:
        """What came since the last call."""
        found, self._overheard = self._overheard, []
        return found

    def arrange(self, parties: Mapping[str, str]) -> None:
        """Whom to overhear from now on: party -> caller or agent. What another was saying is cut off, and lost."""
        if self._new_vad is None:
            return
        for party in self._channels.keys() - parties.keys():
            self._cut(self._channels.pop(party))
        for party, who in parties.items():
            if party not in self._channels:
                self._channels[party] = _Channel(who, party, self._new_vad())

    def hear(self, frames: Mapping[str, bytes], sample: int, language: str) -> None:
        """Frames in a row of everybody, from `sample` on. `language`: of the call."""
        for party, channel in self._channels.items():
            if (pcm := frames.get(party)) is not None:
                for at in range(0, len(pcm), FRAME_BYTES):
                    now = sample + at // SAMPLE_BYTES
                    self._hear(channel, now, pcm[at : at + FRAME_BYTES], language, sample + len(pcm) // SAMPLE_BYTES)

    def take(self, fact: Hypothesis | Recognition | RecognitionFailed) -> bool:
        """A fact of the speech service; whether it is of an utterance of a talk."""
        if fact.listen_id < FIRST_LISTEN:
            return False
        match fact:
            case Hypothesis(listen_id=number, text=text):
                said, text = self._pending.get(number), text.strip()
                if said is not None and text and _may_be(said, text, 0.0):  # else nobody is told until it has ended
                    self._tell(said, text, 0.0, final=False)
            case Recognition(listen_id=number, text=text, confidence=sure):
                if (said := self._forget(number)) is not None:
                    self._recognized(said, text.strip(), sure)
            case RecognitionFailed(listen_id=number):
                if (said := self._forget(number)) is not None:
                    self._lose(said)
        return True

    def close(self) -> None:
        """Drop everything."""
        for number in list(self._pending):
            self._speech.cancel(number)
        self._pending.clear()
        self._channels.clear()

    # --- inside -----------------------------------------------------------------------------------------------------

    def _hear(self, channel: _Channel, sample: int, frame: bytes, language: str, until: int) -> None:
        channel.heard.append((sample, frame))
        if sample < channel.deaf_until:
            return
        fact = channel.gate.push(frame != _SILENCE and channel.vad.is_speech(frame), sample)
        if channel.number:
            self._speech.audio(channel.number, frame)
            self._pending_of(channel).last_sample = sample + FRAME_SAMPLES
        match fact:
            case OnsetSuspected():
                channel.gate.confirm()  # whether it is a voice the recognizer says: nobody is interrupted by it
                self._begin(channel, sample, language)
            case Ended(sample=end):
                self._end(channel, end, until)
        if channel.gate.state is GateState.QUIET and (
            channel.looked_at is None or sample - channel.looked_at[0] >= LOOK_FRAMES * FRAME_SAMPLES
        ):
            channel.looked_at = until, self._stats()

    def _begin(self, channel: _Channel, sample: int, language: str) -> None:
        onset = channel.gate.onset
        channel.number = number = next(self._numbers)
        nothing = Sent(0, 1, None, True)
        self._pending[number] = _Utterance(channel.who, channel.party, language, onset, sample + FRAME_SAMPLES, nothing)
        self._speech.overhear(number, language)
        self._speech.audio(number, b"".join(frame for at, frame in channel.heard if at + FRAME_SAMPLES > onset))

    def _end(self, channel: _Channel, end: int, until: int) -> None:
        number, channel.number = channel.number, 0
        said = self._pending[number]
        said.last_sample = end
        said.sent = self._sent(channel, until)
        channel.looked_at = until, self._stats()
        self._speech.finish(number)

    def _sent(self, channel: _Channel, until: int) -> Sent:
        """By the counters of the caller's leg since the last quiet moment."""
        if channel.looked_at is None:
            return Sent(0, 1, None, True)
        (since, before), now = channel.looked_at, self._stats()
        packets = now.packets_sent - before.packets_sent
        due = max(0, until - since) // max(1, before.packet_samples) if now.streams == before.streams else packets + 100
        lost = now.packets_lost_there - before.packets_lost_there
        loss = min(1.0, max(0.0, lost / packets)) if packets > 0 and now.reports > before.reports else None
        return Sent(packets, due, loss, now.reports == 0 and now.signs == before.signs)

    def _cut(self, channel: _Channel) -> None:
        if channel.number:
            self._speech.cancel(channel.number)
            if (said := self._forget(channel.number)) is not None:
                self._tell(said, "", 0.0, final=True)

    def _recognized(self, said: _Utterance, text: str, sure: float) -> None:
        if not text and said.last_sample - said.first_sample < LEAST_LOST:
            return  # a noise, not a voice
        if text and _may_be(said, text, sure):
            self._tell(said, text, sure, final=True)
        else:
            self._lose(said)

    def _lose(self, said: _Utterance) -> None:
        self.lost += 1
        self._tell(said, "", 0.0, final=True)

    def _tell(self, said: _Utterance, text: str, sure: float, *, final: bool) -> None:
        place = said.first_sample, said.last_sample
        self._overheard.append(
            Overheard(said.who, said.party, said.language, text, *place, sure, final=final, sent=said.sent)
        )

    def _pending_of(self, channel: _Channel) -> _Utterance:
        return self._pending[channel.number]

    def _forget(self, number: int) -> _Utterance | None:
        said = self._pending.pop(number, None)
        for channel in self._channels.values():
            if channel.number == number:  # it failed while it is still being heard
                channel.number = 0
                channel.gate.reset()
                if said is not None:
                    channel.deaf_until = said.last_sample + REFUSED_SAMPLES
        return said


def _may_be(said: _Utterance, text: str, sure: float) -> bool:
    """Whether somebody can have said this in that time, so far."""
    return believable(text, sure, seconds(said.last_sample - said.first_sample))
