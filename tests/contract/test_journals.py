"""What seals a recording's frames: by Python and by C, one behaviour, and the same bytes (ADR 77)."""

from __future__ import annotations

import _hashlib
import ctypes
import os
import ssl
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pjsua2 import _pjsua2

from ivr.adapters.openssl.journals import find_journals
from ivr.core.media.frame import BLOCK_FRAMES, FRAME_BYTES
from ivr.core.vault.journal import SALT_BYTES, Ending, JournalHeader, JournalOpener
from ivr.core.vault.journal_frame import AudioBlock, Closed, JournalEntry, JournalFrame, Paused, Resumed
from ivr.engine.cell.sealed_frames import SealedFrames
from ivr.errors import BugError, SealError
from ivr.ports.journals import Journal, Journals, Keeping

HEADER = JournalHeader("call-1", "20260102-call-1", 1767312000.0, "kek", b"wrapped")
KEY, SALT = b"k" * 32, b"s" * SALT_BYTES
BLOCK_BYTES = BLOCK_FRAMES * FRAME_BYTES
KEEP = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t
)
PCM = st.binary(min_size=2, max_size=640).map(lambda raw: raw[: len(raw) // 2 * 2])
FRAMES = st.lists(
    st.one_of(
        st.builds(
            lambda sample, pcm: AudioBlock(sample, {"caller.in": pcm, "agent.out": pcm}), st.integers(0, 1 << 50), PCM
        ),
        st.builds(lambda text: JournalEntry({"text": text}), st.text(max_size=50)),
        st.builds(Paused, st.integers(0, 1 << 50), st.text(max_size=20)),
        st.builds(Resumed, st.integers(0, 1 << 50)),
    ),
    max_size=20,
)


def by_c() -> Journals:
    journals = find_journals()
    if journals is None:
        pytest.skip("no C was built here: Python seals")
    return journals


def made(journals: Journals) -> Journal:
    return journals(HEADER, data_key=KEY, salt=SALT)


def keeping(journal: Journal) -> Keeping:
    assert journal.keeping is not None
    return journal.keeping


def keep(journal: Journal, sample: int, said: bytes, heard: bytes) -> bool:
    """As the media clock does."""
    at = keeping(journal)
    return bool(KEEP(at.function)(at.journal, sample, said, heard, len(said)))


def all_of(journal: Journal) -> bytes:
    """What waits there."""
    found = b""
    while part := bytes(journal.take(0.0)):
        found += part
    return found


def opened(journal: Journal, sealed: bytes) -> list[JournalFrame]:
    opener = JournalOpener(journal.preamble, data_key=KEY)
    frames = list(opener.feed(sealed))
    assert opener.finish() is (Ending.CLOSED if frames and isinstance(frames[-1], Closed) else Ending.CRASHED)
    return frames


@pytest.fixture(params=["python", "c"])
def journal(request: pytest.FixtureRequest) -> Journal:
    return made(SealedFrames if request.param == "python" else by_c())


@settings(deadline=None)
@given(frames=FRAMES)
def test_c_seals_the_same_bytes_as_python(frames: list[JournalFrame]) -> None:
    ours, theirs = made(SealedFrames), made(by_c())
    assert ours.preamble == theirs.preamble
    for frame in [*frames, Closed({"end": True})]:
        ours.seal(frame)
        theirs.seal(frame)
    assert all_of(ours) == all_of(theirs)


@settings(deadline=None)
@given(
    blocks=st.lists(st.tuples(st.integers(0, 1 << 60), st.binary(min_size=8, max_size=8)), min_size=1, max_size=12),
    entries=st.sets(st.integers(0, 11)),
)
def test_what_c_hands_in_by_itself_stands_in_its_place_as_if_python_had(
    blocks: list[tuple[int, bytes]], entries: set[int]
) -> None:
    ours, theirs = made(SealedFrames), made(by_c())
    for number, (sample, seed) in enumerate(blocks):
        said, heard = seed * (BLOCK_BYTES // 8), seed[::-1] * (BLOCK_BYTES // 8)
        ours.seal(AudioBlock(sample, {"caller.in": said, "caller.out": heard}))
        assert keep(theirs, sample, said, heard)
        if number in entries:
            for journal in (ours, theirs):
                journal.seal(JournalEntry({"number": number}))
    assert all_of(ours) == all_of(theirs)


def test_what_was_sealed_is_taken_once_in_its_order(journal: Journal) -> None:
    assert all_of(journal) == b""
    journal.seal(JournalEntry({"number": 1}))
    first = all_of(journal)
    journal.seal(JournalEntry({"number": 2}))
    journal.seal(Closed({}))
    assert opened(journal, first + all_of(journal)) == [
        JournalEntry({"number": 1}), JournalEntry({"number": 2}), Closed({}),
    ]  # fmt: skip
    assert all_of(journal) == b""


def test_a_frame_that_is_longer_than_what_is_taken_at_once_is_whole(journal: Journal) -> None:
    frame = AudioBlock(7, {"caller.in": os.urandom(200_000)})
    journal.seal(frame)
    assert opened(journal, all_of(journal)) == [frame]


def test_a_frame_that_is_too_long_and_one_after_the_end_are_refused_and_nothing_of_them_stays(journal: Journal) -> None:
    with pytest.raises(SealError):
        journal.seal(JournalEntry({"long": "x" * (1 << 20)}))
    journal.seal(Closed({}))
    with pytest.raises(BugError):
        journal.seal(JournalEntry({}))
    assert opened(journal, all_of(journal)) == [Closed({})]


def test_a_key_that_is_no_key_is_an_error(journal: Journal) -> None:
    for journals in (SealedFrames, by_c()):
        with pytest.raises(SealError):
            journals(HEADER, data_key=b"short", salt=SALT)


def test_who_takes_sleeps_until_roused(journal: Journal) -> None:
    taken: list[bytes] = []
    thread = threading.Thread(target=lambda: taken.append(bytes(journal.take(60.0))))
    thread.start()
    journal.seal(Closed({}))
    thread.join(0.2)
    assert thread.is_alive(), "a fact waits for a block"
    journal.rouse()
    thread.join(10)
    assert opened(journal, taken[0]) == [Closed({})]


def test_a_block_of_c_rouses_who_takes_and_tells_when_nothing_more_is_wanted() -> None:
    journal = made(by_c())
    taken: list[bytes] = []
    thread = threading.Thread(target=lambda: taken.append(bytes(journal.take(60.0))))
    thread.start()
    assert keep(journal, 0, bytes(BLOCK_BYTES), bytes(BLOCK_BYTES))
    thread.join(10)
    assert len(opened(journal, taken[0])) == 1
    refused_before = journal.refuses
    journal.refuse()
    assert (refused_before, journal.refuses) == (False, True)
    assert not keep(journal, 1440, bytes(BLOCK_BYTES), bytes(BLOCK_BYTES))


def test_two_threads_hand_in_and_take_at_once_and_nothing_is_lost_or_moved() -> None:
    journal, blocks = made(by_c()), 3000
    taken: list[bytes] = []

    def take() -> None:
        while sum(map(len, taken)) < blocks * (2 * BLOCK_BYTES + 10 + 29):
            taken.append(bytes(journal.take(5.0)))

    thread = threading.Thread(target=take)
    thread.start()
    for number in range(blocks):
        sound = number.to_bytes(4, "big") * (BLOCK_BYTES // 4)
        assert keep(journal, number, sound, sound)
    thread.join(30)
    frames = opened(journal, b"".join(taken))
    assert [frame.first_sample for frame in frames if isinstance(frame, AudioBlock)] == list(range(blocks))


def test_a_journal_that_is_dropped_gives_its_memory_back() -> None:
    journals = by_c()

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def call() -> None:
        journal = made(journals)
        keep(journal, 0, bytes(1 << 19), bytes(1 << 19))

    for _ in range(20):
        call()
    before = resident()
    for _ in range(200):
        call()
    assert resident() - before < 20 << 20


def test_the_cipher_is_of_pythons_openssl_and_not_of_the_librarys_old_one() -> None:
    """pjsua2 brings an OpenSSL without support into the same process."""
    by_c()
    assert ctypes.CDLL(_pjsua2.__file__) is not None
    used = ctypes.CDLL(_hashlib.__file__).OpenSSL_version_num
    used.restype = ctypes.c_ulong
    assert used() == ssl.OPENSSL_VERSION_NUMBER
