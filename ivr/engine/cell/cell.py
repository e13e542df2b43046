"""One cell: a process that carries one conversation at a time, in one thread.

Asleep, it waits in the SIP stack. In a call it wakes for each frame that needs a decision: SIP and RTP first, then hub
and speech, then one frame of audio each way; frames that need none pass in a row (`stretches`). A late wake sends the
frames it owes at once; a very late one lets them go and counts them. All cells of a machine wake at the same moments:
the next one finds in the caches what the last one has just used (ADR 76).
"""

from __future__ import annotations

import os
import select
from collections import deque
from contextlib import suppress
from math import ceil

from ivr.core.alarms import AlarmKind
from ivr.core.media.frame import FRAME_SECONDS
from ivr.engine.bus.callbacks import CalleeDue, CalleeRefused
from ivr.engine.bus.cells import Alarm, CellHello, CellState, CellStatus, Counted
from ivr.engine.bus.data_keys import data_keys
from ivr.engine.bus.edge import DialWord
from ivr.engine.bus.messages import Message
from ivr.engine.bus.stock import KeysHeld, KeysIssued, KeysVoided, KeysWanted
from ivr.engine.cell.callee import Callee, dial
from ivr.engine.cell.config import CellConfig, Surroundings
from ivr.engine.cell.conversation import Conversation
from ivr.errors import IvrError
from ivr.ports.keys import DataKey
from ivr.ports.telephony import LegFact, LegIncoming

IDLE_WAIT = 0.5
"""Seconds between two looks of an idle cell whose hub is away, or whose last call may still have something to say."""
SLEEP_SECONDS = 90.0
"""The same of a cell for which neither is so: an INVITE, the hub and signals wake it at once, and the supervisor asks
whether it lives more often than that."""
LEAVING_SECONDS = 40.0
"""After a call, messages of SIP may have to be sent again, for 32 s at most (RFC 3261 17.1.2.2)."""
OWED_FRAMES = 5
"""Frames sent in a burst after a late wake; what is later than 100 ms helps no jitter buffer."""
LINK_FRAMES = 5
"""Frames between two looks at links that said nothing by themselves: reconnecting, and sending what waits."""
APOLOGY_SECONDS = 10.0
"""Time to say sorry in, once a stopping cell's patience is over."""
DIAL_WORD = "X-Ivr-Cell"
"""Header by which the edge knows that it is a cell who dials; the edge takes it away."""
BUSY_HERE = 486
UNAVAILABLE = 503


