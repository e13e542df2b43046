"""What every place of recordings must do: tell them apart, open what is sound, refuse the rest, and lose nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from ivr.adapters.files.recordings.afar import Afar
from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.adapters.s3_objects import S3Objects, S3Place
from ivr.core.media.frame import SAMPLE_BYTES
from ivr.core.vault.journal import Ending
from ivr.core.vault.journal_frame import AudioBlock, Closed, JournalEntry, JournalFrame
from ivr.errors import EnvironmentFault, IvrError, OperatorError, SealError, ShreddedError
from ivr.ports.recordings import Form, RecordingArchive, StoredRecording, Trouble
from ivr.testing.fake_recordings import MemoryRecordings, sealed_journal
from ivr.testing.fake_stores import MemoryKeyStore
from ivr.testing.object_server import ACCESS_KEY, BUCKET, SECRET_KEY, ObjectServer

AT = 1_767_312_000.0
DAY = "20260102"
SOUND = bytes(range(200)) * 8
FRAMES: tuple[JournalFrame, ...] = (
    JournalEntry({"event": {"is": "Ringing"}, "now": 0.0}),
    AudioBlock(0, {"caller.in": SOUND, "caller.out": SOUND[::-1]}),
    AudioBlock(800, {"caller.in": SOUND, "caller.out": SOUND[::-1]}),
    Closed({"outcome": "completed"}),
)
NOWHERE = StoredRecording(DAY, "nobody", Form.JOURNAL, "nowhere/nobody")


class Place(Protocol):
    """A place of recordings, and what a test does to it behind its back."""

    keys: MemoryKeyStore
    recordings: RecordingArchive

    def put(self, journal: bytes, call_id: str, day: str = DAY) -> StoredRecording: ...
    def read(self, stored: StoredRecording) -> bytes: ...
    def alter(self, stored: StoredRecording, data: bytes) -> None: ...
    def settle(self, archive: StoredRecording) -> None: ...


class OnDisk:
    recordings: RecordingArchive

    def __init__(self, directory: Path) -> None:
        self.keys = MemoryKeyStore()
        self.recordings = RecordingFiles(directory, self.keys)
        self._directory = directory

    def put(self, journal: bytes, call_id: str, day: str = DAY) -> StoredRecording:
        path = self._directory / day[:4] / day[4:6] / day[6:] / f"{call_id}.ivrj"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(journal)
        return StoredRecording(day, call_id, Form.JOURNAL, str(path))

    def read(self, stored: StoredRecording) -> bytes:
        return Path(stored.where).read_bytes()

    def alter(self, stored: StoredRecording, data: bytes) -> None:
        Path(stored.where).write_bytes(data)

    def settle(self, archive: StoredRecording) -> None:
        """It stays where it is."""


class InAnObjectStore(OnDisk):
    """On disk until it is sealed for good."""

    def __init__(self, directory: Path, server: ObjectServer) -> None:
        super().__init__(directory)
        server.clear()
        self._objects = S3Objects(S3Place(server.url, BUCKET, "us-east-1"), ACCESS_KEY, SECRET_KEY)
        self._afar = Afar(self._objects, self.keys, prefix="ivr/")
        self._server, self._copy = server, directory / "copy"
        self.files = RecordingFiles(directory, self.keys, self._afar)
        self.recordings = self.files

    def read(self, stored: StoredRecording) -> bytes:
        if stored.form is Form.JOURNAL:
            return super().read(stored)
        size = next(path for path in self._server.files() if ".nanio-meta" not in path.parts).stat().st_size
        return self._objects.read(self._afar.name(stored), 0, size)

    def alter(self, stored: StoredRecording, data: bytes) -> None:
        if stored.form is Form.JOURNAL:
            super().alter(stored, data)
            return
        self._copy.write_bytes(data)
        self._objects.put(self._afar.name(stored), self._copy)

    def settle(self, archive: StoredRecording) -> None:
        self.files.ship(archive)


class InMemory:
    def __init__(self, directory: Path) -> None:
        self.keys = MemoryKeyStore()
        self.recordings = MemoryRecordings(self.keys)

    def put(self, journal: bytes, call_id: str, day: str = DAY) -> StoredRecording:
        return self.recordings.put(journal, day=day, call_id=call_id)

    def read(self, stored: StoredRecording) -> bytes:
        return self.recordings.bytes_of(stored)

    def alter(self, stored: StoredRecording, data: bytes) -> None:
        self.recordings.alter(stored, data)

    def settle(self, archive: StoredRecording) -> None:
        """It stays where it is."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    started = ObjectServer(tmp_path_factory.mktemp("objects"))
    started.start()
    yield started
    started.stop()


@pytest.fixture(params=[OnDisk, InMemory, InAnObjectStore])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param is InAnObjectStore:
        return InAnObjectStore(tmp_path, request.getfixturevalue("server"))
    made: Place = request.param(tmp_path)
    return made


def journal(
    place: Place, call_id: str = "call-1", frames: Iterable[JournalFrame] = FRAMES, at: float = AT
) -> StoredRecording:
    return place.put(sealed_journal(place.keys, call_id, at, frames), call_id)


