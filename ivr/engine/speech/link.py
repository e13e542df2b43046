"""The cell's end of the speech service: never blocks, never raises, leaves nothing unanswered.

One Unix connection an exchange (an utterance, a judgement, a sentence): closing it cancels the exchange, and its end
before the answer is the exchange's failure. Everything happens inside the calls; `pump` is called once a frame.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ivr.core.foreign import number_of, share_of, text_of, words_of
from ivr.core.identity.verifier import Thresholds
from ivr.core.identity.watchlist import Listed
from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE
from ivr.core.orders.listening import Grammar
from ivr.core.speech.facts import (
    EnrolmentConsent,
    EnrolmentJudged,
    Hypothesis,
    OnsetJudged,
    Recognition,
    RecognitionFailed,
    SentenceCompared,
    SpeechFact,
    SynthesisFailed,
    Synthesized,
    TurnJudged,
    VoiceJudged,
)
from ivr.core.speech.turn import is_asked
from ivr.engine.speech.exchange import Exchange
from ivr.engine.speech.wire import WireEvent
from ivr.errors import PeerError

PROBE_SECONDS = 0.5
"""How often a link without exchanges looks whether the service is there."""
RECOGNITION_SECONDS = 5.0
"""After the last audio, until an utterance is given up."""
LIVE_SECONDS = 20.0
"""The same for an utterance of a talk, which nobody waits for."""
LISTENING_SECONDS = 120.0
"""Longest utterance with its waiting time; the dialplan's own limits are far below."""
ONSET_SECONDS = 0.4
"""A barge-in judged later than this is of no use."""
SYNTHESIS_SECONDS = 8.0
VERIFY_SECONDS = 8.0
ENROL_SECONDS = 25.0
COMPARE_SECONDS = 1.0
"""A sentence takes 2 ms, the first one of a question up to 0.2 s more. After this its words decide."""
AUDIO_BATCH_BYTES = SAMPLE_RATE // 10 * SAMPLE_BYTES
"""Audio is sent in 100 ms pieces: one system call for five frames."""

AUDIO_FORMAT = {"rate": SAMPLE_RATE, "width": SAMPLE_BYTES, "channels": 1}


