"""What every store of time-stamps must do: keep each, oldest first, and take nothing else for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.adapters.files.audit.stamps import StampFiles
from ivr.errors import EnvironmentFault, SealError
from ivr.ports.time_stamps import Stamp, StampStore

FIRST, SECOND, TENTH = (Stamp(size, f"checkpoint of {size}\n", bytes([size % 256]) * 99) for size in (9, 10, 1000))


@pytest.fixture
def store(tmp_path: Path) -> StampStore:
    return StampFiles(tmp_path / "stamps")


def test_there_are_none_at_first(store: StampStore) -> None:
    assert list(store.kept()) == []


def test_all_are_kept_whole_and_told_oldest_first(store: StampStore) -> None:
    places = [store.keep(stamp) for stamp in (TENTH, FIRST, SECOND)]
    assert len(set(places)) == 3
    assert list(store.kept()) == [FIRST, SECOND, TENTH]


def test_a_second_stamp_of_the_same_log_takes_the_place_of_the_first(store: StampStore) -> None:
    store.keep(FIRST)
    again = Stamp(FIRST.size, FIRST.signed, b"another")
    store.keep(again)
    assert list(store.kept()) == [again]


def test_something_else_among_them_is_told(tmp_path: Path, store: StampStore) -> None:
    kept = Path(store.keep(FIRST))
    kept.with_name("notes.tsr").write_bytes(b"not ours")
    kept.with_name("notes.checkpoint").write_bytes(b"not ours")
    with pytest.raises(SealError, match=r"notes\.tsr"):
        list(store.kept())


def test_a_stamp_without_its_checkpoint_is_a_fault(store: StampStore) -> None:
    Path(store.keep(FIRST)).with_suffix(".checkpoint").unlink()
    with pytest.raises(EnvironmentFault):
        list(store.kept())