def archive(place: Place, call_id: str = "call-1", *, keep_journal: bool = False) -> StoredRecording:
    stored = journal(place, call_id)
    place.recordings.seal(stored, place.recordings.outline(stored))
    place.settle(place.recordings.archive_of(stored))
    if not keep_journal:
        place.recordings.remove_journal(stored)
    return place.recordings.archive_of(stored)


@pytest.fixture(params=[Form.JOURNAL, Form.ARCHIVE])
def stored(request: pytest.FixtureRequest, place: Place) -> StoredRecording:
    return journal(place) if request.param is Form.JOURNAL else archive(place)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


# --- finding --------------------------------------------------------------------------------------------------------


def test_a_recording_is_found_by_its_own_name_and_by_its_calls(place: Place, stored: StoredRecording) -> None:
    assert stored.recording_id == "20260102-call-1"
    for name in ("call-1", "20260102-call-1"):
        assert place.recordings.find(name) == stored
    for name in ("call-2", "20260103-call-1", "../call-1", ""):
        with pytest.raises(OperatorError):
            place.recordings.find(name)


def test_all_are_listed_by_day_and_call_and_of_two_forms_the_journal_counts(place: Place) -> None:
    archive(place, "b")
    archive(place, "c", keep_journal=True)
    journal(place, "a")
    place.put(sealed_journal(place.keys, "z", AT - 86_400, FRAMES), "z", "20260101")
    listed = [(one.day, one.call_id, one.form) for one in place.recordings.stored()]
    journals = [("20260101", "z", Form.JOURNAL), (DAY, "a", Form.JOURNAL), (DAY, "c", Form.JOURNAL)]
    assert listed == [*journals[:2], (DAY, "b", Form.ARCHIVE), journals[2]]
    assert [(one.day, one.call_id, one.form) for one in place.recordings.journals()] == journals
    assert place.recordings.find("c").form is Form.JOURNAL


def test_what_is_not_there_is_an_error_of_its_place(place: Place) -> None:
    assert not place.recordings.exists(NOWHERE)
    for asked in (
        place.recordings.header,
        place.recordings.authenticate,
        place.recordings.outline,
        place.recordings.is_running,
        place.recordings.sha256,
        place.recordings.size,
        place.recordings.written_at,
        place.recordings.remove_journal,
    ):
        with pytest.raises(EnvironmentFault):
            asked(NOWHERE)
    assert not place.recordings.proves_key(NOWHERE, place.recordings.header(journal(place)))


# --- reading --------------------------------------------------------------------------------------------------------


def test_it_opens_to_what_was_recorded_in_either_form(place: Place, stored: StoredRecording) -> None:
    opened = place.recordings.open("call-1")
    assert opened.header == place.recordings.header(stored) == place.recordings.authenticate(stored)
    assert (opened.header.call_id, opened.header.started_at) == ("call-1", AT)
    assert (opened.ending, opened.running, opened.damage) == (Ending.CLOSED, False, None)
    assert opened.timeline.channels == {"caller.in": SOUND * 2, "caller.out": SOUND[::-1] * 2}
    outlined = place.recordings.outline(stored)
    assert (outlined.header, outlined.ending) == (opened.header, opened.ending)
    assert outlined.outline.samples == opened.timeline.samples == 1600
    assert tuple(place.recordings.entries(stored)) == opened.timeline.entries
    assert outlined.outline.manifest == {"outcome": "completed"}
    assert not place.recordings.is_running(stored)


def test_a_part_is_listened_to(place: Place, stored: StoredRecording) -> None:
    heard = place.recordings.listen("call-1", ("caller.in", "agent.in"), 700, 200)
    assert heard == [(SOUND * 2)[700 * SAMPLE_BYTES : 900 * SAMPLE_BYTES], bytes(200 * SAMPLE_BYTES)]
    (rest,) = place.recordings.listen("call-1", ("caller.out",), 1500)
    assert rest == (SOUND[::-1] * 2)[1500 * SAMPLE_BYTES :]


def test_what_stands_in_the_place_of_another_call_is_refused(place: Place) -> None:
    place.put(sealed_journal(place.keys, "call-1", AT, FRAMES), "call-2")
    with pytest.raises(SealError, match="another call"):
        place.recordings.open("call-2")
    with pytest.raises(SealError, match="another call"):
        place.recordings.listen("call-2", ("caller.in",))


