"""One call being carried out: the core decides, this acts.

Facts come from the telephone, the speech service, the hub, the lookups and the clock; each goes to the core, and the
core's orders are carried out at once. `tick` moves 20 ms of audio in every direction.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, get_args

from ivr.core.alarms import AlarmKind
from ivr.core.call.agent_pause import AGENT
from ivr.core.call.call import Call
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.call.transcript import Transcript
from ivr.core.commands import Command
from ivr.core.events import Event
from ivr.core.identity.challenge import drawn
from ivr.core.media.beep import beeps
from ivr.core.media.frame import BLOCK_FRAMES, FRAME_BYTES, FRAME_SAMPLES, SILENT_FRAME
from ivr.core.media.stretch import Moved
from ivr.core.orders.callback import CallbackFailed, CallbackKept, KeepCallback
from ivr.core.orders.calls import (
    AcceptCall,
    CallAnswered,
    CallArrived,
    DrainRequested,
    HangUp,
    RejectCall,
    SendProgress,
)
from ivr.core.orders.desk import TalkChanged
from ivr.core.orders.evidence import Evidence, LookedUp, RaiseAlarm
from ivr.core.orders.keypad import Via
from ivr.core.orders.legs import LegHeld, LegHungUp, LegResumed, LegRole, MediaMissing
from ivr.core.orders.listening import Listen, StopListening
from ivr.core.orders.lookup import StartLookup
from ivr.core.orders.playing import Beep, PlayMusic, PlayPrompt, StopMusic, StopPrompt
from ivr.core.orders.queue import Enqueue, LeaveQueue, PlaceTold, QueueFailed, QueueJoined
from ivr.core.orders.recording import PauseRecording, RecordingFailed, RecordingStarted, ResumeRecording, StartRecording
from ivr.core.orders.voice import CollectVoice, DigitsDrawn, DrawDigits, StopVoice
from ivr.core.speech.facts import SpeechFact, SynthesisFailed, Synthesized
from ivr.engine.bus.attempts import AttemptAnswered
from ivr.engine.bus.callbacks import CallbackAnswered
from ivr.engine.bus.calls import CallSaved
from ivr.engine.bus.cells import Alarm
from ivr.engine.bus.messages import Message
from ivr.engine.bus.queue import AgentNotWanted, AgentWanted, NoAgent, Queued
from ivr.engine.bus.queue import PlaceTold as QueuePlace
from ivr.engine.cell.callee import Line, arrival_of, callback_wanted
from ivr.engine.cell.caller_keys import CallerKeys
from ivr.engine.cell.caller_line import CallerLine
from ivr.engine.cell.config import CellConfig, Surroundings
from ivr.engine.cell.desk import Desk
from ivr.engine.cell.dialogs import Dialogs
from ivr.engine.cell.ear import Ear
from ivr.engine.cell.ears import FIRST_REQUEST
from ivr.engine.cell.hush import Hush
from ivr.engine.cell.lookups import Lookups
from ivr.engine.cell.narrator import Narrator
from ivr.engine.cell.player import Player
from ivr.engine.cell.proofs import Proofs
from ivr.engine.cell.stretches import Stretches
from ivr.engine.cell.tape import Tape
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
        self._config, self._around, self._key = config, around, key
        self._telephony = around.telephony
        self.leg = line.leg
        arrival = arrival_of(line, around.new_call_id, around.wall())
        self.call_id = arrival.call_id
        self.call = Call(around.dialplan_for(arrival.called))
        self.over = False
        self._facts: deque[Event] = deque()
        self._tape: Tape | None = None
        self._recording_lost = False
        prompts = around.prompts_for(self.call.dialplan)
        self._player = Player(prompts, around.speech, around.music, lambda: self._telephony.stats(self.leg))
        self._ear = Ear(around.speech, around.vad, onset_probability=config.onset_probability)
        self._lookups = Lookups({**around.sources, **around.own_sources()})
        self._proofs = Proofs(self._lookups, around.hub, self.call_id)
        self._sample = 0
        self.desk = Desk(around, self.call_id, config, caller=self.leg, prompts=prompts, sample=lambda: self._sample)
        self._narrator = Narrator(around.hub, self.call_id, self.call.dialplan, key, around.wall)
        self._keys = CallerKeys(config.inband_digits, around.monotonic)
        self._stretches = Stretches(self._player, self._ear, self._keys)
        self._hush = Hush(most=0)
        self._open_question = False
        """Whether the words themselves are the answer that is listened for."""
        self._transcript = Transcript(self.call.dialplan.sounds)
        self._beeps: deque[bytes] = deque()
        self._dialogs = Dialogs(around.hub, self.call_id)
        self._flowing = self._sends = self._up = False
        self._line = CallerLine(self.leg, self.call_id, config, around)
        self._now = 0.0
        self._frames = 0
        self._deadline: float | None = None
        self._actions = self._bind()
        self.feed(arrival)

    @property
    def kek_id(self) -> str | None:
        """The key that the call's data key depends on; None without one."""
        return self._key.kek_id if self._key is not None else None

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
                self.feed(*self._line.measured(), LegHungUp(LegRole.CALLER, code, by_far_end))
                self._close()

    def _answered(self) -> None:
        """The ACK came. Who agreed on no audio, or holds us from the first description on, hears nothing."""
        if self._flowing:
            self._up = True
            self.feed(CallAnswered(), *([] if self._sends else [LegHeld(LegRole.CALLER)]))
        else:
            self.feed(MediaMissing())
        self._save(final=False)

    def take_speech(self, fact: SpeechFact) -> None:
        """A fact of the speech service."""
        match fact:
            case Synthesized(request_id=request, pcm=pcm):
                self._synthesized(request, pcm)
            case SynthesisFailed(request_id=request):
                self._synthesized(request, None)
            case _:
                self._ear.take(fact)
        self.feed(*self._ear.events(), *self._player.facts(), *self.desk.facts())

    def _synthesized(self, request: int, pcm: bytes | None) -> None:
        (self.desk.ears if request > FIRST_REQUEST else self._player).synthesized(request, pcm)

    def take_hub(self, message: Message) -> None:
        """A word of the hub's about this call."""
        events = self.desk.take_hub(message, over=self.over)
        if events is not None:
            self.feed(*events)
            return
        match message:
            case Queued(call_id=self.call_id, queue=queue, position=position):
                self.feed(QueueJoined(queue, position))
            case QueuePlace(call_id=self.call_id, place=place, minutes=minutes):
                self.feed(PlaceTold(place, minutes))
            case CallbackAnswered(call_id=self.call_id, callback_id=number, kept=kept):
                self.feed(CallbackKept(number) if kept else CallbackFailed(number))
            case AttemptAnswered(call_id=self.call_id):
                self.feed(*self._proofs.answered(message))
            case NoAgent(call_id=self.call_id, reason=reason):
                self.feed(QueueFailed(reason))

    def drain(self) -> None:
        """The engine is stopping."""
        self.feed(DrainRequested())

    def hang_up(self) -> None:
        """End it now, whatever the core thinks."""
        with suppress(IvrError):  # it may be ending already
            self._telephony.hang_up(self.leg)

    # --- as time goes on --------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Move one frame in every direction, then let the core know what came of it."""
        if self._flowing:
            self._move_audio()
        self._passed(1)

    def carry(self, due: float, wakes: Sequence[int]) -> Moved | None:
        """Let frames pass in a row, from `due` on, if none needs a decision; None: the next one is to be looked at."""
        if not self._flowing or self._beeps or not self._hush.over or self._lookups.busy:
            return None
        ends = self.desk.ends(sends=self._sends)
        if ends is None:
            return None
        room = BLOCK_FRAMES if self._tape is None else self._tape.room
        if self._player.awaits_report:
            room = min(room, _CHECK_FRAMES - self._frames % _CHECK_FRAMES)
        stretch = self._stretches.plan(ends, due=due, deadline=self._deadline, room=room, wakes=wakes)
        moved = None if stretch is None else self._telephony.carry(stretch)
        if stretch is not None and moved is not None and moved.frames:
            self._keep(moved, self._stretches.passed(stretch, moved))
            self._passed(moved.frames)
        return moved

    def _keep(self, moved: Moved, to_caller: bytes) -> None:
        sample, from_caller = self._sample, moved.heard[self.leg]
        if self._tape is not None:
            heard = {"caller.in": from_caller, "caller.out": to_caller}
            heard.update(self.desk.kept(moved.heard))
            self._tape.audio(sample, heard)
        self._ear.hear_all(sample, from_caller)
        for pressed in self._keys.hear(from_caller):
            self.feed(pressed)
        self._sample = sample + moved.frames * FRAME_SAMPLES

    def _passed(self, frames: int) -> None:
        """So many frames were moved: what is due now."""
        before, self._frames = self._frames, self._frames + frames
        if self._frames // _CHECK_FRAMES > before // _CHECK_FRAMES:
            self._check(measure=self._frames // _MEASURE_FRAMES > before // _MEASURE_FRAMES)
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
        if self._tape is not None and not self._recording_lost and self._tape.failed is not None:
            self._recording_lost = True
            self.feed(RecordingFailed(self._tape.failed))
        if measure and self._flowing:
            self.feed(*self._line.look(held=not self._sends))

    def skip(self, frames: int) -> None:
        """The process was stopped for a while: the time line goes on, with silence where nothing was heard.

        A key that was pressed as a tone meanwhile may be missing, or two of them may have become one.
        """
        if self._flowing:
            self._sample += frames * FRAME_SAMPLES
            if self._keys.listens:
                self.feed(*self._keys.missed(Via.INBAND))

    def _move_audio(self) -> None:
        sample, telephony = self._sample, self._telephony
        from_caller = telephony.read(self.leg)
        frames = self.desk.heard(from_caller)
        beep = self._beeps.popleft() if self._beeps else None
        to_caller = self._to_caller(sample, frames) if self._sends else None
        if to_caller is not None and beep is not None and not self._player.playing:
            to_caller = beep
        if to_caller is not None:
            telephony.write(self.leg, to_caller)
            self._player.sent(sample)
        self.desk.send(frames, sample, beep)
        if self._tape is not None:
            heard = {
                "caller.in": from_caller if self._hush.over else self._hush.cover(from_caller),
                "caller.out": to_caller or SILENT_FRAME,
            }
            self.desk.record(frames, heard)
            self._tape.audio(sample, heard)
        self._ear.hear(sample, from_caller)
        for pressed in self._keys.hear(from_caller):
            self.feed(pressed)
        self._sample = sample + FRAME_SAMPLES
        self._stretches.looked_at()

    def _to_caller(self, sample: int, frames: dict[str, bytes]) -> bytes:
        """A prompt comes first, then who is to be heard, then music, then silence: a frame leaves every 20 ms."""
        if not self._player.playing and (voices := self.desk.ears.of_caller(frames, sample)) is not None:
            return voices
        return self._player.frame(sample) or SILENT_FRAME

    def _media_changed(self, fact: LegMedia) -> None:
        self._keys.agreed(telephone_event=fact.telephone_event)
        if not self._flowing:
            self._flowing, self._sends = True, fact.sends
        elif fact.sends is not self._sends:
            self._sends = fact.sends
            if self._up:
                self.feed(LegResumed(LegRole.CALLER) if fact.sends else LegHeld(LegRole.CALLER))

    # --- orders out -------------------------------------------------------------------------------------------------

    def _bind(self) -> dict[type, Callable[[Any], None]]:
        """Which method carries out which order."""
        player, ear, telephony, hub = self._player, self._ear, self._telephony, self._around.hub
        call_id = self.call_id
        return {
            SendProgress: lambda _: telephony.progress(self.leg),
            AcceptCall: lambda _: telephony.answer(self.leg),
            RejectCall: lambda o: telephony.reject(self.leg, o.code, retry_after=60),
            StartRecording: lambda _: self._start_recording(),
            PauseRecording: lambda o: self._tape.pause(o.reason, self._sample) if self._tape else None,
            ResumeRecording: lambda o: self._resume_recording(o.reason),
            Beep: lambda o: self._beep(o.times),
            PlayPrompt: player.play,
            StopPrompt: lambda o: player.stop(o.prompt_id, self._sample),
            PlayMusic: lambda _: player.start_music(),
            StopMusic: lambda _: player.stop_music(),
            Listen: self._listen,
            StopListening: lambda o: ear.stop_listening(o.listen_id),
            CollectVoice: ear.gather,
            DrawDigits: lambda o: self._facts.append(DigitsDrawn(o.draw_id, drawn(o.count, self._around.below))),
            StopVoice: lambda o: ear.stop_gathering(o.verify_id),
            StartLookup: self._proofs.start,
            Enqueue: lambda o: hub.send(AgentWanted(call_id, o.queue, o.priority, self.call.record.language, o.waited)),
            KeepCallback: lambda o: hub.send(callback_wanted(call_id, o, self.call.record.language)),
            LeaveQueue: lambda o: hub.send(AgentNotWanted(call_id, o.gave_up)),
            HangUp: lambda _: telephony.hang_up(self.leg),
            RaiseAlarm: lambda o: hub.send(Alarm(o.kind, o.text, call_id)),
            **dict.fromkeys(get_args(Evidence), lambda _: None),
            LookedUp: self._looked_up,
            TalkChanged: lambda _: None,
            **self.desk.actions(),
        }

    def _listen(self, order: Listen) -> None:
        self._open_question = order.grammar.free
        self._ear.listen(order)

    def _beep(self, times: int) -> None:
        sound = beeps(times)
        self._beeps.extend(sound[at : at + FRAME_BYTES] for at in range(0, len(sound), FRAME_BYTES))

    def _resume_recording(self, reason: str) -> None:
        """Keep audio again; after a secret the caller's side only once the last key has ceased to sound."""
        if reason != AGENT:
            self._hush = Hush()
        if self._tape is not None:
            self._tape.resume(reason, self._sample)

    def _carry_out(self, event: Event | None, orders: list[Command], *, now: float, secret: bool) -> None:
        if self._tape is not None:
            words = self._open_question or not self.call.unrecorded
            self._tape.event(event, orders, now=now, secret=secret, words=words)
        unrecorded = self.call.unrecorded
        for span in self._transcript.tell(event, orders, secret=secret, unrecorded=unrecorded):
            if self._tape is not None:
                self._tape.span(span)
        self._narrator.tell(event, orders, self._tape)
        self._proofs.told(event, orders)
        self._line.told(event)
        for order in orders:
            try:
                self._actions[type(order)](order)
            except IvrError as error:
                # The leg ended while the order was on its way; its LegDown follows. Anything else is worth an alarm.
                self._around.log("order failed", {"order": type(order).__name__, "error": str(error)})
        self._facts.extend(self._player.facts())
        self._facts.extend(self._ear.events())
        self._facts.extend(self.desk.facts())
        self._deadline = self.call.deadline()

    def _start_recording(self) -> None:
        if self._key is None:
            self._facts.append(RecordingFailed("the hub has issued no data key"))
            return
        record = self.call.record
        try:
            self._tape = Tape(self._config.recordings, self._key, call_id=self.call_id, started_at=record.started_at)
        except IvrError as error:
            self._facts.append(RecordingFailed(str(error)))
            return
        dialplan = self.call.dialplan
        self._tape.begin(dialplan.id, dialplan.sha256)
        arrival = CallArrived(self.call_id, record.caller, record.called, record.started_at, record.callback_id)
        self._tape.event(arrival, [StartRecording()], now=self._now, secret=False)
        self._facts.append(RecordingStarted(self._tape.recording_id))
        self._save(final=False)

    def _looked_up(self, _: LookedUp) -> None:
        """What a call is found by is no step of it: the record that has it is kept at once, in case the cell dies."""
        if self._tape is not None:
            self._tape.record(self.call.record)

    def _save(self, *, final: bool) -> None:
        record: CallRecord = self.call.record
        if self._tape is not None and not final:
            self._tape.record(record)
        self._around.hub.send(CallSaved(record_to_json(record), final))

    def _close(self) -> None:
        if self.over:
            return
        self.over = True
        self._deadline = None
        self._ear.close()
        self._lookups.close()
        self.desk.far.hang_up()
        if self._tape is not None:
            parties = [presence.to_json(self._sample) for presence in self.desk.far.past]
            self._tape.close(self.call.record, self._sample, self._transcript.spans, parties)
            if self._tape.failed is not None and not self._recording_lost:
                reason = f"a recording was not closed: {self._tape.failed}"
                self._around.hub.send(Alarm(AlarmKind.RECORDING, reason, self.call_id))
        self._save(final=True)
