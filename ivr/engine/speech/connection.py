"""One client of the speech service: events in, work in the pools, events out.

Standard Wyoming: describe, ping, transcribe + audio, synthesize. Our extensions (docs/speech.md): a grammar in
`transcribe`'s context, choice and confidence in `transcript`'s, and turn-judged at pauses; judge-onset -> onset-judged;
verify-voice -> voice-judged; enrol-voice -> voice-enrolled; compare-sentence -> sentence-compared. Words, texts and
customers appear in no log and in no error text.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from itertools import accumulate
from typing import Any

import numpy as np

from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE
from ivr.core.media.resample import from_pcm, resample, to_pcm
from ivr.core.orders.listening import Grammar
from ivr.core.speech.recognized import Recognized
from ivr.core.speech.turn import is_asked
from ivr.engine.speech.information import information
from ivr.engine.speech.listening import Listening
from ivr.engine.speech.parts import MOST_LIVE, SpeechParts, SpeechPools
from ivr.engine.speech.turns import Pauses
from ivr.engine.speech.wire import WireDecoder, WireEvent, encode
from ivr.errors import DeniedError, IvrError, OperatorError, PeerError
from ivr.ports.speech import Recognizer

READ_BYTES = 64 * 1024
CHUNK_BYTES = 64 * 1024
"""Of synthesized audio in one event."""
MAX_OTHER_RATE_BYTES = 16 * 1024 * 1024
"""Of audio at another rate, which is kept until it ends and then converted at once."""
OUR_FORMAT = {"rate": SAMPLE_RATE, "width": SAMPLE_BYTES, "channels": 1}


class Connection:
    """Serves one client until it goes."""

    def __init__(self, parts: SpeechParts, pools: SpeechPools, writer: asyncio.StreamWriter) -> None:
        self._parts = parts
        self._pools = pools
        self._writer = writer
        self._grammar: Grammar | None = None
        self._partials = self._live = self._turns = False
        self._listening: Listening | None = None
        self._task: asyncio.Task[None] | None = None
        self._other_rate: bytearray = bytearray()
        self._handlers: dict[str, Callable[[WireEvent], Awaitable[None]]] = {
            "describe": self._describe,
            "ping": self._ping,
            "transcribe": self._transcribe,
            "audio-start": self._audio_start,
            "audio-chunk": self._audio_chunk,
            "audio-stop": self._audio_stop,
            "synthesize": self._synthesize,
            "judge-onset": self._judge_onset,
            "verify-voice": self._verify_voice,
            "enrol-voice": self._enrol_voice,
            "compare-sentence": self._compare_sentence,
        }

    async def serve(self, reader: asyncio.StreamReader) -> None:
        """Until the client closes or breaks the protocol."""
        decoder = WireDecoder()
        while chunk := await reader.read(READ_BYTES):
            try:
                for event in decoder.feed(chunk):
                    await self._handle(event)
            except PeerError as error:
                await self._send("error", {"text": str(error), "code": "protocol"})
                return

    def close(self) -> None:
        """The client is gone: what it asked for is no longer wanted."""
        if self._task is not None:
            self._task.cancel()

    async def _handle(self, event: WireEvent) -> None:
        handler = self._handlers.get(event.type)
        if handler is None:
            await self._send("error", {"text": "this service does not know that event", "code": "unknown-event"})
            return
        try:
            await handler(event)
        except PeerError:
            raise
        except IvrError as error:
            await self._send("error", {"text": str(error), "code": type(error).__name__})

    async def _send(self, kind: str, data: Mapping[str, Any] | None = None, payload: bytes = b"") -> None:
        self._writer.write(encode(kind, data, payload))
        await self._writer.drain()

    # --- recognition ------------------------------------------------------------------------------------------------

    async def _transcribe(self, event: WireEvent) -> None:
        context = event.data.get("context") or {}
        language = str(event.data.get("language") or "en").split("-")[0].lower()
        choices = _choices(context.get("choices"))
        self._grammar = Grammar(
            language,
            choices,
            free=bool(context.get("free", not choices)),
            value=str(context.get("value") or ""),
            exact=bool(context.get("exact")),
        )
        self._partials = bool(context.get("partials"))
        self._live = bool(context.get("live"))
        self._turns = bool(context.get("turns"))

    async def _audio_start(self, event: WireEvent) -> None:
        if self._task is not None:
            self._task.cancel()
        grammar = self._grammar or Grammar("en", free=True)
        pools = self._pools
        recognizer = await self._overhearing(grammar.language) if self._live else self._recognizer(grammar.language)
        stream = recognizer.open(grammar)
        listening = Listening(
            stream,
            grammar,
            self._parts.frame_vad(),
            pools.live if self._live else pools.recognition,
            self._hypothesis if self._partials else None,
            self._pauses(grammar),
        )
        self._other_rate.clear()
        self._listening = listening
        self._task = asyncio.create_task(self._recognize(listening, grammar))

    async def _audio_chunk(self, event: WireEvent) -> None:
        if self._listening is None:
            return
        if _format(event.data) == OUR_FORMAT:
            self._listening.feed(event.payload)
        elif len(self._other_rate) + len(event.payload) <= MAX_OTHER_RATE_BYTES:
            self._other_rate += event.payload
            self._other_format = _format(event.data)

    async def _audio_stop(self, event: WireEvent) -> None:
        if self._listening is None:
            await self._send("error", {"text": "audio-stop without audio-start", "code": "order"})
            return
        if self._other_rate:
            self._listening.feed(_converted(bytes(self._other_rate), self._other_format))
        self._listening.stop()
        self._listening = None

    async def _recognize(self, listening: Listening, grammar: Grammar) -> None:
        try:
            result = await listening.run()
            await self._send("transcript", _transcript(result, grammar))
        except IvrError as error:
            await self._send("error", {"text": str(error), "code": type(error).__name__})
        except ConnectionError:
            pass  # the client went; nobody waits for this

    async def _hypothesis(self, text: str) -> None:
        with contextlib.suppress(ConnectionError):
            await self._send("transcript-chunk", {"text": text})

    def _pauses(self, grammar: Grammar) -> Pauses | None:
        """Has pauses judged, where that was asked for and there is something that judges them."""
        detector = self._parts.turns
        wanted = self._turns and is_asked(grammar)
        return Pauses(detector, self._pools.turns, self._turn_judged) if wanted and detector is not None else None

    async def _turn_judged(self, complete: float) -> None:
        with contextlib.suppress(ConnectionError):
            await self._send("turn-judged", {"complete": complete})

    async def _overhearing(self, language: str) -> Recognizer:
        """For a talk that goes on. Raises DeniedError where there is none, or no time for it."""
        live, pool = self._parts.live, self._pools.live
        if live is None:
            raise DeniedError("talks are not recognized while they go on")
        if pool.load >= MOST_LIVE:
            raise DeniedError("there is no time to recognize a talk that goes on")
        return await pool.run(lambda: live(language))

    def _recognizer(self, language: str) -> Recognizer:
        recognizer = self._parts.recognizers.get(language) or self._parts.recognizers.get("*")
        if recognizer is None:
            raise DeniedError(f"no recognizer for the language {language} is configured")
        return recognizer

    # --- everything else --------------------------------------------------------------------------------------------

    async def _describe(self, event: WireEvent) -> None:
        await self._send("info", information(self._parts))

    async def _ping(self, event: WireEvent) -> None:
        await self._send("pong", {"text": event.data.get("text")})

    async def _synthesize(self, event: WireEvent) -> None:
        synthesizer = self._parts.synthesizer
        if synthesizer is None:
            raise DeniedError("no synthesizer is configured")
        text = event.data.get("text")
        if not isinstance(text, str):
            raise PeerError("Speech protocol: synthesize without a text; the connection is closed.")
        voice = event.data.get("voice") or {}
        name = voice.get("name")
        context = event.data.get("context") or {}
        language = voice.get("language") or context.get("language") or synthesizer.voices().get(str(name)) or "en"
        pcm = await self._pools.synthesis.run(lambda: synthesizer.synthesize(text, language=language, voice=name))
        await self._send("audio-start", OUR_FORMAT)
        for begin in range(0, len(pcm), CHUNK_BYTES):
            await self._send("audio-chunk", OUR_FORMAT, pcm[begin : begin + CHUNK_BYTES])
        speaker = synthesizer.speaker(language=language, voice=name)
        await self._send("audio-stop", {"synthesizer": synthesizer.name, "speaker": speaker})

    async def _judge_onset(self, event: WireEvent) -> None:
        onset, pcm = self._parts.onset, _our_audio(event)
        probability = None if onset is None else await self._pools.onset.run(lambda: onset.is_speech(pcm))
        await self._send("onset-judged", {"probability": probability})

    async def _verify_voice(self, event: WireEvent) -> None:
        voices, pcm, customer = self._parts.voices, _our_audio(event), str(event.data.get("customer") or "")
        if "agent" in event.data:
            await self._send("voice-judged", await self._agent_judged(str(event.data["agent"]), pcm))
            return
        found: Mapping[str, Any] = {"score": None, "reason": "voices are not configured"}
        if voices is not None:
            try:
                compared = await self._pools.voices.run(lambda: voices.score(customer, pcm))
                found = {
                    "score": compared.score,
                    "reason": "",
                    "llr": compared.llr,
                    "heard_before": compared.heard_before,
                    "accept": voices.house.accept,
                    "reject": voices.house.reject,
                }
            except DeniedError as error:
                found = {"score": None, "reason": str(error)}
            except IvrError as error:
                found = {"score": None, "reason": f"the voiceprint could not be used ({type(error).__name__})"}
            near = await self._pools.voices.run(lambda: voices.listed(pcm))
            found = {**found, "listed": near.listed, "listed_llr": near.llr}
        await self._send("voice-judged", found)

    async def _agent_judged(self, agent: str, pcm: bytes) -> Mapping[str, Any]:
        """An agent's voice, which nobody waits for: a caller's comes first."""
        voices, pool = self._parts.voices, self._pools.agents
        try:
            if voices is None or pool.load >= MOST_LIVE:
                raise DeniedError("voices are not configured" if voices is None else "there is no time for it")
            compared = await pool.run(lambda: voices.score_agent(agent, pcm))
        except IvrError as error:
            reason = str(error) if isinstance(error, DeniedError) else type(error).__name__
            return {"score": None, "reason": reason}
        if compared is None:
            return {"score": None, "reason": "not enrolled", "enrolled": False}
        limits = voices.agents
        return {"score": compared.score, "llr": compared.llr, "accept": limits.accept, "reject": limits.reject}

    async def _enrol_voice(self, event: WireEvent) -> None:
        voices, customer, evidence = self._parts.voices, event.data.get("customer"), event.data.get("evidence")
        if not isinstance(customer, str) or not isinstance(evidence, str) or not customer or not evidence:
            raise PeerError("Speech protocol: enrol-voice without customer or consent; the connection is closed.")
        recordings = _parted(_our_audio(event), event.data.get("lengths"))
        keeps_audio = event.data.get("keeps_audio") is True
        reason = "voices are not configured"
        if voices is not None:
            try:
                await self._pools.voices.run(
                    lambda: voices.enrol(customer, recordings, evidence, keeps_audio=keeps_audio)
                )
                reason = ""
            except (DeniedError, OperatorError) as error:
                reason = str(error)
            except IvrError as error:
                reason = f"the voiceprint could not be kept ({type(error).__name__})"
        await self._send("voice-enrolled", {"enrolled": not reason, "reason": reason})

    async def _compare_sentence(self, event: WireEvent) -> None:
        meanings, text, examples = self._parts.meanings, event.data.get("text"), _choices(event.data.get("examples"))
        if not isinstance(text, str):
            raise PeerError("Speech protocol: compare-sentence without a text; the connection is closed.")
        alike: Mapping[str, float] = {}
        if meanings is not None:
            language = str(event.data.get("language") or "en")
            alike = await self._pools.meanings.run(lambda: meanings.alike(text, examples, language))
        await self._send("sentence-compared", {"alike": alike})


def _choices(raw: object) -> dict[str, tuple[str, ...]]:
    """A grammar's choices as sent. Raises PeerError."""
    if raw is None:
        return {}
    if not isinstance(raw, dict) or not all(isinstance(phrases, list) for phrases in raw.values()):
        raise PeerError(
            "Speech protocol: choices and examples must map names to lists of phrases; the connection is closed."
        )
    return {str(name): tuple(str(phrase) for phrase in phrases) for name, phrases in raw.items()}