def test_any_altered_byte_behind_its_beginning_is_an_error(place: Place, stored: StoredRecording) -> None:
    sound = place.read(stored)
    for at in range(len(sound) // 3, len(sound), 211):
        place.alter(stored, flipped(sound, at))
        with pytest.raises(SealError):
            place.recordings.open("call-1")
    place.alter(stored, sound)
    assert place.recordings.open("call-1").timeline.samples == 1600


def test_salvage_reads_what_stands_before_the_damage_of_a_journal(place: Place) -> None:
    stored = journal(place)
    data = place.read(stored)
    place.alter(stored, flipped(data, len(data) - 60))
    opened = place.recordings.open("call-1", salvage=True)
    assert opened.damage is not None
    assert opened.timeline.entries[0]["now"] == 0.0
    assert place.recordings.outline(stored, salvage=True).outline.samples >= 800
    with pytest.raises(SealError):
        place.recordings.outline(stored)


def test_a_journal_whose_cell_died_says_so_and_one_that_never_began_is_damage(place: Place) -> None:
    stored = journal(place, frames=FRAMES[:-1])
    assert place.recordings.open("call-1").crashed
    place.alter(stored, place.read(stored)[:40])
    with pytest.raises(SealError):
        place.recordings.header(stored)


def test_a_shredded_recording_opens_no_more_and_still_says_which_it_is(place: Place, stored: StoredRecording) -> None:
    header = place.recordings.header(stored)
    place.keys.shred([header.wrapped])
    assert place.recordings.header(stored) == header
    for asked in (place.recordings.authenticate, place.recordings.outline):
        with pytest.raises(ShreddedError):
            asked(stored)
    with pytest.raises(ShreddedError):
        place.recordings.open("call-1")


# --- keeping --------------------------------------------------------------------------------------------------------


def test_an_archive_holds_what_its_journal_holds_and_says_when_it_does_not(place: Place) -> None:
    stored = journal(place)
    before, index = place.recordings.open("call-1"), place.recordings.outline(stored).index
    made = place.recordings.archive_of(stored)
    assert not place.recordings.exists(made)
    assert not place.recordings.holds(made, index)
    place.recordings.seal(stored, place.recordings.outline(stored))
    place.settle(made)
    assert place.recordings.holds(made, index)
    assert not place.recordings.holds(made, replace(index, samples=index.samples + 1))
    assert place.recordings.find("call-1") == stored, "the journal stays"
    data = place.read(made)
    for at in (60, len(data) // 2, len(data) - 1):
        place.alter(made, flipped(data, at))
        assert not place.recordings.holds(made, index)
    place.alter(made, data)
    place.recordings.remove_journal(stored)
    opened = place.recordings.open("call-1")
    assert (opened.header, opened.timeline, opened.ending) == (before.header, before.timeline, before.ending)


def test_a_note_beside_a_journal_is_kept_until_it_is_removed(place: Place) -> None:
    stored = journal(place)
    assert place.recordings.trouble(stored) == Trouble()
    for trouble in (Trouble(1), Trouble(aside="it was cut"), Trouble(2), Trouble()):
        place.recordings.note(stored, trouble)
        assert place.recordings.trouble(stored) == trouble
    place.recordings.note(stored, Trouble(1))
    place.recordings.remove_journal(stored)
    assert place.recordings.trouble(stored) == Trouble()


def test_only_one_seals_journals_of_a_day(place: Place) -> None:
    stored = journal(place)
    with place.recordings.alone(stored) as first:
        assert first
        with place.recordings.alone(stored) as second:
            assert not second
    with place.recordings.alone(stored) as again:
        assert again


def test_another_wrapping_of_its_key_takes_the_place_of_the_old_one(place: Place) -> None:
    stored = archive(place)
    header, data = place.recordings.header(stored), place.read(stored)
    other = place.keys.ring.wrap(place.keys.open(header.wrapped, header.kek_id), leaf=999)
    changed = replace(header, wrapped=other)
    place.recordings.wrap_again(stored, changed)
    assert place.recordings.authenticate(stored) == changed
    assert place.read(stored) == data
    assert place.recordings.open("call-1").timeline.samples == 1600


def test_only_its_own_key_is_proved_by_an_archive_however_damaged_behind(place: Place) -> None:
    stored, other = archive(place), archive(place, "call-2")
    header = place.recordings.header(stored)
    data = place.read(stored)
    assert not place.recordings.proves_key(stored, place.recordings.header(other))
    place.alter(stored, flipped(data, len(data) - 5))
    assert place.recordings.proves_key(stored, header)
    place.alter(stored, flipped(data, 3))
    assert not place.recordings.proves_key(stored, header)
    written = journal(place, "call-3")
    assert not place.recordings.proves_key(written, place.recordings.header(written))


def test_the_hash_and_size_are_those_of_what_is_kept(place: Place, stored: StoredRecording) -> None:
    data, sha256 = place.read(stored), place.recordings.sha256(stored)
    assert place.recordings.size(stored) == len(data)
    place.alter(stored, flipped(data, 7))
    assert place.recordings.sha256(stored) != sha256


def test_removing_leaves_nothing_of_either_form(place: Place) -> None:
    made = archive(place, keep_journal=True)
    kept = archive(place, "call-2")
    place.recordings.note(place.recordings.find("call-1"), Trouble(1))
    place.recordings.remove(made)
    assert place.recordings.stored() == [kept]
    assert not place.recordings.exists(made)
    place.recordings.remove(made)  # what a crash left is removed by the next run, and nothing is no error
    with pytest.raises(IvrError):
        place.recordings.open("call-1")
