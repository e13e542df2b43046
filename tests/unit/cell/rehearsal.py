"""A cell's conversation on virtual time: fake telephone, speech and hub, the real core and the real recorder."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.adapters.openssl.journals import find_journals
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_from_json
from ivr.core.call.recording import OpenedRecording
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.media.frame import FRAME_SECONDS
from ivr.core.orders.playing import Clip
from ivr.engine.bus.calls import CallSaved
from ivr.engine.bus.messages import Message
from ivr.engine.cell.config import CellConfig, Surroundings
from ivr.engine.cell.conversation import Conversation
from ivr.engine.cell.sealed_frames import SealedFrames
from ivr.ports.data import DataSource
from ivr.ports.keys import DataKey
from ivr.ports.telephony import LegIncoming
from ivr.testing.dtmf import tone
from ivr.testing.fake_speech import FakeFrameVad, FakeSpeechLink, hear, speak
from ivr.testing.fake_stores import MemoryKeyStore
from ivr.testing.fake_telephony import FakeLeg, FakeTelephony

DIALPLAN = """
name: test
version: "1"
languages: [en]
start: menu
values:
  pin: {type: digits, secret: true}
  amount: {type: amount, currency: currency}
  currency: text
protect:
  deal: {after: [risk]}
disclosures:
  risk:
    say: {en: You may lose all of it.}
    acknowledge: {ask: {en: Press 1.}, press: 1, hear: {en: [I understand]}, attempts: 2, otherwise: bye}
states:
  menu:
    ask: {en: Balance or fund or agent.}
    choices:
      balance: {press: 1, hear: {en: [tell me the balance of my account]}, go: ask_pin}
      fund: {press: 2, hear: {en: [I want to buy a fund please]}, go: warn}
      agent: {press: 3, hear: {en: [I want to speak to an agent]}, go: queue}
      office: {press: 8, go: office}
      message: {press: 9, go: message}
    silence: {attempts: 3, otherwise: bye}
    nomatch: {attempts: 3, otherwise: bye}
  ask_pin:
    ask: {en: Your PIN.}
    digits: {into: pin, length: 4}
    silence: {attempts: 1, otherwise: bye}
    nomatch: {attempts: 1, otherwise: bye}
    go: look
  look:
    lookup: bank.balance
    given: {pin: pin}
    keep: {amount: amount, currency: currency}
    go: tell
    failed: bye
  tell: {say: {en: "You have {amount}."}, go: bye}
  warn: {disclose: risk, go: deal}
  deal: {say: {en: It is done.}, go: bye}
  queue: {enqueue: wealth, say: {en: Please wait.}, max_wait: 60, otherwise: bye}
  message: {voicemail: box, say: {en: Speak now.}, silence: 2, go: bye, empty: menu}
  office: {transfer: head_office, say: {en: One moment.}, timeout: 20, failed: menu, after: bye}
  bye: {say: {en: Goodbye.}, hang_up: completed}
"""


class FakeHub:
    """Keeps what it is told; says what the test lets it say."""

    def __init__(self) -> None:
        self.told: list[Message] = []
        self.connected = False

    def fileno(self) -> int:
        """Nothing to wait for."""
        return 0 if self.connected else -1

    def send(self, message: Message) -> None:
        """Keep it."""
        self.told.append(message)

    def pump(self, now: float) -> list[Message]:
        """Nothing."""
        return []


class FakeBank:
    """A data source that knows one PIN."""

    def query(self, name: str, params: dict[str, object], *, timeout: float) -> dict[str, object]:
        """The balance, for PIN 1234."""
        assert name == "balance"
        return {"amount": "12.50" if params["pin"] == "1234" else "0", "currency": "EUR"}


class SpokenPrompts:
    """Static clips as the fake synthesizer speaks them."""

    def pcm(self, clip: Clip) -> bytes:
        """The text, spoken."""
        return speak(clip.text)

    def joined(self, clip: Clip) -> bytes | None:
        """Nothing was spoken ahead."""
        return None

    def spoken_by(self, clip: Clip) -> str:
        """The fake synthesizer's voice."""
        return clip.spoken_by("fake")


