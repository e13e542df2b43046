"""The sound of one call on its way: 20 ms in every direction at a time, or a stretch where none needs a look."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from ivr.core.media.beep import beeps
from ivr.core.media.frame import BLOCK_FRAMES, FRAME_BYTES, FRAME_SAMPLES, SILENT_FRAME
from ivr.core.media.stretch import LONGEST_FRAMES, Moved
from ivr.core.orders.keypad import Via
from ivr.core.orders.talk import MACHINE
from ivr.engine.cell.call_recording import CallRecording
from ivr.engine.cell.caller_keys import CallerKeys
from ivr.engine.cell.desk import Desk
from ivr.engine.cell.ear import Ear
from ivr.engine.cell.live_talk import LiveTalk
from ivr.engine.cell.player import Player
from ivr.engine.cell.stretches import Stretches
from ivr.errors import IvrError
from ivr.ports.telephony import LegMedia, Telephony


class SoundPath:
    """Between the caller, whoever they talk to, what listens and what is kept."""

    def __init__(
        self,
        telephony: Telephony,
        leg: int,
        player: Player,
        ear: Ear,
        keys: CallerKeys,
        recording: CallRecording,
        live: LiveTalk,
        feed: Callable[..., None],
    ) -> None:
        """`feed(*events)` takes keys as they are heard: at the position of their frame."""
        self._telephony, self._leg = telephony, leg
        self._player, self._ear, self._keys, self._recording = player, ear, keys, recording
        self._live, self._feed = live, feed
        self._stretches = Stretches(player, ear, keys)
        self._beeps: deque[bytes] = deque()
        self.sample = 0
        """Position, in samples since the answer."""
        self.flowing = False
        """Whether there is a stream."""
        self.sends = False
        """Whether the caller is sent anything: not on hold."""

    def agreed(self, fact: LegMedia) -> bool:
        """What the stream is from now on; whether the caller held us, or resumed, by it."""
        self._keys.agreed(telephone_event=fact.telephone_event)
        changed = self.flowing and fact.sends is not self.sends
        self.flowing, self.sends = True, fact.sends
        return changed

    def beep(self, times: int) -> None:
        """Sound so many beeps over whatever is heard."""
        sound = beeps(times)
        self._beeps.extend(sound[at : at + FRAME_BYTES] for at in range(0, len(sound), FRAME_BYTES))

    def move(self, desk: Desk) -> None:
        """One frame in every direction."""
        if not self.flowing:
            return
        sample = self.sample
        from_caller = self._telephony.read(self._leg)
        frames = desk.heard(from_caller)
        beep = self._beeps.popleft() if self._beeps else None
        to_caller = self._to_caller(desk, frames) if self.sends else None
        if to_caller is not None and beep is not None and not self._player.playing:
            to_caller = beep
        if to_caller is not None:
            self._telephony.write(self._leg, to_caller)
            self._player.sent(sample)
        frames[MACHINE] = to_caller or SILENT_FRAME
        desk.send(frames, sample, beep)
        if (tape := self._recording.tape) is not None:
            heard = {"caller.in": self._recording.covered(from_caller), "caller.out": to_caller or SILENT_FRAME}
            desk.record(frames, heard)
            tape.audio(sample, heard)
        self._ear.hear(sample, from_caller)
        self._live.hear(frames, sample, sends=self.sends)
        for pressed in self._keys.hear(from_caller):
            self._feed(pressed)
        self.sample = sample + FRAME_SAMPLES
        self._stretches.looked_at()

    def carry(self, desk: Desk, *, due: float, deadline: float | None, most: int, wakes: Sequence[int]) -> Moved | None:
        """Frames in a row, at most so many, from `due` on; None: the next one is to be looked at."""
        if not self.flowing or self._beeps or self._recording.hushed:
            return None
        ends = desk.ends(sends=self.sends)
        if ends is None:
            return None
        block = self._recording.room
        alone = desk.is_empty and not self._live.hears
        most = min(most, LONGEST_FRAMES - BLOCK_FRAMES + block if alone else block)  # it ends with a block
        keep = self._recording.keep(self.sample) if alone else None
        stretch = self._stretches.plan(ends, due=due, deadline=deadline, most=most, block=block, wakes=wakes, keep=keep)
        if stretch is None:
            return None
        began, said = self.sample, list[bytes]()

        def passed(frames: int, heard: Mapping[int, bytes], *, kept: bool) -> bool:
            before = (self.sample - began) // FRAME_SAMPLES
            to_caller = self._stretches.passed(stretch, before, frames, heard)
            said.append(heard[self._leg])
            return self._keep(desk, frames, heard, None if kept else to_caller)

        moved = self._telephony.carry(stretch, passed)
        if moved is not None and moved.frames:
            self._stretches.over(moved)
            self._listen(began, b"".join(said))
        return moved

    def skip(self, frames: int) -> None:
        """The process was stopped for a while: the time line goes on, with silence where nothing was heard.

        A key that was pressed as a tone meanwhile may be missing, or two of them may have become one.
        """
        if self.flowing:
            self.sample += frames * FRAME_SAMPLES
            if self._keys.listens:
                self._feed(*self._keys.missed(Via.INBAND))

    def waiting(self) -> int:
        """Frames of the caller's that came and are not heard yet, at most."""
        try:
            return -(-self._telephony.stats(self._leg).waiting // FRAME_SAMPLES)
        except IvrError:  # it has just ended
            return 0

    def end(self, rest: bytes) -> None:
        """The caller is gone: what had come of them, and was not heard yet, is kept."""
        for at in range(0, len(rest), FRAME_BYTES):
            if (tape := self._recording.tape) is not None:
                said = self._recording.covered(rest[at : at + FRAME_BYTES])
                tape.audio(self.sample, {"caller.in": said, "caller.out": SILENT_FRAME})
            self.sample += FRAME_SAMPLES

    def _keep(self, desk: Desk, frames: int, heard: Mapping[int, bytes], to_caller: bytes | None) -> bool:
        """What passed; whether it could be kept. `to_caller`: None: it is kept already.

        Short: it runs in caches gone cold.
        """
        sample, from_caller = self.sample, heard[self._leg]
        self.sample = sample + frames * FRAME_SAMPLES
        if self._live.hears:
            self._live.hear(desk.said(from_caller, heard), sample, sends=self.sends)
        if (tape := self._recording.tape) is None:
            return True
        if to_caller is not None:
            kept = {"caller.in": from_caller, "caller.out": to_caller}
            if desk.far.answered:
                kept.update(desk.kept(heard))
            tape.audio(sample, kept)
        return tape.failed is None

    def _listen(self, sample: int, from_caller: bytes) -> None:
        """What was said in a row: nobody had to know of it before its end."""
        self._ear.hear_all(sample, from_caller)
        for pressed in self._keys.hear(from_caller):
            self._feed(pressed)

    def _to_caller(self, desk: Desk, frames: dict[str, bytes]) -> bytes:
        """A prompt comes first, then who is to be heard, then music, then silence: a frame leaves every 20 ms."""
        if not self._player.playing and (voices := desk.ears.of_caller(frames, self.sample)) is not None:
            return voices
        return self._player.frame(self.sample) or SILENT_FRAME
