"""What was said in a call, recognized after it, each party on its own channel.

Rule: what a recognizer makes of one utterance is that utterance's alone. One that fails, or returns what nobody can
have said in that time, loses it, and it is counted. A service that is away is no such fault: the call waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ivr.core.call.recording import OutlinedRecording
from ivr.core.call.transcript import CALLER, ENGINE, Span
from ivr.core.call.transcription import CHANNELS, Transcription, Utterance, Word
from ivr.core.media.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_BYTES, SAMPLE_RATE, samples, seconds
from ivr.core.orders.listening import Grammar
from ivr.core.speech.believable import believable
from ivr.core.speech.fillers import base
from ivr.core.speech.gate import Ended, Gate, GateConfig, GateState, OnsetSuspected
from ivr.core.speech.recognized import recognized, words_heard
from ivr.errors import EnvironmentFault, PeerError
from ivr.ports.clock import Clock
from ivr.ports.recordings import Recordings
from ivr.ports.speech import FrameVad, Recognizer

GATE = GateConfig(end_silence=0.6, max_speech=25.0)
"""An utterance ends at a pause, or before Whisper's window of 30 s is full."""
LEAST_SAMPLES = samples(0.3)
"""A shorter sound is no word."""
LEAST_SURE = 0.1
"""Of a text that its recognizer is less sure of nobody can say that somebody spoke: tones and music make such."""
PIECE_SAMPLES = 60 * SAMPLE_RATE
"""What is read at a time."""
LOOK_BACK_BYTES = FRAME_BYTES * SAMPLE_RATE // FRAME_SAMPLES
"""A second: more than an onset lies before the frame at which it is noticed."""
_SILENCE = bytes(FRAME_BYTES)


@dataclass(frozen=True, slots=True)
class Transcribed:
    """A call's transcription, and what was lost of it."""

    transcription: Transcription
    talk_seconds: float
    """Sound that was recognized, over all channels."""
    lost: int
    """Utterances of which the recognizer made nothing, or rubbish."""


class Transcriber:
    """Reads calls, one at a time."""

    def __init__(
        self,
        recordings: Recordings,
        recognizers: Callable[[], Mapping[str, Recognizer]],
        vad: Callable[[], FrameVad],
        *,
        wall: Clock,
    ) -> None:
        """`recognizers`: by language, "*" for the rest; asked for when there is something to recognize."""
        self._recordings, self._recognizers, self._vad, self._wall = recordings, recognizers, vad, wall

    def transcribe(self, told: OutlinedRecording) -> Transcribed:
        """All that the call's own transcript does not hold. Raises IvrError when the call must wait."""
        record, known = told.record(), told.transcript()
        utterances: list[Utterance] = []
        names: dict[str, None] = {}
        talk, lost = 0, 0
        for channel in (track.name for track in told.index.tracks if track.name in CHANNELS):
            for first, pcm in self._utterances(record.call_id, channel, told.index.samples):
                last = first + len(pcm) // SAMPLE_BYTES
                if CHANNELS[channel] == CALLER and _is_known(first, last, known):
                    continue
                language = _language(first, known) or record.language or "en"
                recognizer = self._recognizer(language)
                names[name_of(recognizer)] = None
                talk += last - first
                try:
                    said = _said(recognizer, pcm, CHANNELS[channel], first, language)
                except (EnvironmentFault, PeerError):
                    raise
                except Exception:  # whatever it is, it costs this utterance only; it is counted
                    lost += 1
                else:
                    utterances += [said] if said is not None else []
        ordered = tuple(sorted(utterances, key=lambda one: (one.first_sample, one.last_sample)))
        made = Transcription(record.call_id, record.started_at, self._wall(), tuple(names), ordered)
        return Transcribed(made, seconds(talk), lost)

    def _recognizer(self, language: str) -> Recognizer:
        there = self._recognizers()
        return there.get(language) or there.get(base(language)) or there["*"]

    def _utterances(self, call_id: str, channel: str, length: int) -> Iterator[tuple[int, bytes]]:
        """(First sample, its sound) of each stretch of voice on a channel."""
        vad, gate, kept, begin = self._vad(), Gate(GATE), bytearray(), 0
        for at in range(0, length, PIECE_SAMPLES):
            (piece,) = self._recordings.listen(call_id, [channel], at, PIECE_SAMPLES)
            for offset in range(0, len(piece) - FRAME_BYTES + 1, FRAME_BYTES):
                frame, onset = piece[offset : offset + FRAME_BYTES], gate.onset
                kept += frame
                match gate.push(frame != _SILENCE and vad.is_speech(frame), at + offset // SAMPLE_BYTES):
                    case OnsetSuspected():
                        gate.confirm()  # whether it is a voice the recognizer says: nobody waits for it
                    case Ended(sample=end):
                        yield from _cut(kept, begin, onset, end)
                if gate.state is GateState.QUIET and len(kept) > 2 * LOOK_BACK_BYTES:
                    drop = len(kept) - LOOK_BACK_BYTES
                    del kept[:drop]
                    begin += drop // SAMPLE_BYTES
        if gate.state is not GateState.QUIET:
            yield from _cut(kept, begin, gate.onset, length)


def name_of(recognizer: Recognizer) -> str:
    """Which model a recognizer is, for whoever asks later what read a call."""
    return str(getattr(recognizer, "name", type(recognizer).__name__))


def _cut(kept: bytearray, begin: int, first: int, last: int) -> Iterator[tuple[int, bytes]]:
    if last - first >= LEAST_SAMPLES:
        yield first, bytes(kept[(first - begin) * SAMPLE_BYTES : (last - begin) * SAMPLE_BYTES])


def _said(recognizer: Recognizer, pcm: bytes, who: str, first: int, language: str) -> Utterance | None:
    """What was said; None: nobody spoke. Raises ValueError for what nobody can have said."""
    grammar = Grammar(language, free=True)
    stream = recognizer.open(grammar)
    stream.accept(pcm)
    finding = stream.finish()
    found = recognized(finding, grammar)
    text, length = found.text.strip(), len(pcm) // SAMPLE_BYTES
    if not text:
        return None
    if not believable(text, found.confidence, seconds(length)):
        raise ValueError("nobody says that in that time")
    if found.confidence < LEAST_SURE:
        return None
    words = tuple(
        Word(word.text, first + min(length, samples(word.first)), first + min(length, samples(word.last)))
        for word in words_heard(finding)
        if 0 <= word.first <= word.last
    )
    return Utterance(who, first, first + length, language, text, round(found.confidence, 3), words)


def _is_known(first: int, last: int, known: Sequence[Span]) -> bool:
    """Whether the call's own transcript has what the caller said there: it was heard with what might be said."""
    shared = sum(
        max(0, min(last, span.last_sample) - max(first, span.first_sample)) for span in known if span.who == CALLER
    )
    return 2 * shared > last - first


def _language(at: int, known: Sequence[Span]) -> str:
    """The call's language at a moment, by what the machine had said last; empty: nothing yet."""
    return next((span.language for span in reversed(known) if span.who == ENGINE and span.first_sample <= at), "")
