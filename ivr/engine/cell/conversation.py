"""One call being carried out: the core decides, this acts.

Facts come from the telephone, the speech service, the hub, the lookups and the clock; each goes to the core, and the
core's orders are carried out at once. `tick` moves 20 ms of audio in every direction. The sound's way is `SoundPath`'s,
what is kept is `CallRecording`'s.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, get_args

from ivr.core.alarms import AlarmKind
from ivr.core.call.call import Call
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.commands import Command
from ivr.core.events import Event
from ivr.core.identity.challenge import drawn
from ivr.core.media.stretch import LONGEST_FRAMES, Moved
from ivr.core.orders.assist import Rejoin
from ivr.core.orders.callback import KeepCallback
from ivr.core.orders.calls import (
    AcceptCall,
    CallAnswered,
    DrainRequested,
    HangUp,
    RejectCall,
    SendProgress,
)
from ivr.core.orders.desk import TalkChanged
from ivr.core.orders.evidence import Evidence, LookedUp, RaiseAlarm
from ivr.core.orders.keypad import Via
from ivr.core.orders.legs import CallerVanished, LegHeld, LegHungUp, LegResumed, LegRole, MediaMissing
from ivr.core.orders.listening import Listen, StopListening
from ivr.core.orders.lookup import StartLookup
from ivr.core.orders.playing import Beep, PlayMusic, PlayPrompt, StopMusic, StopPrompt
from ivr.core.orders.queue import Enqueue, LeaveQueue
from ivr.core.orders.reading import DisclosureRead
from ivr.core.orders.recording import PauseRecording, RecordingStarted, ResumeRecording, StartRecording
from ivr.core.orders.risk import CountCalls
from ivr.core.orders.talk import Bridge
from ivr.core.orders.voice import (
    CollectVoice,
    CompareVoice,
    DigitsDrawn,
    DrawDigits,
    EnrolVoice,
    RecordVoice,
    StopVoice,
)
from ivr.core.speech.facts import (
    Hypothesis,
    Recognition,
    RecognitionFailed,
    SpeechFact,
    SynthesisFailed,
    Synthesized,
    VoiceJudged,
)
from ivr.engine.bus.attempts import AttemptAnswered
from ivr.engine.bus.calls import CallSaved
from ivr.engine.bus.cells import Alarm
from ivr.engine.bus.counts import CountWanted
from ivr.engine.bus.live import WordsWanted
from ivr.engine.bus.messages import Message
from ivr.engine.bus.queue import AgentNotWanted
from ivr.engine.cell.agent_leg import agent_wanted
from ivr.engine.cell.call_recording import CallRecording
from ivr.engine.cell.callee import Line, arrival_of, callback_wanted
from ivr.engine.cell.caller_keys import CallerKeys
from ivr.engine.cell.caller_line import CallerLine
from ivr.engine.cell.config import CellConfig, Surroundings
from ivr.engine.cell.desk import Desk
from ivr.engine.cell.dialogs import Dialogs
from ivr.engine.cell.ear import Ear
from ivr.engine.cell.ears import FIRST_REQUEST
from ivr.engine.cell.hub_words import told_of
from ivr.engine.cell.live_talk import LiveTalk
from ivr.engine.cell.lookups import Lookups
from ivr.engine.cell.narrator import Narrator
from ivr.engine.cell.onlookers import Onlookers
from ivr.engine.cell.player import Player
from ivr.engine.cell.proofs import Proofs
from ivr.engine.cell.sound_path import SoundPath
from ivr.errors import IvrError
from ivr.ports.keys import DataKey
from ivr.ports.telephony import LegAstray, LegDigit, LegDown, LegFact, LegKeysMissed, LegMedia, LegUp

_CHECK_FRAMES = 10
"""Frames between two looks at the recorder's health and the agent's ringing: 200 ms."""
_MEASURE_FRAMES = 50
"""Frames between two looks at the line: what was lost on the way, whether the caller is still there. 1 s."""


class Conversation:
    """A caller's visit, until `over`."""

    def __init__(self, line: Line, config: CellConfig, around: Surroundings, key: DataKey | None) -> None:
        self._around = around
        self._telephony = around.telephony
        self.leg = line.leg
        arrival = arrival_of(line, around.new_call_id, around.wall())
        self.call_id = arrival.call_id
        self.call = Call(around.dialplan_for(arrival.called))
        self.over = False
        self._facts: deque[Event] = deque()
        self._recording = CallRecording(config.recordings, key, self.call, around.journals)
        prompts = around.prompts_for(self.call.dialplan)
        self._player = Player(prompts, around.speech, around.music, lambda: self._telephony.stats(self.leg))
        self._ear = Ear(around.speech, around.vad, self._player, onset_probability=config.onset_probability)
        self._lookups = Lookups({**around.sources, **around.own_sources(self.call_id)})
        self._proofs = Proofs(self._lookups, around.hub, self.call_id)
        self._keys = CallerKeys(config.inband_digits, around.monotonic)
        self._onlookers = Onlookers(around.hub, self.call, self._recording.transcript, around.wall)
        self._live = LiveTalk(around, self.call, self._onlookers, lambda: self._telephony.stats(self.leg))
        self._sound = SoundPath(
            around.telephony, self.leg, self._player, self._ear, self._keys, self._recording, self._live, self.feed
        )
        self.desk = Desk(
            around, self.call_id, config, caller=self.leg, prompts=prompts, sample=lambda: self._sound.sample
        )
        self._narrator = Narrator(around.hub, self.call_id, self.call.dialplan, key, around.wall)
        self._open_question = False
        """Whether the words themselves are the answer that is listened for."""
        self._dialogs = Dialogs(around.hub, self.call_id)
        self._up = False
        self._line = CallerLine(self.leg, self.call_id, config, around)
        self._now = 0.0
        self._frames = 0
        self._deadline: float | None = None
        self._actions = self._bind()
        self.feed(arrival)

    @property
    def kek_id(self) -> str | None:
        """The key that the call's data key depends on; None without one."""
        return self._recording.kek_id

    # --- facts in ---------------------------------------------------------------------------------------------------

    def feed(self, *events: Event) -> None:
        """Give facts to the core and carry out what it orders, until nothing more follows.

        The recording is closed with the call: a step that came later would stand in the audit log alone, as if the
        recording had been cut. So what other legs do when the caller has left is no step of the call.
        """
        if self.over:
            self._facts.clear()
            return
        self._facts.extend(events)
        while self._facts:
            event = self._facts.popleft()
            now = self._now = self._around.monotonic()
            secret = self.call.secret
            orders = self.call.receive(event, now=now)
            self._carry_out(event, orders, now=now, secret=secret)

    def take_leg(self, fact: LegFact) -> None:
        """A fact of the telephone's."""
        self._dialogs.take(fact)
        events = self.desk.take(fact)
        if events is not None:
            self.feed(*events)
            return
        if fact.leg != self.leg:
            return
        match fact:
            case LegUp():
                self._answered()
            case LegMedia():
                self._media_changed(fact)
            case LegAstray():
                self._line.found_astray(fact)
            case LegDigit(digit=digit, via=via):
                self.feed(*self._keys.pressed(digit, Via(via)))
            case LegKeysMissed(via=via):
                self.feed(*self._keys.missed(Via(via)))
            case LegDown(code=code, by_far_end=by_far_end):
                self._sound.end(fact.rest)
                self.feed(*self._line.measured(), LegHungUp(LegRole.CALLER, code, by_far_end))
                self._close()

    def _accept(self) -> None:
        self._keys.answering()
        self._telephony.answer(self.leg)

    def _answered(self) -> None:
        """The ACK came. Who agreed on no audio, or holds us from the first description on, hears nothing."""
        if self._sound.flowing:
            self._up = True
            held = [] if self._sound.sends else [LegHeld(LegRole.CALLER)]
            self.feed(CallAnswered(), *held, *self._keys.answered())
        else:
            self.feed(MediaMissing())
        self._save(final=False)

    def take_speech(self, fact: SpeechFact) -> None:
        """A fact of the speech service."""
        match fact:
            case Synthesized(request_id=request, pcm=pcm, voice=voice):
                self._synthesized(request, pcm, voice)
            case SynthesisFailed(request_id=request):
                self._synthesized(request, None)
            case Hypothesis() | Recognition() | RecognitionFailed() | VoiceJudged() if self._live.take(fact):
                pass
            case _:
                self._ear.take(fact)
        self.feed(*self._ear.events(), *self._player.facts(), *self.desk.facts(), *self._live.facts())

    def _synthesized(self, request: int, pcm: bytes | None, voice: str = "") -> None:
        if request > FIRST_REQUEST:
            self.desk.ears.synthesized(request, pcm, voice)
        else:
            self._player.synthesized(request, pcm, voice)

    def take_hub(self, message: Message) -> None:
        """A word of the hub's about this call."""
        events = self.desk.take_hub(message, over=self.over)
        if events is not None:
            self.feed(*events)
            return
        match message:
            case AttemptAnswered(call_id=self.call_id):
                self.feed(*self._proofs.answered(message))
            case WordsWanted(call_id=self.call_id):
                self._onlookers.answer(message)
            case _:
                self.feed(*told_of(self.call_id, message))

    def drain(self) -> None:
        """The engine is stopping."""
        self.feed(DrainRequested())

    def lose_line(self) -> None:
        """Nothing will come from the caller any more, nor reach them."""
        self.feed(CallerVanished())

    def hang_up(self) -> None:
        """End it now, whatever the core thinks."""
        with suppress(IvrError):  # it may be ending already
            self._telephony.hang_up(self.leg)

    # --- as time goes on --------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Move one frame in every direction, then let the core know what came of it."""
        self._sound.move(self.desk)
        self._passed(1)

    def carry(self, due: float, wakes: Sequence[int]) -> Moved | None:
        """Let frames pass in a row, from `due` on, if none needs a decision; None: the next one is to be looked at."""
        if self._lookups.busy:
            return None
        until_check = _CHECK_FRAMES - self._frames % _CHECK_FRAMES
        most = until_check if self._player.awaits_report else LONGEST_FRAMES
        moved = self._sound.carry(self.desk, due=due, deadline=self._deadline, most=most, wakes=wakes)
        if moved is not None and moved.frames:
            self._passed(moved.frames)
        return moved

    def skip(self, frames: int) -> None:
        """The process was stopped for a while."""
        self._sound.skip(frames)

    def _passed(self, frames: int) -> None:
        """So many frames were moved: what is due now."""
        before, self._frames = self._frames, self._frames + frames
        if self._frames // _CHECK_FRAMES > before // _CHECK_FRAMES:
            self._check(measure=self._frames // _MEASURE_FRAMES > before // _MEASURE_FRAMES)
        if self._live.news:
            self.feed(*self._live.facts())
        if self._player.news or self._ear.news or self._lookups.news or self.desk.news:
            self.feed(*self._player.facts(), *self._ear.events(), *self._lookups.events(), *self.desk.facts())
        now = self._around.monotonic()
        if self._deadline is not None and now >= self._deadline:
            secret = self.call.secret
            self._carry_out(None, self.call.handle_timer(now=now), now=now, secret=secret)
            self.feed()

    def _check(self, *, measure: bool) -> None:
        """What need not be looked at fifty times a second, and what need not be measured five times."""
        self._player.check()
        self.feed(*self.desk.check())
        if (lost := self._recording.lost()) is not None:
            self.feed(lost)
        if measure and self._sound.flowing:
            self.feed(*self._line.look(held=not self._sound.sends))

    def _media_changed(self, fact: LegMedia) -> None:
        if self._sound.agreed(fact) and self._up:
            self.feed(LegResumed(LegRole.CALLER) if fact.sends else LegHeld(LegRole.CALLER))

    # --- orders out -------------------------------------------------------------------------------------------------

    def _bind(self) -> dict[type, Callable[[Any], None]]:
        """Which method carries out which order."""
        player, ear, telephony, hub = self._player, self._ear, self._telephony, self._around.hub
        call_id, recording, sound = self.call_id, self._recording, self._sound
        return {
            SendProgress: lambda _: telephony.progress(self.leg),
            AcceptCall: lambda _: self._accept(),
            RejectCall: lambda o: telephony.reject(self.leg, o.code, retry_after=60),
            StartRecording: lambda _: self._start_recording(),
            PauseRecording: lambda o: recording.pause(o.reason, sound.sample),
            ResumeRecording: lambda o: recording.resume(o.reason, sound.sample, sound.waiting()),
            Beep: lambda o: sound.beep(o.times),
            PlayPrompt: player.play,
            StopPrompt: lambda o: player.stop(o.prompt_id, sound.sample),
            PlayMusic: lambda _: player.start_music(),
            StopMusic: lambda _: player.stop_music(),
            Listen: self._listen,
            StopListening: lambda o: ear.stop_listening(o.listen_id),
            CollectVoice: ear.gather,
            CompareVoice: ear.compare,
            RecordVoice: ear.gather,
            EnrolVoice: lambda o: ear.enrol(o, call_id),
            DrawDigits: lambda o: self._facts.append(DigitsDrawn(o.draw_id, drawn(o.count, self._around.below))),
            StopVoice: lambda o: ear.stop_gathering(o.verify_id),
            StartLookup: self._proofs.start,
            CountCalls: lambda o: hub.send(CountWanted(call_id, o.count_id, o.counts, o.value, o.text)),
            Enqueue: lambda o: hub.send(agent_wanted(call_id, o, self.call.record.language)),
            KeepCallback: lambda o: hub.send(callback_wanted(call_id, o, self.call.record.language)),
            LeaveQueue: lambda o: hub.send(AgentNotWanted(call_id, o.gave_up)),
            HangUp: lambda _: telephony.hang_up(self.leg),
            RaiseAlarm: lambda o: hub.send(Alarm(o.kind, o.text, call_id)),
            **dict.fromkeys(get_args(Evidence), lambda _: None),
            LookedUp: self._looked_up,
            **dict.fromkeys((TalkChanged, Rejoin, DisclosureRead), lambda _: None),
            **self.desk.actions(),
        }

    def _listen(self, order: Listen) -> None:
        self._open_question = order.grammar.free
        self._ear.listen(order)

    def _carry_out(self, event: Event | None, orders: list[Command], *, now: float, secret: bool) -> None:
        self._recording.tell(event, orders, now=now, secret=secret, words=self._open_question)
        self._narrator.tell(event, orders, self._recording.tape)
        self._onlookers.tell(event, orders, secret=secret)
        self._live.followed(event, orders)
        self._proofs.told(event, orders)
        self._line.told(event)
        if isinstance(event, LegHeld) or any(isinstance(order, Bridge) for order in orders):
            self._ear.forget_said()
        for order in orders:
            try:
                self._actions[type(order)](order)
            except IvrError as error:
                # The leg ended while the order was on its way; its LegDown follows. Anything else is worth an alarm.
                self._around.log("order failed", {"order": type(order).__name__, "error": str(error)})
        self._facts.extend(self._player.facts())
        self._facts.extend(self._ear.events())
        self._facts.extend(self.desk.facts())
        self._live.arrange()
        self._deadline = self.call.deadline()

    def _start_recording(self) -> None:
        started = self._recording.start(self.call_id, now=self._now)
        self._facts.append(started)
        if isinstance(started, RecordingStarted):
            self._save(final=False)

    def _looked_up(self, _: LookedUp) -> None:
        """What a call is found by is no step of it: the record that has it is kept at once, in case the cell dies."""
        self._recording.record(self.call.record)

    def _save(self, *, final: bool) -> None:
        record: CallRecord = self.call.record
        if not final:
            self._recording.record(record)
        self._around.hub.send(CallSaved(record_to_json(record), final))

    def _close(self) -> None:
        if self.over:
            return
        self.over, self._deadline = True, None
        self._ear.close()
        self._live.close()
        self._lookups.close()
        self.desk.far.hang_up()
        parties = [presence.to_json(self._sound.sample) for presence in self.desk.far.past]
        if (lost := self._recording.close(self._sound.sample, parties)) is not None:
            self._around.hub.send(
                Alarm(AlarmKind.RECORDING, f"a recording was not closed: {lost.reason}", self.call_id)
            )
        self._save(final=True)
