"""The loop of a cell: one call at a time, keys in hand, an end when it is told to or has served its share."""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.vault.journal import parse_preamble
from ivr.core.vault.keys import KeyEncryptionKey
from ivr.engine.bus.cells import CellState, Counted
from ivr.engine.bus.messages import Message
from ivr.engine.bus.stock import KeysHeld, KeysIssued, KeysVoided, KeysWanted
from ivr.engine.cell.cell import Cell
from ivr.engine.cell.config import CellConfig, Surroundings
from ivr.ports.telephony import LegFact
from ivr.testing.fake_speech import FakeFrameVad, FakeSpeechLink
from ivr.testing.fake_stores import MemoryKeyStore
from ivr.testing.fake_telephony import FakeLeg, FakeTelephony
from tests.unit.cell.rehearsal import DIALPLAN, FakeHub, SpokenPrompts


class SleepingTelephony(FakeTelephony):
    """Waits in `poll` as the real one does."""

    def poll(self, timeout: float, wakes: Sequence[int] = ()) -> list[LegFact]:
        """Facts, after a nap."""
        time.sleep(min(timeout, 0.005))
        return super().poll(timeout)


class GivingHub(FakeHub):
    """Issues the keys it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.keys = MemoryKeyStore()
        self.generous = True
        self.answers = 1
        """How often each wish is answered."""
        self._due: list[Message] = []

    def send(self, message: Message) -> None:
        """Answer a wish for keys."""
        super().send(message)
        if isinstance(message, KeysWanted) and self.generous:
            for _ in range(self.answers):
                keys = [self.keys.issue() for _ in range(message.count)]
                coded = [(b64encode(k.key).decode(), b64encode(k.wrapped).decode(), k.kek_id) for k in keys]
                self._due.append(KeysIssued(tuple(coded)))

    def rotate(self) -> None:
        """Void what was issued; keys of the old kind are still on their way."""
        late = self.keys.issue()
        ring = self.keys.ring
        old = ring.active.kek_id
        self.keys.ring = ring.rotated(KeyEncryptionKey("kek-2", bytes(32), 1.0))
        coded = (b64encode(late.key).decode(), b64encode(late.wrapped).decode(), late.kek_id)
        self._due += [KeysVoided((old,)), KeysIssued((coded,))]

    def pump(self, now: float) -> list[Message]:
        """The keys."""
        due, self._due = self._due, []
        return due


class Running:
    """A cell on a thread of its own."""

    def __init__(self, recordings: Path, **limits: float) -> None:
        self.telephony, self.hub = SleepingTelephony(), GivingHub()
        plan = load_dialplan(DIALPLAN, source="test.yaml")
        config = CellConfig(number=3, sip="127.0.0.1:5073", recordings=recordings, key_wait=0.2)
        around = Surroundings(
            telephony=self.telephony, prompts_for=lambda dialplan: SpokenPrompts(), speech=FakeSpeechLink(),
            hub=self.hub, sources={},
            dialplan_for=lambda called: plan, vad=FakeFrameVad(), music=b"", monotonic=time.monotonic, wall=time.time,
            new_call_id=lambda: f"call-{time.monotonic_ns()}",
        )  # fmt: skip
        self.cell = Cell(replace(config, **limits), around)  # type: ignore[arg-type]
        self.thread = threading.Thread(target=self.cell.run)

    def until_up(self, leg: FakeLeg) -> None:
        """Wait until a call is answered."""
        self.until(lambda: leg.up)

    def until(self, happened: object) -> None:
        """Wait until something is so."""
        assert callable(happened)
        give_up = time.monotonic() + 5
        while not happened():
            assert time.monotonic() < give_up, self.hub.told
            time.sleep(0.01)

    @property
    def states(self) -> list[str]:
        """What the hub was told of its states."""
        return [message.state for message in self.hub.told if isinstance(message, CellState)]


@contextmanager
def running(recordings: Path, *, keys: bool = True, answers: int = 1, **limits: float) -> Iterator[Running]:
    run = Running(recordings, **limits)
    run.hub.generous, run.hub.answers = keys, answers
    run.thread.start()
    try:
        yield run
    finally:
        for leg in list(run.telephony.legs):
            run.telephony.far_end_ends(leg)
        run.cell.stop()
        run.thread.join(5)
        assert not run.thread.is_alive()


def test_a_cell_answers_a_call_and_is_idle_again_after_it(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        leg = run.telephony.ring_in()
        run.until_up(leg)
        run.telephony.far_end_ends(leg.number)
        run.until(lambda: run.states[-1:] == ["idle"] and "busy" in run.states)
        assert run.states[-2:] == ["busy", "idle"]


def test_a_second_caller_is_told_that_the_cell_is_busy(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.until_up(run.telephony.ring_in())
        second = run.telephony.ring_in()
        run.until(lambda: second.refused is not None)
        assert second.refused == (486, None)


def test_a_cell_without_a_key_refuses_the_call_with_an_apology(tmp_path: Path) -> None:
    with running(tmp_path, keys=False) as run:
        leg = run.telephony.ring_in()
        run.until(lambda: leg.refused is not None)
        assert leg.refused == (503, 60)
        assert len(leg.heard) > 0


def test_a_wish_for_keys_that_is_answered_twice_leaves_no_more_in_hand_than_the_stock(tmp_path: Path) -> None:
    """As when a hub is slow and is asked again: a cell that is stolen holds a few keys, not many."""
    with running(tmp_path, answers=2, key_stock=2) as run:
        for served in (1, 2):
            leg = run.telephony.ring_in()
            run.until_up(leg)
            run.hub.generous = False
            run.telephony.far_end_ends(leg.number)
            run.until(lambda: run.states.count("busy") == served and run.states[-1] == "idle")  # noqa: B023 - at once
        third = run.telephony.ring_in()
        run.until(lambda: third.refused is not None)
        assert third.refused == (503, 60)


def test_what_a_rotated_key_wrapped_is_used_for_no_new_call(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        first = run.telephony.ring_in()
        run.until_up(first)
        run.hub.rotate()
        run.until(lambda: KeysHeld(("kek-1-memory",), ("kek-1-memory",)) in run.hub.told)  # its call's, nothing else
        run.telephony.far_end_ends(first.number)
        run.until(lambda: run.states[-1] == "idle")
        run.until_up(run.telephony.ring_in())
        first_journal, second_journal = sorted(tmp_path.rglob("*.ivrj"), key=lambda path: path.stat().st_ctime_ns)
        assert parse_preamble(first_journal.read_bytes())[0].kek_id == "kek-1-memory"
        assert parse_preamble(second_journal.read_bytes())[0].kek_id == "kek-2"


def test_a_cell_that_has_served_its_share_ends_by_itself(tmp_path: Path) -> None:
    with running(tmp_path, recycle_after=1) as run:
        leg = run.telephony.ring_in()
        run.until_up(leg)
        run.telephony.far_end_ends(leg.number)
        run.thread.join(5)
        assert not run.thread.is_alive()
        assert run.states[-1] == "draining"


def test_a_stopped_cell_lets_its_call_end_in_its_own_time(tmp_path: Path) -> None:
    with running(tmp_path, drain_seconds=30) as run:
        leg = run.telephony.ring_in()
        run.until_up(leg)
        run.cell.stop()
        time.sleep(0.3)
        assert leg.number in run.telephony.legs
        run.telephony.far_end_ends(leg.number)
        run.thread.join(5)
        assert not run.thread.is_alive()


def test_a_stopped_cell_whose_patience_is_over_says_sorry_and_hangs_up(tmp_path: Path) -> None:
    with running(tmp_path, drain_seconds=0) as run:
        leg = run.telephony.ring_in()
        run.until_up(leg)
        run.cell.stop()
        run.thread.join(8)
        assert not run.thread.is_alive()
        assert leg.number in run.telephony.ended


def test_a_caller_who_gives_up_before_the_cell_has_looked_hurts_nobody(tmp_path: Path) -> None:
    run = Running(tmp_path)
    for _ in range(2):
        leg = run.telephony.ring_in()
        run.telephony.far_end_ends(leg.number, 487)
    run.thread.start()
    run.until(lambda: "idle" in run.states)
    run.until_up(run.telephony.ring_in())
    run.telephony.far_end_ends(max(run.telephony.legs))
    run.cell.stop()
    run.thread.join(5)
    assert not run.thread.is_alive()


def test_calls_are_counted(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        run.until_up(run.telephony.ring_in())
        counted = [message.counters for message in run.hub.told if isinstance(message, Counted)]
        assert {"calls": 1} in counted
