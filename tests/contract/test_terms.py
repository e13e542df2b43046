"""What two machines share must tell each what the other wrote, and begin one term at a time."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.adapters.files.audit.log import AuditLog
from ivr.adapters.files.terms import TermFiles
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.note import Signer
from ivr.core.leading import Beat, Pulse, Seen, Term, may_write
from ivr.errors import EnvironmentFault, SealError
from ivr.ports.leading import Terms
from ivr.testing.fake_terms import MemoryTerms

A, B = Term(1, "a"), Term(2, "b")
NOTHING = Seen(None, None)
SIGNER = Signer("ivr-audit-terms", bytes(range(32)))


def files(folder: Path) -> TermFiles:
    return TermFiles(folder / "leading", folder / "audit" / "lock")


def in_memory(folder: Path) -> MemoryTerms:
    return MemoryTerms()


@pytest.fixture(params=[files, in_memory])
def terms(request: pytest.FixtureRequest, tmp_path: Path) -> Terms:
    make: Callable[[Path], Terms] = request.param
    return make(tmp_path)


def test_nothing_stands_there_before_somebody_led(terms: Terms) -> None:
    assert terms.seen() == NOTHING
    assert terms.beat_of("a") is None


def test_a_term_begins_where_nothing_changed_since_the_look(terms: Terms) -> None:
    assert terms.take(A, NOTHING)
    assert terms.seen() == Seen(A, None)
    assert not terms.take(Term(1, "b"), NOTHING), "somebody was first"
    terms.tell("a", Beat(1, 1))
    assert not terms.take(B, Seen(A, None)), "it lives"
    assert terms.take(B, Seen(A, Beat(1, 1)))
    assert terms.seen() == Seen(B, None)


def test_beats_follow_each_other_and_are_of_the_term_that_stands_there(terms: Terms) -> None:
    terms.take(A, NOTHING)
    for beat in (Beat(1, 99, away=True), Beat(1, 100), Beat(1, 0, ended=True)):
        terms.tell("a", beat)
        assert terms.seen() == Seen(A, beat)
    terms.take(B, terms.seen())
    assert terms.beat_of("a") == Beat(1, 0, ended=True)
    terms.tell("b", Beat(1, 4))
    assert terms.seen() == Seen(B, None), "a beat of an older term"


def test_each_machine_that_stands_by_shows_it_and_that_is_no_beat(terms: Terms) -> None:
    assert terms.waiting() == {}
    terms.take(A, NOTHING)
    for pulse in (Pulse(1000, False), Pulse(1, True)):
        terms.wait("b", pulse)
        terms.wait("a", Pulse(7, True))
        assert terms.waiting() == {"a": Pulse(7, True), "b": pulse}
    assert terms.seen() == Seen(A, None)
    assert terms.beat_of("b") is None


def test_of_many_who_take_over_at_once_one_does(tmp_path: Path) -> None:
    taken: list[int] = []

    def take(number: int) -> None:
        if files(tmp_path).take(Term(1, f"m{number}"), NOTHING):
            taken.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) <= 1
    term = files(tmp_path).seen().term
    assert [term] == [Term(1, f"m{number}") for number in taken] or (term is None and not taken)


def test_no_term_begins_while_somebody_writes_into_the_log(tmp_path: Path) -> None:
    (tmp_path / "audit").mkdir()
    writing = os.open(tmp_path / "audit" / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(writing, fcntl.LOCK_EX)
    assert not files(tmp_path).take(A, NOTHING)
    os.close(writing)
    assert files(tmp_path).take(A, NOTHING)


def test_who_leads_no_more_appends_nothing_and_publishes_nothing(tmp_path: Path) -> None:
    terms = files(tmp_path)

    def log_of(machine: str, number: int) -> AuditLog:
        def fence() -> None:
            if not may_write(terms.seen(), machine, number):
                raise EnvironmentFault("it leads no more")

        return AuditLog(tmp_path / "audit", SIGNER, fence)

    def entry(text: str) -> AuditEntry:
        return AuditEntry(1_767_312_000.0, "test", "call.ended", text)

    terms.take(A, NOTHING)
    first = log_of("a", 1)
    assert first.append([entry("one")]) == range(0, 1)
    terms.take(B, terms.seen())
    with pytest.raises(EnvironmentFault):
        first.append([entry("two")])
    with pytest.raises(EnvironmentFault):
        first.publish()
    second = log_of("b", 2)
    assert second.append([entry("three")]) == range(1, 2)
    second.publish()
    first.close()
    assert [found.subject for _, found in second.entries()] == ["one", "three"]
    assert second.verify().size == 2


def test_a_beat_that_is_half_written_is_none(tmp_path: Path) -> None:
    terms = files(tmp_path)
    terms.take(A, NOTHING)
    for torn in (b"", b'{"number": 1, "cou', b"[]", b'{"number": 1}', b"\xff"):
        (tmp_path / "leading" / "beat.a").write_bytes(torn)
        assert terms.seen() == Seen(A, None)


@pytest.mark.parametrize("damaged", [b"", b"{}", b'{"number": "x", "machine": "a"}', b"[1]", b"\xff"])
def test_a_damaged_term_lets_nobody_write(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "leading").mkdir()
    (tmp_path / "leading" / "term").write_bytes(damaged)
    with pytest.raises(SealError):
        files(tmp_path).seen()


def test_a_directory_that_is_no_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "leading").write_text("a file")
    with pytest.raises(EnvironmentFault, match="cannot be"):
        files(tmp_path).tell("a", Beat(1, 1))
    with pytest.raises(EnvironmentFault, match="cannot be"):
        files(tmp_path).seen()
