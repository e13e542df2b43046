"""Journals that were written on another host: sent, cut off, sent on, and kept once, whole and checked."""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ivr.adapters.files.recordings.inbox import FOLDER, IncomingJournals
from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.apps.wiring.sender import NoKeys
from ivr.core.vault.journal_frame import AudioBlock, Closed, JournalEntry, JournalFrame
from ivr.engine.afar import journals as sending
from ivr.engine.afar.journals import JournalSender
from ivr.engine.bus.hosts import JournalPart, JournalsHeld, JournalTaken, ServedTold
from ivr.errors import PeerError, SealError
from ivr.ports.recordings import Form
from ivr.testing.fake_recordings import sealed_journal
from ivr.testing.fake_stores import MemoryKeyStore

AT = 1_767_312_000.0
DAY = "20260102"
SOUND = bytes(range(200)) * 8
FRAMES: tuple[JournalFrame, ...] = (
    JournalEntry({"event": {"is": "Ringing"}, "now": 0.0}),
    *(AudioBlock(800 * n, {"caller.in": SOUND, "caller.out": SOUND[::-1]}) for n in range(40)),
    Closed({"outcome": "completed"}),
)


@dataclass
class TwoHosts:
    """A host with journals, and the hub's with none; the link breaks after `pieces` of them."""

    folder: Path
    keys: MemoryKeyStore = field(default_factory=MemoryKeyStore)
    pieces: int = 1_000_000
    held: list[tuple[str, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.there = RecordingFiles(self.folder / "there", NoKeys())
        self.here = RecordingFiles(self.folder / "here", self.keys)
        self.inbox = IncomingJournals(self.folder / "here", self.keys)

    def call(self, call_id: str, *, of: str = "", frames: tuple[JournalFrame, ...] = FRAMES) -> bytes:
        """A call on the host is over; its file may hold another one."""
        data = sealed_journal(self.keys, of or call_id, AT, frames)
        path = self.folder / "there" / "2026" / "01" / "02" / f"{call_id}.ivrj"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return data

    @contextmanager
    def asking(self) -> Iterator[Callable[..., Any]]:
        """The hub, as it answers."""
        left = [self.pieces]

        def ask(question: object, answer: type) -> object:
            if isinstance(question, JournalsHeld):
                self.held.append(question.kek_ids)
                return ServedTold("p1")
            assert isinstance(question, JournalPart)
            if left[0] == 0:
                raise PeerError("the hub was cut off")
            left[0] -= 1
            name = (question.day, question.call_id)
            try:
                taken = self.inbox.take("hk2", name, question.offset, b64decode(question.data), question.sha256)
            except SealError as error:
                return JournalTaken(0, refused=str(error))
            return JournalTaken(taken.have, taken.whole)

        yield ask

    def send(self) -> None:
        """One round."""
        hub: Any = self
        sender = JournalSender(self.there, hub, lambda event, data: None)
        sender.serve(lambda seconds: True, seconds=0.0, served=lambda publication: None)

    def names(self) -> list[str]:
        return [one.call_id for one in self.here.journals()]


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TwoHosts:
    monkeypatch.setattr(sending, "PIECE_BYTES", 20_000)
    return TwoHosts(tmp_path)


def test_a_journal_comes_whole_opens_and_is_kept_on_its_host_no_longer(hosts: TwoHosts) -> None:
    hosts.call("c1")
    hosts.send()
    assert hosts.names() == ["c1"]
    assert len(hosts.here.open("c1").timeline.pcm("caller.in")) == 40 * len(SOUND)
    assert list(hosts.there.journals()) == []
    assert list((hosts.folder / "here" / FOLDER).rglob("*-*")) == []


def test_a_journal_is_sent_on_from_where_the_link_broke(hosts: TwoHosts) -> None:
    data = hosts.call("c1")
    hosts.pieces = 2
    with pytest.raises(PeerError):
        hosts.send()
    assert hosts.names() == []
    assert len(list(hosts.there.journals())) == 1
    [part] = (hosts.folder / "here" / FOLDER / "hk2").iterdir()
    assert part.stat().st_size == 40_000
    hosts.pieces = -(-len(data) // 20_000) - 2 + 1  # the first one is asked for again, and is not needed
    hosts.send()
    assert hosts.names() == ["c1"]
    assert not list(hosts.there.journals())


def test_what_came_otherwise_than_it_was_sent_comes_again_from_its_beginning(hosts: TwoHosts) -> None:
    hosts.call("c1")
    hosts.pieces = 2
    with pytest.raises(PeerError):
        hosts.send()
    [part] = (hosts.folder / "here" / FOLDER / "hk2").iterdir()
    part.write_bytes(b"?" * 40_000)
    hosts.pieces = 1_000
    hosts.send()
    assert hosts.names() == ["c1"]
    hosts.here.open("c1")


def test_a_host_whose_word_that_it_came_was_lost_sends_it_twice_and_it_is_kept_once(hosts: TwoHosts) -> None:
    data = hosts.call("c1")
    hosts.send()
    hosts.call("c1", of="c1")
    (hosts.folder / "there" / "2026" / "01" / "02" / "c1.ivrj").write_bytes(data)
    hosts.send()
    assert hosts.names() == ["c1"]
    assert list(hosts.there.journals()) == []


def test_it_is_known_too_when_it_is_in_its_long_term_form_by_then(hosts: TwoHosts) -> None:
    data = hosts.call("c1")
    hosts.send()
    [journal] = hosts.here.journals()
    hosts.here.seal(journal, hosts.here.outline(journal))
    hosts.here.remove_journal(journal)
    (hosts.folder / "there" / "2026" / "01" / "02" / "c1.ivrj").write_bytes(data)
    hosts.send()
    assert [one.form for one in hosts.here.stored()] == [Form.ARCHIVE]
    assert list(hosts.there.journals()) == []


def test_a_journal_that_holds_another_call_is_refused_and_stays_where_it_is(hosts: TwoHosts) -> None:
    hosts.call("c1", of="c2")
    hosts.send()
    assert list(hosts.here.stored()) == []
    [journal] = hosts.there.journals()
    assert "another call" in (hosts.there.trouble(journal).aside or "")
    before = len(hosts.held)
    hosts.send()  # and is not sent again
    assert len(hosts.held) == before + 1
    assert not list((hosts.folder / "here" / FOLDER).rglob("*-*"))


def test_another_recording_never_takes_the_place_of_one_that_is_there(hosts: TwoHosts) -> None:
    first = hosts.call("c1")
    hosts.send()
    hosts.call("c1", frames=FRAMES[:5])
    hosts.send()
    [kept] = hosts.here.journals()
    assert Path(kept.where).read_bytes() == first
    assert len(list(hosts.there.journals())) == 1


def test_a_journal_by_a_key_that_is_not_ours_is_refused(hosts: TwoHosts) -> None:
    ours, hosts.keys = hosts.keys, MemoryKeyStore()
    hosts.call("c1")
    hosts.keys = ours
    hosts.send()
    assert list(hosts.here.stored()) == []


def test_a_crashed_calls_journal_comes_as_far_as_it_was_written(hosts: TwoHosts) -> None:
    data = hosts.call("c1")
    (hosts.folder / "there" / "2026" / "01" / "02" / "c1.ivrj").write_bytes(data[: len(data) // 2])
    hosts.send()
    opened = hosts.here.open("c1", salvage=True)
    assert 0 < len(opened.timeline.pcm("caller.in")) < 40 * len(SOUND)


def test_a_running_calls_journal_stays_and_its_key_is_told(hosts: TwoHosts) -> None:
    import fcntl

    hosts.call("c1")
    path = hosts.folder / "there" / "2026" / "01" / "02" / "c1.ivrj"
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        hosts.send()
    finally:
        os.close(descriptor)
    assert hosts.names() == []
    assert hosts.held == [(hosts.keys.issue().kek_id,)]


@pytest.mark.parametrize(
    ("host", "day", "call_id"),
    [("hk2", DAY, "../x"), ("hk2", "2026/1/2", "c1"), ("../hk2", DAY, "c1"), ("hk2", DAY, ".c1"), ("hk2", "", "")],
)
def test_no_name_leads_elsewhere(hosts: TwoHosts, host: str, day: str, call_id: str) -> None:
    with pytest.raises(SealError):
        hosts.inbox.take(host, (day, call_id), 0, b"x", "")
    assert not (hosts.folder / "here").exists()