class Cell:
    """The loop of one cell. `run` returns when it was told to stop, or has served its share."""

    def __init__(self, config: CellConfig, around: Surroundings) -> None:
        self._config = config
        self._around = around
        self._conversation: Conversation | None = None
        self._arriving = False
        """An INVITE is being taken up."""
        self._keys: deque[DataKey] = deque()
        self._void_keks: frozenset[str] = frozenset()
        """Keys that were rotated away: what they wrapped is used for no new call."""
        self._keys_asked_at = float("-inf")
        self._served = 0
        self._stop_by: float | None = None
        self._retiring = False
        self._line_lost = self._legs_doubted = False
        self._drain_told = False
        self._told: tuple[CellStatus, str | None] | None = None
        self._left_at = float("-inf")
        """When the last call ended, or was refused."""
        self._nudge = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        """Written by signals that end it: they wake it, and it is never read."""

    def stop(self) -> None:
        """Take no new call, end when the running one has (SIGTERM)."""
        if self._stop_by is None:
            self._stop_by = self._around.monotonic() + self._config.drain_seconds
            os.eventfd_write(self._nudge, 1)

    def retire(self) -> None:
        """Take no new call, end when the running one has, however long it goes on (SIGHUP)."""
        self._retiring = True
        os.eventfd_write(self._nudge, 1)

    def lose_line(self) -> None:
        """The media of the running call is gone for good (SIGUSR1)."""
        self._line_lost = True  # a call looks within a second; without one there is nothing to wake for

    def doubt_legs(self) -> None:
        """The media of somebody whom the running call dialled is gone for good (SIGUSR2)."""
        self._legs_doubted = True

    def hello(self, pid: int) -> CellHello:
        """What the hub hears first on each connection."""
        call_id = self._conversation.call_id if self._conversation is not None else None
        return CellHello(self._config.number, pid, self._config.sip, call_id, self._config.publication)

    def run(self) -> None:
        """Serve until stopped or recycled."""
        while self._conversation is not None or not self._is_done():
            if self._conversation is None:
                self._sleep()
                self._hear_hub()
                self._around.speech.pump(self._around.monotonic())  # whether it is there, for the next call
                self._tell_state()
            else:
                self._converse(self._conversation)
        self._tell_state()

    def _is_done(self) -> bool:
        return self._stop_by is not None or self._retiring or self._served >= self._config.recycle_after

    # --- idle -------------------------------------------------------------------------------------------------------

    def _sleep(self) -> None:
        """Until something comes, or it is time to look."""
        hub = self._around.hub.fileno()
        left = self._around.monotonic() < self._left_at + LEAVING_SECONDS
        wait = IDLE_WAIT if left or hub < 0 else SLEEP_SECONDS
        facts = self._around.telephony.poll(wait, [self._nudge, *([hub] if hub >= 0 else [])])
        if facts:
            self._left_at = self._around.monotonic()
        self._take(facts)

    def _take(self, facts: list[LegFact]) -> None:
        for fact in facts:
            if isinstance(fact, LegIncoming):
                self._incoming(fact)
            elif self._conversation is not None:
                self._conversation.take_leg(fact)

    def _incoming(self, incoming: LegIncoming) -> None:
        if self._conversation is not None:
            self._refuse(incoming, BUSY_HERE)
            return
        if self._is_done():
            self._refuse(incoming, UNAVAILABLE, retry_after=1)
            return
        self._around.speech.pump(self._around.monotonic())
        self._arriving = True
        try:
            self._begin(Conversation(incoming, self._config, self._around, self._key()))
        except IvrError as error:
            self._refuse(incoming, UNAVAILABLE, retry_after=60)
            self._around.hub.send(Alarm(AlarmKind.CALL, f"a call was refused: {error}"))
        finally:
            self._arriving = False

    def _call_back(self, due: CalleeDue) -> None:
        """The hub wants somebody dialled."""
        how, refused = self._around.outgoing, ""
        if how is None or self._conversation is not None or self._arriving or self._is_done():
            refused = "the cell is taken"
        elif not self._keys:
            refused = "the cell has no data key"
        else:
            try:
                self._begin(self._dialled(dial(due, self._around.telephony, how)))
            except IvrError as error:
                refused = str(error)
        if refused:
            self._around.hub.send(CalleeRefused(due.call_id, refused))

    def _dialled(self, callee: Callee) -> Conversation:
        try:
            return Conversation(callee, self._config, self._around, self._keys.popleft())
        except IvrError:
            self._around.telephony.hang_up(callee.leg)
            raise

    def _begin(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._served += 1
        self._count("calls", 1)
        self._tell_state()

    def _refuse(self, incoming: LegIncoming, code: int, *, retry_after: int | None = None) -> None:
        with suppress(IvrError):  # the caller may have given up meanwhile
            self._around.telephony.reject(incoming.leg, code, retry_after=retry_after)

    def _key(self) -> DataKey | None:
        """A key for the next recording; a cell that has just begun waits a moment for its first."""
        around = self._around
        give_up = around.monotonic() + self._config.key_wait
        while not self._keys and around.monotonic() < give_up:
            descriptor = around.hub.fileno()
            select.select([descriptor] if descriptor >= 0 else [], [], [], 0.02)
            self._hear_hub()
        return self._keys.popleft() if self._keys else None

    def _hear_hub(self) -> None:
        now = self._around.monotonic()
        for message in self._around.hub.pump(now):
            self._take_hub(message)
        missing = self._config.key_stock - len(self._keys)
        if missing > self._config.key_stock // 2 and now - self._keys_asked_at > 1.0:
            self._keys_asked_at = now
            self._around.hub.send(KeysWanted(missing))

    def _take_hub(self, message: Message) -> None:
        if isinstance(message, KeysIssued):
            # A hub that was slow to answer was asked again: what comes twice is let go, and the stock stays a few keys.
            room = self._config.key_stock - len(self._keys)
            fresh = [key for key in data_keys(message) if key.kek_id not in self._void_keks]
            self._keys.extend(fresh[:room])
        elif isinstance(message, KeysVoided):
            self._void(message)
        elif isinstance(message, DialWord):
            self._around.telephony.introduce({DIAL_WORD: message.word})
        elif isinstance(message, CalleeDue):
            self._call_back(message)
        elif self._conversation is not None:
            self._conversation.take_hub(message)

    def _void(self, message: KeysVoided) -> None:
        """The key store's key was rotated: use up nothing that an older one wrapped, and say what is still in use."""
        self._void_keks |= frozenset(message.kek_ids)
        self._keys = deque(key for key in self._keys if key.kek_id not in self._void_keks)
        self._keys_asked_at = float("-inf")
        held = {key.kek_id for key in self._keys}
        if self._conversation is not None and self._conversation.kek_id is not None:
            held.add(self._conversation.kek_id)
        self._around.hub.send(KeysHeld(tuple(sorted(held)), tuple(sorted(self._void_keks))))

    def _tell_state(self) -> None:
        conversation = self._conversation
        idle = conversation is None
        state = CellStatus.DRAINING if self._is_done() else CellStatus.IDLE if idle else CellStatus.BUSY
        call_id = conversation.call_id if conversation is not None else None
        if self._told != (state, call_id):
            self._told = (state, call_id)
            self._around.hub.send(CellState(self._config.number, state, call_id, self._served))

    # --- in a call --------------------------------------------------------------------------------------------------

    def _converse(self, conversation: Conversation) -> None:
        """Carry one call to its end."""
        around = self._around
        next_frame = ceil(around.monotonic() / FRAME_SECONDS) * FRAME_SECONDS
        frames = 0
        while True:
            moved = conversation.carry(next_frame, self._wakes())
            if moved is None:
                self._sleep_until(conversation, next_frame)
            self._take(around.telephony.poll(0))
            if conversation.over:
                break
            if moved is None:
                conversation.tick()
            passed = 1 if moved is None else moved.frames
            frames += passed
            if frames >= LINK_FRAMES or (moved is not None and moved.woken):
                frames = 0
                self._hear(conversation)
                self._drain(conversation)
                if self._line_lost:
                    self._line_lost = False
                    conversation.lose_line()
                if self._legs_doubted:
                    self._legs_doubted = False
                    conversation.desk.far.doubt()
            next_frame = self._catch_up(conversation, next_frame + passed * FRAME_SECONDS)
        self._conversation = None
        self._line_lost = self._legs_doubted = False
        self._left_at = self._around.monotonic()
        self._hear_hub()
        self._tell_state()

    def _hear(self, conversation: Conversation) -> None:
        """Hub and speech service: what they said, and what is due to them."""
        self._hear_hub()
        for fact in self._around.speech.pump(self._around.monotonic()):
            conversation.take_speech(fact)

    def _drain(self, conversation: Conversation) -> None:
        """A stopping cell lets its call go on for a while, then has it end with an apology, then ends it."""
        if self._stop_by is None:
            return
        now = self._around.monotonic()
        if now >= self._stop_by + APOLOGY_SECONDS:
            conversation.hang_up()
        elif now >= self._stop_by and not self._drain_told:
            self._drain_told = True
            conversation.drain()

    def _catch_up(self, conversation: Conversation, next_frame: float) -> float:
        late = self._around.monotonic() - next_frame
        if late < FRAME_SECONDS:
            return next_frame
        owed = int(late / FRAME_SECONDS)
        self._count("frames_late", owed)
        if owed > OWED_FRAMES:
            conversation.skip(owed)
            self._count("frames_lost", owed)
            return next_frame + owed * FRAME_SECONDS
        return next_frame

    def _sleep_until(self, conversation: Conversation, when: float) -> None:
        """Sleep, but hear hub and speech service at once: a barge-in should not wait for the next frame."""
        around = self._around
        while True:
            left = when - around.monotonic()
            if left <= 0 or conversation.over:
                return
            ready, _, _ = select.select(self._wakes(), [], [], left)
            if not ready:
                return
            self._hear(conversation)

    def _wakes(self) -> list[int]:
        """Hub and speech service: where something may come at any time."""
        descriptors = self._around.speech.filenos()
        if (hub := self._around.hub.fileno()) >= 0:
            descriptors.append(hub)
        return descriptors

    def _count(self, name: str, growth: float) -> None:
        self._around.hub.send(Counted({name: growth}))