class SpeechLink:
    """A cell's requests to the speech service at a Unix socket."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._probe: socket.socket | None = None
        self._probed_at: float | None = None
        self._exchanges: dict[tuple[str, int], Exchange] = {}
        self._pending_audio: dict[int, bytearray] = {}
        self._live: set[int] = set()
        """Utterances of talks, as long as they are under way."""
        self._facts: list[SpeechFact] = []
        self.available = False
        """Whether the service was there when last looked at."""

    def filenos(self) -> list[int]:
        """Sockets on which something may arrive."""
        return [exchange.fileno() for exchange in self._exchanges.values()]

    def pump(self, now: float) -> list[SpeechFact]:
        """Send and receive what can be; returns what was answered or has failed since. `now`: monotonic seconds."""
        # One that was away is looked for each time: a call that comes as it is back must not be deaf for a second.
        if self._probed_at is None or not self.available or now - self._probed_at >= PROBE_SECONDS:
            self._look(now)
        for exchange in list(self._exchanges.values()):
            exchange.pump(now)
        facts, self._facts = self._facts, []
        return facts

    def recognize(self, listen_id: int, grammar: Grammar) -> None:
        """Begin an utterance. Answered by Hypothesis* and TurnJudged*, then Recognition or RecognitionFailed."""
        understood = {"choices": grammar.choices, "free": grammar.free, "value": grammar.value, "exact": grammar.exact}
        wanted = {"partials": True, "turns": is_asked(grammar)}
        self._recognize(listen_id, grammar.language, {**understood, **wanted})

    def overhear(self, listen_id: int, language: str) -> None:
        """Begin an utterance of a talk, any words, when there is time for it. Answered as `recognize`."""
        self._live.add(listen_id)
        self._recognize(listen_id, language, {"free": True, "partials": True, "live": True})

    def _recognize(self, listen_id: int, language: str, context: Mapping[str, Any]) -> None:
        exchange = self._open(
            "recognize",
            listen_id,
            LISTENING_SECONDS,
            receive=lambda event: self._recognition(listen_id, event),
            fail=lambda reason: RecognitionFailed(listen_id, reason),
        )
        exchange.send("transcribe", {"language": language, "context": context})
        exchange.send("audio-start", AUDIO_FORMAT)
        self._pending_audio[listen_id] = bytearray()

    def audio(self, listen_id: int, pcm: bytes) -> None:
        """More of an utterance. Ignored when it is no longer running."""
        pending = self._pending_audio.get(listen_id)
        if pending is None:
            return
        pending += pcm
        if len(pending) >= AUDIO_BATCH_BYTES:
            self._send_audio(listen_id, pending)

    def finish(self, listen_id: int) -> None:
        """The utterance is over: the result is wanted."""
        pending = self._pending_audio.pop(listen_id, None)
        exchange = self._exchanges.get(("recognize", listen_id))
        if pending is None or exchange is None:
            return
        if pending:
            self._send_audio(listen_id, pending)
        exchange.send("audio-stop")
        exchange.limit(LIVE_SECONDS if listen_id in self._live else RECOGNITION_SECONDS)

    def cancel(self, listen_id: int) -> None:
        """The utterance is no longer wanted; nothing of it will be reported."""
        self._pending_audio.pop(listen_id, None)
        self._live.discard(listen_id)
        exchange = self._exchanges.pop(("recognize", listen_id), None)
        if exchange is not None:
            exchange.close()
        self._facts = [fact for fact in self._facts if getattr(fact, "listen_id", None) != listen_id]

    def confirm_onset(self, request_id: int, pcm: bytes) -> None:
        """Is there a near voice in this PCM (100 ms or more, ending now)? Answered by OnsetJudged."""
        exchange = self._open(
            "onset",
            request_id,
            ONSET_SECONDS,
            receive=lambda event: self._onset(request_id, event),
            fail=lambda reason: OnsetJudged(request_id, None),
        )
        exchange.send("judge-onset", AUDIO_FORMAT, pcm)

    def synthesize(self, request_id: int, text: str, language: str, voice: str | None = None) -> None:
        """Speak a text. Answered by Synthesized or SynthesisFailed."""
        audio = bytearray()
        exchange = self._open(
            "synthesize",
            request_id,
            SYNTHESIS_SECONDS,
            receive=lambda event: self._synthesis(request_id, audio, event),
            fail=lambda reason: SynthesisFailed(request_id, reason),
        )
        wanted = {"name": voice} if voice else {"language": language}
        exchange.send("synthesize", {"text": text, "voice": wanted, "context": {"language": language}})

    def verify(self, request_id: int, customer: str, pcm: bytes) -> None:
        """Score speech against a customer's enrolled voice. Answered by VoiceJudged."""
        self._verify(request_id, {"customer": customer}, pcm)

    def verify_agent(self, request_id: int, agent: str, pcm: bytes) -> None:
        """Score speech against an agent's enrolled voice, when there is time for it. Answered by VoiceJudged."""
        self._verify(request_id, {"agent": agent}, pcm)

    def _verify(self, request_id: int, of: Mapping[str, str], pcm: bytes) -> None:
        exchange = self._open(
            "verify",
            request_id,
            VERIFY_SECONDS,
            receive=lambda event: self._verdict(request_id, event),
            fail=lambda reason: VoiceJudged(request_id, None, reason),
        )
        exchange.send("verify-voice", {**AUDIO_FORMAT, **of}, pcm)

    def enrol(self, request_id: int, customer: str, consent: EnrolmentConsent, recordings: Sequence[bytes]) -> None:
        """Enrol a voice of several recordings. Answered by EnrolmentJudged."""
        exchange = self._open(
            "enrol",
            request_id,
            ENROL_SECONDS,
            receive=lambda event: self._enrolment(request_id, event),
            fail=lambda reason: EnrolmentJudged(request_id, reason or "the speech service is down"),
        )
        said = {"customer": customer, "evidence": consent.evidence, "keeps_audio": consent.keeps_audio}
        lengths = [len(pcm) for pcm in recordings]
        exchange.send("enrol-voice", {**AUDIO_FORMAT, **said, "lengths": lengths}, b"".join(recordings))

    def compare(self, request_id: int, text: str, grammar: Grammar) -> None:
        """How near a sentence is to the grammar's examples. Answered by SentenceCompared."""
        exchange = self._open(
            "compare",
            request_id,
            COMPARE_SECONDS,
            receive=lambda event: self._comparison(request_id, grammar, event),
            fail=lambda reason: SentenceCompared(request_id, {}),
        )
        exchange.send("compare-sentence", {"text": text, "language": grammar.language, "examples": grammar.like})

    def close(self) -> None:
        """Drop every exchange. The link may be used again."""
        for exchange in self._exchanges.values():
            exchange.close()
        self._exchanges.clear()
        self._pending_audio.clear()
        self._facts.clear()
        if self._probe is not None:
            self._probe.close()
            self._probe = None
        self._probed_at = None
        self.available = False

    # --- inside -----------------------------------------------------------------------------------------------------

    def _connect(self) -> socket.socket | None:
        """A connection, or None at once: a Unix connect either succeeds or fails without waiting."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            sock.connect(self._path)
        except OSError:
            sock.close()
            self.available = False
            return None
        return sock

    def _look(self, now: float) -> None:
        """Is the service there? An idle connection tells of its death."""
        self._probed_at = now
        if self._probe is None:
            self._probe = self._connect()
        else:
            try:
                alive = self._probe.recv(1) != b""
            except BlockingIOError:
                alive = True
            except OSError:
                alive = False
            if not alive:
                self._probe.close()
                self._probe = self._connect()
        self.available = self._probe is not None

    def _open(
        self,
        kind: str,
        number: int,
        time_limit: float,
        *,
        receive: Callable[[WireEvent], bool],
        fail: Callable[[str], SpeechFact],
    ) -> Exchange:
        """Begin an exchange; `receive` says whether it is done with an event, `fail` makes its failure's fact."""
        key = (kind, number)
        old = self._exchanges.pop(key, None)
        if old is not None:
            old.close()

        def failed(reason: str) -> None:
            self._forget(key)
            self._facts.append(fail(reason))

        def received(event: WireEvent) -> bool:
            done = receive(event)
            if done:
                self._forget(key)
            return done

        exchange = Exchange(self._connect(), received, failed, time_limit=time_limit)
        self._exchanges[key] = exchange
        return exchange

    def _forget(self, key: tuple[str, int]) -> None:
        self._exchanges.pop(key, None)
        if key[0] == "recognize":
            self._pending_audio.pop(key[1], None)
            self._live.discard(key[1])

    def _send_audio(self, listen_id: int, pending: bytearray) -> None:
        exchange = self._exchanges.get(("recognize", listen_id))
        if exchange is not None:
            exchange.send("audio-chunk", AUDIO_FORMAT, bytes(pending))
        pending.clear()

    def _recognition(self, listen_id: int, event: WireEvent) -> bool:
        if event.type == "transcript-chunk":
            self._facts.append(Hypothesis(listen_id, words_of(event.data.get("text"))))
        if event.type == "turn-judged" and (complete := share_of(event.data.get("complete"))) is not None:
            self._facts.append(TurnJudged(listen_id, complete))
        if event.type != "transcript":
            return False
        context = event.data.get("context")
        context = context if isinstance(context, dict) else {}
        choice, confidence = context.get("choice"), context.get("confidence")
        self._facts.append(
            Recognition(
                listen_id,
                words_of(event.data.get("text")),
                text_of(choice),
                share_of(confidence) or 0.0,
            )
        )
        return True

    def _onset(self, request_id: int, event: WireEvent) -> bool:
        if event.type != "onset-judged":
            return False
        probability = event.data.get("probability")
        self._facts.append(OnsetJudged(request_id, share_of(probability)))
        return True

    def _synthesis(self, request_id: int, audio: bytearray, event: WireEvent) -> bool:
        if event.type == "audio-start" and {name: event.data.get(name) for name in AUDIO_FORMAT} != AUDIO_FORMAT:
            raise PeerError("Speech service: it answered with audio that is not 8 kHz, 16 bit, mono.")
        if event.type == "audio-chunk":
            audio += event.payload
        if event.type != "audio-stop":
            return False
        self._facts.append(Synthesized(request_id, bytes(audio), words_of(event.data.get("speaker"))))
        return True

    def _verdict(self, request_id: int, event: WireEvent) -> bool:
        if event.type != "voice-judged":
            return False
        said = event.data
        score, reason = number_of(said.get("score")), words_of(said.get("reason"))
        llr, heard_before = number_of(said.get("llr")), said.get("heard_before") is True
        listed, listed_llr = _listed(said.get("listed")), number_of(said.get("listed_llr"))
        house, enrolled = _house(said), said.get("enrolled") is not False
        self._facts.append(
            VoiceJudged(request_id, score, reason, llr, house, heard_before, listed, listed_llr, enrolled)
        )
        return True

    def _enrolment(self, request_id: int, event: WireEvent) -> bool:
        if event.type != "voice-enrolled":
            return False
        reason = words_of(event.data.get("reason"))
        enrolled = event.data.get("enrolled") is True
        self._facts.append(EnrolmentJudged(request_id, "" if enrolled else reason or "it was not said why"))
        return True

    def _comparison(self, request_id: int, grammar: Grammar, event: WireEvent) -> bool:
        if event.type != "sentence-compared":
            return False
        alike = event.data.get("alike")
        found = {name: number_of(value) for name, value in alike.items()} if isinstance(alike, dict) else {}
        whole = found.keys() == grammar.like.keys() and None not in found.values()
        # All choices or none: of half a comparison the wrong one would be nearest.
        self._facts.append(
            SentenceCompared(request_id, {k: v for k, v in found.items() if v is not None} if whole else {})
        )
        return True


def _house(said: Mapping[str, Any]) -> Thresholds | None:
    accept, reject = number_of(said.get("accept")), number_of(said.get("reject"))
    return None if accept is None or reject is None or reject > accept else Thresholds(accept, reject, "llr")


def _listed(word: object) -> Listed:
    """What the watchlist says; a service that knows none was not asked."""
    return Listed(word) if isinstance(word, str) and word in set(Listed) else Listed.NOT_ASKED
