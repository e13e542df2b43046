"""A recording that another process seals, or sends to the object store, while it is looked for and read: it is found in
each listing, and all of it is read, whichever form it has by then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.core.vault.journal import Ending
from ivr.errors import EnvironmentFault
from ivr.ports.recordings import StoredRecording
from ivr.testing.object_server import ObjectServer
from tests.contract.test_recordings import SOUND, InAnObjectStore, journal

NAME = "call-1"
READINGS: dict[str, Callable[[RecordingFiles, StoredRecording], object]] = {
    "header": lambda files, stored: files.header(stored).call_id,
    "authenticate": lambda files, stored: files.authenticate(stored).call_id,
    "is_running": lambda files, stored: files.is_running(stored),
    "outline": lambda files, stored: files.outline(stored).index,
    "entries": lambda files, stored: list(files.entries(stored)),
}
"""What both forms tell alike."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    started = ObjectServer(tmp_path_factory.mktemp("objects"))
    started.start()
    yield started
    started.stop()


@pytest.fixture
def place(server: ObjectServer, tmp_path: Path) -> InAnObjectStore:
    return InAnObjectStore(tmp_path, server)


def seal(place: InAnObjectStore, stored: StoredRecording) -> StoredRecording:
    """As another process does."""
    place.files.seal(stored, place.files.outline(stored))
    place.files.remove_journal(stored)
    return place.files.archive_of(stored)


def ship(place: InAnObjectStore, stored: StoredRecording) -> StoredRecording:
    place.files.ship(sealed := seal(place, stored))
    return sealed


MOVES = {"sealed": seal, "shipped": ship}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("reading", READINGS)
def test_what_was_found_as_a_journal_is_read_all_the_same(place: InAnObjectStore, reading: str, move: str) -> None:
    stored = journal(place)
    read = READINGS[reading]
    before = read(place.files, stored)
    MOVES[move](place, stored)
    assert read(place.files, stored) == before


@pytest.mark.parametrize("move", MOVES)
def test_its_files_hash_and_size_are_those_of_what_there_is(place: InAnObjectStore, move: str) -> None:
    stored = journal(place)
    now = MOVES[move](place, stored)
    assert place.files.sha256(stored) == place.files.sha256(now)
    assert place.files.size(stored) == place.files.size(now)


@pytest.mark.parametrize("move", MOVES)
def test_who_plays_it_in_that_moment_hears_it(
    place: InAnObjectStore, move: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = journal(place)

    def found(name: str) -> StoredRecording:
        if place.files.exists(stored):
            MOVES[move](place, stored)
        return stored

    monkeypatch.setattr(place.files, "find", found)
    assert place.files.listen(NAME, ["caller.in"]) == [SOUND * 2]
    opened = place.files.open(NAME)
    assert (opened.ending, opened.timeline.pcm("caller.in")) == (Ending.CLOSED, SOUND * 2)


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("after", range(1, 5))
def test_none_is_missed_in_a_list_while_it_goes_from_one_form_to_the_next(
    place: InAnObjectStore, move: str, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = journal(place)
    look, looks = place.files._glob, 0

    def looked(pattern: str) -> list[Path]:
        nonlocal looks
        found, looks = look(pattern), looks + 1
        if looks == after:
            MOVES[move](place, stored)
        return found

    monkeypatch.setattr(place.files, "_glob", looked)
    assert [one.call_id for one in place.files.stored()] == [NAME]


@pytest.mark.parametrize("reading", READINGS)
def test_what_is_gone_for_good_is_not_made_up(place: InAnObjectStore, reading: str) -> None:
    stored = journal(place)
    place.files.remove(stored)
    with pytest.raises(EnvironmentFault, match="cannot be read"):
        READINGS[reading](place.files, stored)
