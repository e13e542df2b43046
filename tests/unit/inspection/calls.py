"""Calls that were recorded, made here: who speaks writes their words into their channel (`ivr.testing.fake_speech`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.call.transcript import Span
from ivr.core.compliance.rules_file import load_rules
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.media.frame import FRAME_BYTES, SAMPLE_BYTES
from ivr.core.media.frame import SAMPLE_RATE as SECOND
from ivr.core.orders.listening import Grammar
from ivr.core.vault.journal_frame import AudioBlock, Closed, JournalEntry, JournalFrame
from ivr.engine.inspection.inspecting import Inspecting, InspectionPorts
from ivr.engine.inspection.transcribing import Transcriber
from ivr.engine.office.rules import PublishRules, publish
from ivr.testing.fake_inspections import MemoryInspectionStore
from ivr.testing.fake_recordings import sealed_journal
from ivr.testing.fake_speech import FakeFrameVad, FakeRecognizer, FakeRecognizerStream, speak
from ivr.testing.fake_stores import MemoryCallStore
from tests.unit.compliance.talks import written
from tests.unit.office.house import NOW, House
from tests.unit.office.test_inspection import TEXT

CHANNEL_BITS = {"caller.in": 1, "caller.out": 2, "agent.in": 4}
PROMISE = "promise:\n  severity: critical\n  by: [agent]\n  forbid: {en: [risk free]}"


def spoken(at: float, text: str, length: float = 6.0) -> bytes:
    """A channel on which a text is said at a second."""
    sound = bytes(int(at * SECOND) * SAMPLE_BYTES) + speak(text)
    whole = int(length * SECOND) * SAMPLE_BYTES
    return (sound + bytes(whole))[:whole]


TALK = {"caller.in": spoken(1, "is it safe"), "agent.in": spoken(3, "it is risk free")}


class Centre:
    """A house whose calls are inspected by fakes."""

    def __init__(self, recognizer: FakeRecognizer | None = None) -> None:
        self.house = House()
        self.house.put_in_force()
        self.store = MemoryInspectionStore()
        self.house.inspections = self.store
        self.calls: MemoryCallStore = self.house.calls
        self.recognizer = recognizer or FakeRecognizer()
        self.monotonic = 100.0
        self.damaged: list[tuple[str, str]] = []
        self.inspecting = self.anew()

    def anew(self) -> Inspecting:
        """An inspector that was started now."""
        house = self.house
        ports = InspectionPorts(house.recordings, self.calls, self.store, house.versions, house.rules)
        transcriber = Transcriber(
            house.recordings, lambda: {"*": self.recognizer}, FakeFrameVad, wall=lambda: house.now
        )
        return Inspecting(
            ports, transcriber, days=14, at_least=lambda work: work(), wall=lambda: house.now,
            monotonic=lambda: self.monotonic,
        )  # fmt: skip

    def publish(self, text: str = PROMISE) -> None:
        """Rules go live."""
        rules = written(text, head="languages: [en]")
        load_rules(rules, source="made.yaml")
        publish(self.house.office("os:supervisor"), PublishRules(rules, reason="a test"))

    def call(self, name: str, channels: dict[str, bytes], *, spans: Sequence[Span] = (), sealed: bool = True) -> None:
        """A call that ended."""
        house = self.house
        plan = load_dialplan(TEXT, source="shop.yaml")
        house.versions.keep(plan.id, plan.sha256, {"shop.yaml": TEXT}, {}, now=1.0)
        record = CallRecord(
            name, NOW - 60, NOW - 60, NOW - 50, caller="", dialplan=plan.id, language="en", recording_id=name
        )
        frames: list[JournalFrame] = [JournalEntry({"dialplan": plan.id, "sha256": plan.sha256})]
        frames += [JournalEntry({"span": span.to_json()}) for span in spans]
        length = max(map(len, channels.values()))
        for at in range(0, length, 10 * FRAME_BYTES):
            block = {channel: pcm[at : at + 10 * FRAME_BYTES] for channel, pcm in channels.items()}
            frames.append(AudioBlock(at // SAMPLE_BYTES, block))
        frames.append(Closed({"record": record_to_json(record), "samples": length // SAMPLE_BYTES}))
        stored = house.recordings.put(sealed_journal(house.keys, name, NOW - 60, frames))
        self.calls.save(record)
        self.store.ended[name] = NOW - 50
        if sealed:
            house.recordings.seal(stored, house.recordings.outline(stored))
            house.recordings.remove_journal(stored)

    def round(self, inspecting: Inspecting | None = None) -> list[str]:
        """The calls that one round reads."""
        made = inspecting or self.inspecting
        made.look()
        return list(made.some(lambda call, why: self.damaged.append((call, why))))


class Rubbish(FakeRecognizer):
    """A recognizer that goes wrong at a word."""

    def __init__(self, word: str, made: Callable[[], str]) -> None:
        self._word, self._made = word, made

    def open(self, grammar: Grammar) -> FakeRecognizerStream:
        """Begin an utterance."""
        return _RubbishStream(grammar, self._word, self._made)


class _RubbishStream(FakeRecognizerStream):
    def __init__(self, grammar: Grammar, word: str, made: Callable[[], str]) -> None:
        super().__init__(grammar)
        self._word, self._made = word, made

    def finish(self):  # type: ignore[no-untyped-def]
        """What it reads, or rubbish."""
        found = super().finish()
        return type(found)(self._made(), 0.97) if self._word in found.text else found
