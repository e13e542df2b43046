"""A telephone line without a telephone: the far side of a dialplan's orders, on a virtual clock.

It plays prompts for as long as their words would take, answers lookups from a table, matches what the caller says
with the grammar that listens, and keeps everything that was ordered, with its time. Nothing is random or real.
"""

from __future__ import annotations

import hashlib
import heapq
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from ivr.core.commands import Command
from ivr.core.dialplan.hours import time_zone
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.runtime.interpreter import Interpreter
from ivr.core.dialplan.workbench.behaviour import Behaviour
from ivr.core.dialplan.workbench.spoken_words import clip_seconds, normal
from ivr.core.events import Event
from ivr.core.identity.challenge import rehearsed
from ivr.core.media.frame import SAMPLE_RATE, samples
from ivr.core.orders.callback import CallbackFailed, CallbackKept, KeepCallback
from ivr.core.orders.calls import CallArrived, HangUp
from ivr.core.orders.desk import HandedOver
from ivr.core.orders.evidence import Evidence, OutcomeReached, StateEntered
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.legs import LegHeld, LegHungUp, LegResumed, LegRole
from ivr.core.orders.listening import Listen, SpeechEnded, SpeechStarted, StopListening, TranscriptReady
from ivr.core.orders.lookup import LookupDone, LookupFailed, StartLookup
from ivr.core.orders.playing import Clip, PlayPrompt, PlayReport, PromptEnd, PromptEnded, PromptStarted, StopPrompt
from ivr.core.orders.queue import (
    AgentAnswered,
    AgentFailed,
    AgentOffered,
    Enqueue,
    LeaveQueue,
    PlaceTold,
    QueueFailed,
    QueueJoined,
)
from ivr.core.orders.risk import CallsCounted, CountCalls
from ivr.core.orders.transfer import CancelTarget, DialTarget, TargetAnswered, TargetFailed
from ivr.core.orders.voice import (
    CollectVoice,
    CompareVoice,
    DigitsDrawn,
    DrawDigits,
    EnrolVoice,
    RecordVoice,
    StopVoice,
    VoiceEnrolled,
    VoiceNotEnrolled,
    VoiceRecorded,
    VoiceScored,
    VoiceUnscored,
)

KEY_SECONDS = 0.2
"""Between two keys pressed."""
LOOKUP_SECONDS, COUNT_SECONDS, RECOGNITION_SECONDS = 0.3, 0.05, 0.4
VOICE_SECONDS = RING_SECONDS = 4.0
PACKET_SAMPLES = 160

_Evidence = TypeVar("_Evidence", bound=Evidence)


@dataclass(slots=True)
class Played:
    """One prompt that the caller heard, or part of it."""

    at: float
    text: str
    disclosure: str | None
    languages: tuple[str, ...]


USUAL_NUMBER = "1000"
"""That simulated calls dial unless they say otherwise."""
USUAL_MOMENT = datetime(2026, 1, 5, 10, 0)
"""A Monday morning: when simulated calls come unless they say otherwise. Never the machine's clock."""


