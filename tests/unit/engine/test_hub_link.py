"""The cell's end of the bus: never waits, never raises, and loses nothing that matters when the hub dies."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.core.alarms import AlarmKind
from ivr.engine.bus.calls import CallSaved, CallStored, StepsKept, StepTold
from ivr.engine.bus.cell_link import OWED_MAX, STEPS_MAX, HubLink
from ivr.engine.bus.cells import Alarm, CellHello, CellState, CellStatus, Counted
from ivr.engine.bus.codec import LineBuffer, decode, encode
from ivr.engine.bus.messages import Message
from ivr.engine.bus.queue import AgentNotWanted, AgentWanted, OfferResult, OfferStatus, Queued
from ivr.engine.bus.stock import KeysIssued, KeysWanted

HELLO = CellHello(cell=3, pid=42, sip="127.0.0.1:5073")


class HubEnd:
    """The hub's side, by hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.listener: socket.socket | None = None
        self.connection: socket.socket | None = None

    def up(self) -> None:
        self.path.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(self.path))
        self.listener.listen()

    def accept(self) -> None:
        assert self.listener is not None
        self.connection, _ = self.listener.accept()
        self.connection.settimeout(2)

    def heard(self) -> list[Message]:
        assert self.connection is not None
        self.connection.setblocking(False)
        data = b""
        try:
            while chunk := self.connection.recv(65536):
                data += chunk
        except BlockingIOError:
            pass
        return [decode(line) for line in LineBuffer().feed(data)]

    def say(self, message: Message) -> None:
        assert self.connection is not None
        self.connection.sendall(encode(message))

    def down(self) -> None:
        for end in (self.connection, self.listener):
            if end is not None:
                end.close()
        self.connection = self.listener = None


@pytest.fixture
def hub() -> Iterator[HubEnd]:
    with tempfile.TemporaryDirectory(prefix="hub") as directory:
        end = HubEnd(Path(directory) / "hub.sock")
        yield end
        end.down()


def connect(hub: HubEnd) -> HubLink:
    hub.up()
    link = HubLink(hub.path, lambda: HELLO)
    link.pump(0.0)
    hub.accept()
    assert hub.heard() == [HELLO]
    return link


def saved(call_id: str, *, final: bool) -> CallSaved:
    return CallSaved({"call_id": call_id}, final=final)


def test_it_says_hello_first_and_hears_answers(hub: HubEnd) -> None:
    link = connect(hub)
    link.send(KeysWanted(4))
    assert hub.heard() == [KeysWanted(4)]
    issued = KeysIssued((("k", "w", "kek"),))
    hub.say(issued)
    assert link.pump(0.1) == [issued]


def test_without_a_hub_nothing_is_raised_and_the_next_try_waits(hub: HubEnd) -> None:
    link = HubLink(hub.path, lambda: HELLO)
    assert link.pump(0.0) == []
    assert link.fileno() == -1
    hub.up()
    assert link.pump(0.05) == []
    assert not link.connected, "too early to try again"
    link.pump(0.2)
    assert link.connected


def test_a_hub_that_comes_back_hears_all_that_still_matters(hub: HubEnd) -> None:
    link = connect(hub)
    hub.down()
    link.pump(1.0)
    assert not link.connected
    link.send(CellState(3, CellStatus.BUSY, "c9"))
    link.send(saved("c8", final=True))
    link.send(saved("c9", final=False))
    link.send(KeysWanted(2))
    link.send(AgentWanted("c9", "sales"))
    link.send(Alarm(AlarmKind.RECORDING, "stopped", "c9"))
    link.send(Counted({"calls": 1}))
    link.send(Counted({"calls": 2, "frames_lost": 1}))
    hub.up()
    link.pump(9.0)
    hub.accept()
    heard = hub.heard()
    assert heard[0] == HELLO
    assert CellState(3, CellStatus.BUSY, "c9") in heard
    assert saved("c8", final=True) in heard
    assert saved("c9", final=False) in heard
    assert KeysWanted(2) in heard
    assert AgentWanted("c9", "sales", waited=8.0) in heard, "its place is its waiting time"
    assert Alarm(AlarmKind.RECORDING, "stopped", "c9") in heard
    assert Counted({"calls": 3, "frames_lost": 1}) in heard


def test_a_hub_that_comes_back_hears_since_when_a_call_waits_as_the_one_before_it_said(hub: HubEnd) -> None:
    link = connect(hub)
    link.send(AgentWanted("c9", "sales"))
    for said in (Queued("c9", "desk", 2, since=1_000.25, credit=30.0), Queued("c8", "sales", 1, since=7.0)):
        hub.say(said)
    link.pump(1.0)
    hub.down()
    link.pump(2.0)
    hub.up()
    link.pump(9.0)
    hub.accept()
    (again,) = [one for one in hub.heard() if isinstance(one, AgentWanted)]
    assert (again.queue, again.stands_in, again.since, again.credit) == ("sales", "desk", 1_000.25, 30.0)


