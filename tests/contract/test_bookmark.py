"""What every bookmark must do: hold what was written last, whole, and let one at a time be alone with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.adapters.files.audit.bookmark import BookmarkFile
from ivr.errors import EnvironmentFault
from ivr.ports.bookmark import Bookmark
from ivr.testing.fake_office import MemoryBookmark

BOOKMARKS: dict[str, Callable[[Path], Bookmark]] = {
    "memory": lambda path: MemoryBookmark(),
    "file": lambda path: BookmarkFile(path / "keys" / "roles"),
}


@pytest.fixture(params=list(BOOKMARKS))
def bookmark(request: pytest.FixtureRequest, tmp_path: Path) -> Bookmark:
    return BOOKMARKS[request.param](tmp_path)


def test_nothing_was_written_at_first_and_people_are_told_where(bookmark: Bookmark) -> None:
    assert bookmark.read() is None
    assert bookmark.where


@pytest.mark.parametrize("data", [b"", b"short", bytes(range(256)) * 40])
def test_what_was_written_last_is_there_whole(bookmark: Bookmark, data: bytes) -> None:
    bookmark.write(b"something longer than what comes after it" * 9)
    bookmark.write(data)
    assert bookmark.read() == data


def test_one_at_a_time_is_alone_with_it(bookmark: Bookmark) -> None:
    coming, inside = threading.Event(), threading.Event()

    def other() -> None:
        coming.set()
        with bookmark.alone():
            bookmark.write((bookmark.read() or b"") + b" second")
            inside.set()

    with bookmark.alone():
        thread = threading.Thread(target=other)
        thread.start()
        assert coming.wait(10)
        bookmark.write(b"first")
        assert not inside.wait(0.05)
    thread.join(10)
    assert bookmark.read() == b"first second"


def test_whoever_fails_while_alone_leaves_it_free(bookmark: Bookmark) -> None:
    with pytest.raises(ZeroDivisionError), bookmark.alone():
        raise ZeroDivisionError
    with bookmark.alone():
        bookmark.write(b"free")
    assert bookmark.read() == b"free"


# --- the file ---------------------------------------------------------------------------------------------------------


def test_another_process_reads_what_was_written(tmp_path: Path) -> None:
    BookmarkFile(tmp_path / "roles").write(b"kept")
    assert BookmarkFile(tmp_path / "roles").read() == b"kept"


def test_a_file_that_cannot_be_read_is_a_fault_and_not_nothing(tmp_path: Path) -> None:
    (tmp_path / "roles").mkdir()
    with pytest.raises(EnvironmentFault, match="roles"):
        BookmarkFile(tmp_path / "roles").read()