class Rehearsal:
    """One call. `passes` moves time; what the caller heard is read back as text."""

    carries = False
    """Whether frames that need no decision pass in a row, as where C moves them."""

    def __init__(self, recordings: Path, *, key: DataKey | None = None, keys: MemoryKeyStore | None = None,
                 dialplan: str = DIALPLAN, bank: DataSource | None = None,
                 held: bool = False, telephone_event: bool = True, live: bool = False,
                 agents: bool = False) -> None:  # fmt: skip
        self.keys = keys or MemoryKeyStore()
        self.recordings = recordings
        self.now = 1000.0
        self.carried = 0
        """Frames that passed so."""
        self.stretches = 0
        """In so many rows."""
        self.telephony, self.speech, self.hub = FakeTelephony(), FakeSpeechLink(), FakeHub()
        self.telephony.moved = self._moved
        self.telephony.telephone_event = telephone_event
        bank = bank or FakeBank()
        numbers = count(1)
        plan = load_dialplan(dialplan, source="test.yaml")
        around = Surroundings(
            telephony=self.telephony, prompts_for=lambda dialplan: SpokenPrompts(), speech=self.speech, hub=self.hub,
            sources={"bank": bank}, dialplan_for=lambda called: plan, vad=FakeFrameVad(),
            music=speak("music".ljust(40)),
            monotonic=lambda: self.now, wall=lambda: 1_700_000_000.0, new_call_id=lambda: f"call-{next(numbers)}",
            live_vad=FakeFrameVad if live else None, agent_vad=FakeFrameVad if agents else None,
            transfers={"head_office": "sip:+85212345678@trunk.example"},
            journals=find_journals() or SealedFrames,
        )  # fmt: skip
        self.leg: FakeLeg = self.telephony.ring_in(held=held)
        incoming = self.telephony.poll(0)[0]
        assert isinstance(incoming, LegIncoming)
        config = CellConfig(number=0, sip="127.0.0.1:5070", recordings=recordings)
        self.conversation = Conversation(incoming, config, around, key or self.keys.issue())

    def passes(self, seconds: float) -> None:
        """Let time pass, frame by frame, and several in a row where `carries` says so."""
        left = round(seconds / FRAME_SECONDS)
        while left > 0:
            left -= self._pass(left)

    def _pass(self, most: int) -> int:
        for fact in self.telephony.poll(0):
            self.conversation.take_leg(fact)
        for word in self.speech.pump(self.now):
            self.conversation.take_speech(word)
        if not self.conversation.over:
            self.telephony.carries = self.carries * most
            moved = self.conversation.carry(self.now, ())
            if moved is not None:
                self.now += FRAME_SECONDS
                self.carried += moved.frames
                self.stretches += 1
                return moved.frames
            self.conversation.tick()
        self.now += FRAME_SECONDS
        return 1

    def _moved(self, frames: int) -> None:
        """The telephone moved so many frames: it is the time of the last one."""
        for _ in range(frames - 1):  # as frame by frame, to the last bit
            self.now += FRAME_SECONDS

    def until(self, happened: Callable[[], bool], *, seconds: float = 20.0) -> None:
        """Let time pass until something is so."""
        left = round(seconds / FRAME_SECONDS)
        while left > 0:
            if happened():
                return
            left -= self._pass(left)
        raise AssertionError(f"it never happened; the caller heard {self.heard!r}")

    def hears(self, text: str) -> None:
        """Let time pass until the caller has heard a text."""
        self.until(lambda: text in self.heard)

    def says(self, text: str) -> None:
        """The caller speaks."""
        self.telephony.far_end_says(self.leg.number, speak(text))

    def says_on(self, leg: int, words: str) -> None:
        """Somebody of a talk says this, as slowly as people do; it is recognized after them."""
        self.speech.miswritten = words
        sound = speak("x" * round(50 * len(words.split())))  # 0.4 s a word
        self.telephony.far_end_says(leg, sound)
        self.passes(len(sound) / 16000 + 1.0)
        self.speech.miswritten = ""

    def presses(self, keys: str) -> None:
        """The caller presses keys."""
        for key in keys:
            self.telephony.far_end_presses(self.leg.number, key)
            self.passes(0.1)

    def leg_of(self, party: str = "offer-1") -> int:
        """Somebody's leg; the first agent's by default."""
        far = self.conversation.desk.far.get(party)
        assert far is not None, f"nobody rang for {party}"
        assert far.leg is not None
        return far.leg

    def answers(self, party: str) -> int:
        """Somebody takes the call."""
        leg = self.leg_of(party)
        self.telephony.far_end_answers(leg)
        self.passes(0.1)
        return leg

    def dials(self, leg: int, keys: str) -> None:
        """Somebody presses keys, one after another."""
        for key in keys:
            self.telephony.far_end_presses(leg, key)
            self.passes(0.1)

    def dials_tones(self, keys: str) -> None:
        """The caller presses keys that are tones in the audio."""
        for key in keys:
            self.telephony.far_end_says(self.leg.number, tone(key))
            self.passes(0.2)

    @property
    def heard(self) -> str:
        """All that the caller heard."""
        return hear(bytes(self.leg.heard))

    def recording(self) -> OpenedRecording:
        """The sealed recording, opened."""
        return RecordingFiles(self.recordings, self.keys).open(self.conversation.call_id)


def final_record(call: Rehearsal) -> CallRecord:
    saved = [message for message in call.hub.told if isinstance(message, CallSaved) and message.final]
    assert len(saved) == 1
    return record_from_json(saved[0].record)