def test_a_call_that_waits_otherwise_keeps_its_moment_and_is_said_so_to_a_hub_that_comes_back(hub: HubEnd) -> None:
    link = connect(hub)
    link.send(AgentWanted("c9", "sales"))
    hub.say(Queued("c9", "desk", 2, since=1_000.25, credit=30.0))
    link.pump(1.0)
    link.send(AgentWanted("c9", "sales", 4, waited=20.0, urgent=True))
    hub.down()
    link.pump(2.0)
    hub.up()
    link.pump(9.0)
    hub.accept()
    (again,) = [one for one in hub.heard() if isinstance(one, AgentWanted)]
    assert (again.priority, again.urgent) == (4, True)
    assert (again.stands_in, again.since, again.credit) == ("desk", 1_000.25, 30.0)


def test_what_no_longer_holds_is_not_said_again(hub: HubEnd) -> None:
    link = connect(hub)
    link.send(AgentWanted("c1", "sales"))
    link.send(AgentNotWanted("c1"))
    link.send(KeysWanted(2))
    hub.say(KeysIssued(()))
    link.pump(0.1)
    link.send(saved("c1", final=False))
    link.send(saved("c1", final=True))
    hub.say(CallStored("c1"))
    link.pump(0.2)
    hub.down()
    link.pump(1.0)
    hub.up()
    link.pump(9.0)
    hub.accept()
    assert hub.heard() == [HELLO]


def test_an_ended_call_is_told_until_it_is_stored(hub: HubEnd) -> None:
    link = connect(hub)
    link.send(saved("c1", final=True))
    for at in (10.0, 20.0):
        hub.down()
        link.pump(at)
        hub.up()
        link.pump(at + 5)
        hub.accept()
        assert saved("c1", final=True) in hub.heard()


def test_a_new_hub_is_told_whom_the_call_holds(hub: HubEnd) -> None:
    link = connect(hub)
    link.send(OfferResult("c1", "o1", OfferStatus.ANSWERED, agent="ann"))  # the leg says whom it rings
    assert OfferResult("c1", "o1", OfferStatus.ANSWERED, agent="ann") in hub.heard()
    hub.down()
    link.pump(1.0)
    hub.up()
    link.pump(9.0)
    hub.accept()
    assert OfferResult("c1", "o1", OfferStatus.ANSWERED, agent="ann") in hub.heard()
    link.send(OfferResult("c1", "o1", OfferStatus.ENDED))
    hub.heard()
    hub.down()
    link.pump(10.0)
    hub.up()
    link.pump(19.0)
    hub.accept()
    assert hub.heard() == [HELLO]


def test_what_is_owed_is_bounded_and_the_loss_is_counted(hub: HubEnd) -> None:
    link = HubLink(hub.path, lambda: HELLO)
    for number in range(OWED_MAX + 7):
        link.send(saved(f"c{number}", final=True))
    assert link.dropped == 7


def test_a_hub_that_speaks_nonsense_is_left(hub: HubEnd) -> None:
    link = connect(hub)
    assert hub.connection is not None
    hub.connection.sendall(b"what?\n")
    assert link.pump(0.1) == []
    assert not link.connected


def test_a_hub_that_does_not_read_never_blocks_the_cell(hub: HubEnd) -> None:
    link = connect(hub)
    big = Alarm(AlarmKind.MEDIA, "x" * 100_000)
    seen = set()
    for _ in range(200):
        link.send(big)
        link.pump(0.0)
        seen.add(link.connected)
    assert seen == {True, False}, "8 MB unread: as good as dead"


def test_closing_says_the_last_words(hub: HubEnd) -> None:
    link = connect(hub)
    link.send(saved("c1", final=True))
    link.close()
    assert hub.heard() == [saved("c1", final=True)]


def test_steps_are_owed_until_the_hub_says_that_they_are_kept(hub: HubEnd) -> None:
    steps = [StepTold("c1", 1.0, number, 2.0, "state.entered", {"step": number}) for number in (1, 2, 3)]
    link = connect(hub)
    for step in steps:
        link.send(step)
    assert hub.heard() == [replace(step, fresh=True) for step in steps]
    hub.say(StepsKept("c1", 1))
    link.pump(0.1)
    hub.down()
    link.pump(0.2)
    hub.up()
    link.pump(5.0)
    hub.accept()
    assert hub.heard() == [HELLO, *steps[1:]]
    hub.say(StepsKept("c1", 3))
    link.pump(5.1)
    hub.down()
    link.pump(5.2)
    hub.up()
    link.pump(9.0)
    hub.accept()
    assert hub.heard() == [HELLO]


def test_a_step_that_waited_for_a_hub_is_fresh_to_the_first_and_to_no_other(hub: HubEnd) -> None:
    link = connect(hub)
    hub.down()
    link.pump(0.2)
    step = StepTold("c1", 1.0, 1, 2.0, "state.entered", {"step": 1})
    link.send(step)
    for now, told in ((5.0, replace(step, fresh=True)), (9.0, step)):
        hub.up()
        link.pump(now)
        hub.accept()
        assert hub.heard() == [HELLO, told]
        hub.down()
        link.pump(now + 0.1)


def test_a_hub_that_stays_away_costs_a_bounded_memory_of_steps_and_what_was_dropped_is_counted(hub: HubEnd) -> None:
    link = HubLink(hub.path, lambda: HELLO)
    for number in range(STEPS_MAX + 7):
        link.send(StepTold("c1", 1.0, number, 2.0, "state.entered", {"step": number}))
    assert link.dropped == 7