def _parted(pcm: bytes, lengths: object) -> list[bytes]:
    """Recordings that were sent as one. Raises PeerError."""
    sizes = lengths if isinstance(lengths, list) else []
    if not all(type(size) is int and size >= 0 and size % SAMPLE_BYTES == 0 for size in sizes) or sum(sizes) != len(
        pcm
    ):
        raise PeerError("Speech protocol: the recordings' lengths do not fit their sound; the connection is closed.")
    ends = list(accumulate(sizes))
    return [pcm[end - size : end] for size, end in zip(sizes, ends, strict=True)]


def _format(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data.get(name, ours) for name, ours in OUR_FORMAT.items()}


def _our_audio(event: WireEvent) -> bytes:
    if _format(event.data) != OUR_FORMAT:
        raise PeerError("Speech protocol: this event wants 8 kHz 16-bit mono audio; the connection is closed.")
    return event.payload


def _converted(raw: bytes, form: Mapping[str, Any]) -> bytes:
    """A stock client's audio as ours. Raises PeerError."""
    rate, width, channels = form["rate"], form["width"], form["channels"]
    if width != SAMPLE_BYTES or channels not in (1, 2) or not isinstance(rate, int) or not 4000 <= rate <= 96000:
        raise PeerError("Speech protocol: audio must be 16-bit PCM, 4-96 kHz, one or two channels.")
    usable = raw[: len(raw) - len(raw) % (width * channels)]
    return to_pcm(resample(from_pcm(usable).reshape(-1, channels).mean(axis=1, dtype=np.float32), rate))


def _transcript(result: Recognized, grammar: Grammar) -> dict[str, Any]:
    context = {"choice": result.choice, "confidence": result.confidence}
    return {"text": result.text, "language": grammar.language, "context": context}