@dataclass(slots=True)
class SimulatedLine:
    """One call over a line that is only arithmetic."""

    dialplan: Dialplan
    behaviour: Behaviour = field(default_factory=Behaviour)
    called: str = USUAL_NUMBER
    at: datetime = USUAL_MOMENT
    """When the call comes, by the clock of the dialplan's zone."""
    call_id: str = "simulated"
    now: float = 0.0
    orders: list[tuple[float, Command]] = field(default_factory=list)
    journal: list[tuple[float, Event]] = field(default_factory=list)
    """Everything that was ordered, and everything that happened."""
    heard: list[Played] = field(default_factory=list)
    interpreter: Interpreter = field(init=False)
    _coming: list[tuple[float, int, Event]] = field(default_factory=list)
    _count: int = 0
    _prompt: tuple[PlayPrompt, float] | None = None
    _listen: Listen | None = None
    _waiting: set[int] = field(default_factory=set)
    """Ids of lookups and voices not answered yet."""
    challenge: str = ""
    """Digits that the caller is to say: the same ones in every simulation."""
    _draws: int = 0
    _queued: bool = False
    _ringing: int = 0
    """Id of the transfer that rings; 0: none."""
    _connected: LegRole | None = None

    def __post_init__(self) -> None:
        moment = self.at.replace(tzinfo=time_zone(self.dialplan.zone)).timestamp()
        arrival = CallArrived(self.call_id, "sip:+85291234567@example.org", self.called, moment)
        self.interpreter = Interpreter(self.dialplan, arrival=arrival)

    # --- time ---

    def start(self) -> None:
        """The call comes, and is answered."""
        self._carry_out(self.interpreter.arrive(self.now))
        self._carry_out(self.interpreter.start(self.now))

    def happen(self, event: Event) -> None:
        """Something happens now."""
        self._connect(event)
        self.journal.append((self.now, event))
        self._carry_out(self.interpreter.receive(event, now=self.now))

    def advance(self, seconds: float) -> None:
        """Let time pass, with all that happens in it."""
        end = self.now + seconds
        while self._step(end):
            pass
        self.now = max(self.now, end)

    def settle(self, *, limit: float = 600.0) -> None:
        """Let time pass until it is the caller's turn: nothing plays and no answer is awaited."""
        end = self.now + limit
        while (self._prompt is not None or self._coming) and self._step(end):
            pass

    def _step(self, end: float) -> bool:
        """The next thing that happens until `end`; False when there is none."""
        deadline = self.interpreter.deadline()
        coming = self._coming[0][0] if self._coming else None
        due = min((time for time in (deadline, coming) if time is not None), default=None)
        if due is None or due > end:
            return False
        self.now = max(self.now, due)
        if coming is not None and coming <= self.now:
            event = heapq.heappop(self._coming)[2]
            if not self._stale(event):
                self.happen(event)
        else:
            self._carry_out(self.interpreter.handle_timer(now=self.now))
        return True

    def _connect(self, event: Event) -> None:
        if isinstance(event, AgentAnswered | TargetAnswered):
            self._connected = LegRole.AGENT if isinstance(event, AgentAnswered) else LegRole.TARGET
        elif isinstance(event, HandedOver):
            self._connected = None

    def _later(self, seconds: float, event: Event) -> None:
        self._count += 1
        heapq.heappush(self._coming, (self.now + seconds, self._count, event))

    def _stale(self, event: Event) -> bool:
        """Whether what was to come has been called off meanwhile."""
        if isinstance(event, PromptEnded) and event.end is PromptEnd.COMPLETED:
            stale = self._prompt is None or self._prompt[0].prompt_id != event.prompt_id
            if not stale:
                self._prompt = None
            return stale
        if isinstance(event, AgentOffered | AgentAnswered | AgentFailed | QueueFailed):
            return not self._queued
        if isinstance(event, TargetAnswered | TargetFailed):
            return event.transfer_id != self._ringing
        if isinstance(event, LookupDone | LookupFailed):
            self._waiting.discard(event.lookup_id)
        return False

    # --- orders ---

    def _carry_out(self, commands: list[Command]) -> None:
        for command in commands:
            self.orders.append((self.now, command))
            self._obey(command)

    def _obey(self, command: Command) -> None:
        match command:
            case PlayPrompt():
                self._play(command)
            case StopPrompt():
                self._stop(command)
            case Listen():
                self._listen = command
            case StopListening():
                self._listen = None
            case StartLookup():
                self._look_up(command)
            case CountCalls():
                self._count_calls(command)
            case CollectVoice():
                self._score(command.verify_id, VOICE_SECONDS, command.min_speech)
            case CompareVoice():
                self._score(command.verify_id, RECOGNITION_SECONDS, VOICE_SECONDS)
            case RecordVoice(verify_id=number):
                self._later(VOICE_SECONDS, VoiceRecorded(number, command.min_speech))
            case EnrolVoice(verify_id=number):
                refused = VoiceNotEnrolled(number, "unavailable")
                self._later(0.5, refused if self.behaviour.score is None else VoiceEnrolled(number))
            case DrawDigits():
                self._draw(command)
            case StopVoice():
                self._waiting.discard(command.verify_id)
            case Enqueue() if not self._queued:
                self._enqueue(command)
            case LeaveQueue():
                self._queued = False
            case DialTarget():
                self._transfer(command)
            case CancelTarget():
                self._ringing = 0
            case KeepCallback():
                kept = self.behaviour.callback == "kept"
                self._later(0.2, (CallbackKept if kept else CallbackFailed)(command.callback_id))
            case HangUp():
                self._coming.clear()
                self._prompt = None
                self._connected = None
            case _:
                pass  # nothing answers it that a dialplan waits for

    def _count_calls(self, command: CountCalls) -> None:
        known = self.behaviour.earlier_calls
        told = None if known is None else tuple((count.signal, known) for count in command.counts)
        self._later(COUNT_SECONDS, CallsCounted(command.count_id, told))

    def _play(self, command: PlayPrompt) -> None:
        seconds = sum(clip_seconds(clip) for clip in command.clips)
        text = " ".join(clip.shown for clip in command.clips)
        languages = tuple(dict.fromkeys(clip.language for clip in command.clips))
        self.heard.append(Played(self.now, text, command.disclosure, languages))
        self._prompt = (command, self.now)
        self._later(0.0, PromptStarted(command.prompt_id, samples(self.now)))
        length = samples(seconds)
        first, packets = samples(self.now), -(-length // PACKET_SAMPLES)
        digest = hashlib.sha256(text.encode()).hexdigest()
        report = PlayReport(digest, length, first, first + length, packets, self.behaviour.loss)
        self._later(seconds, PromptEnded(command.prompt_id, PromptEnd.COMPLETED, report))

    def _stop(self, command: StopPrompt) -> None:
        if self._prompt is None or self._prompt[0].prompt_id != command.prompt_id:
            return
        started = self._prompt[1]
        self._prompt = None
        sent = samples(self.now - started)
        first = samples(started)
        report = PlayReport("", sent + SAMPLE_RATE, first, first + sent, sent // PACKET_SAMPLES, None)
        self._later(0.0, PromptEnded(command.prompt_id, PromptEnd.INTERRUPTED, report))

    def _look_up(self, command: StartLookup) -> None:
        answer = self.behaviour.source(f"{command.source}.{command.query}", command.params)
        self._waiting.add(command.lookup_id)
        failed = LookupFailed(command.lookup_id, "unavailable")
        self._later(LOOKUP_SECONDS, failed if answer is None else LookupDone(command.lookup_id, dict(answer)))

    def _score(self, verify_id: int, after: float, speech_seconds: float) -> None:
        """The voice is scored so many seconds later."""
        self._waiting.add(verify_id)
        score = self.behaviour.score
        unscored = VoiceUnscored(verify_id, "not enrolled")
        self._later(after, unscored if score is None else VoiceScored.rehearsed(verify_id, score, speech_seconds))

    def _draw(self, command: DrawDigits) -> None:
        self._draws += 1
        self.challenge = rehearsed(self._draws, command.count)
        self._later(0.0, DigitsDrawn(command.draw_id, self.challenge))

    def _enqueue(self, command: Enqueue) -> None:
        self._queued = True
        if self.behaviour.agent == "closed":
            self._later(0.1, QueueFailed("closed"))
            return
        self._later(0.1, QueueJoined(command.queue, 1))
        self._later(0.1, PlaceTold(1, 1))
        if self.behaviour.agent in ("answers", "busy"):
            self._later(1.0, AgentOffered("offer-1", "anna", "sip:anna@example.org"))
            last = AgentAnswered("offer-1") if self.behaviour.agent == "answers" else AgentFailed("offer-1", 486)
            self._later(1.0 + RING_SECONDS, last)

    def _transfer(self, command: DialTarget) -> None:
        self._ringing = number = command.transfer_id
        match self.behaviour.transfer:
            case "answers":
                self._later(RING_SECONDS, TargetAnswered(number))
            case "busy":
                self._later(1.0, TargetFailed(number, 486))
            case "silent":
                self._later(command.timeout, TargetFailed(number, 487))
            case _:
                self._later(0.1, TargetFailed(number, 503))

    # --- the caller ---

    @property
    def connected(self) -> LegRole | None:
        """Who talks with the caller; None: nobody."""
        return self._connected

    @property
    def playing(self) -> bool:
        """Whether a prompt is heard now."""
        return self._prompt is not None

    @property
    def listening(self) -> Listen | None:
        """The listening that is open now, if any."""
        return self._listen

    def press(self, keys: str) -> None:
        """The caller presses keys."""
        for position, key in enumerate(keys):
            if position:
                self.advance(KEY_SECONDS)
            self.happen(DigitPressed(key))

    def say(self, words: str, *, confidence: float = 0.95) -> bool:
        """The caller says something ({challenge}: the digits drawn); False when nobody listens: nothing happens."""
        listen = self._listen
        if listen is None:
            return False
        words = words.replace("{challenge}", self.challenge)
        self.happen(SpeechStarted(samples(self.now)))
        self.advance(clip_seconds(Clip(listen.grammar.language, words)))
        self.happen(SpeechEnded(samples(self.now)))
        self.advance(RECOGNITION_SECONDS)
        if self._listen is listen:
            self._listen = None
        if listen.voice is not None:
            self._score(listen.voice.verify_id, RECOGNITION_SECONDS, VOICE_SECONDS)
        choice = self._choice(listen, words)
        free = choice is None and listen.grammar.free
        like = listen.grammar.like if free else {}
        alike = dict(self.behaviour.meaning(words, like, listen.grammar.language)) if like else {}
        sure = confidence if choice is not None or free else 0.0
        self.happen(TranscriptReady(listen.listen_id, words, choice, sure, alike))
        return True

    def _choice(self, listen: Listen, words: str) -> str | None:
        language, choices = listen.grammar.language, listen.grammar.choices.items()
        said = normal(words, language)
        return next((name for name, phrases in choices if said in {normal(one, language) for one in phrases}), None)

    def hang_up(self) -> None:
        """The caller hangs up."""
        self.happen(LegHungUp(LegRole.CALLER, 200, by_far_end=True))
        self._coming.clear()
        self._prompt = None

    def far_end_hangs_up(self) -> None:
        """Whoever is connected, the agent or the target of a transfer, hangs up; nothing happens when nobody is."""
        leg, self._connected = self._connected, None
        if leg is not None:
            self.happen(LegHungUp(leg, 200, by_far_end=True))

    def hold(self) -> None:
        """The caller puts us on hold."""
        self.happen(LegHeld(LegRole.CALLER))

    def resume(self) -> None:
        """The caller takes us back."""
        self.happen(LegResumed(LegRole.CALLER))

    # --- what came of it ---

    def noted(self, kind: type[_Evidence]) -> list[_Evidence]:
        """Every fact of a kind for the record, in order."""
        return [command for _, command in self.orders if isinstance(command, kind)]

    @property
    def states(self) -> list[str]:
        """States entered, in order."""
        return [entered.name for entered in self.noted(StateEntered)]

    @property
    def outcome(self) -> str | None:
        """How the call ended; None while it goes on."""
        found = self.noted(OutcomeReached)
        return str(found[-1].outcome) if found else None
