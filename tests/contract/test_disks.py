"""What is told of disks: the fake ones by hand, real ones by the kernel."""

from __future__ import annotations

from pathlib import Path

from ivr.adapters.files.disks import MountedDisks
from ivr.ports.disks import Disks
from ivr.testing.fake_stores import MemoryDisks
from tests.small_disk import SmallDisk


def test_each_place_is_told_with_its_room(tmp_path: Path) -> None:
    places = {"recordings": tmp_path, "data": tmp_path}
    for disks in (MemoryDisks(), MountedDisks(places)):
        told: Disks = disks
        assert [disk.place for disk in told.look()] == list(places)
        assert all(disk.free_bytes > 0 and not disk.fault for disk in told.look())


def test_a_real_disk_is_told_as_it_fills_up_and_refuses(small_disk: SmallDisk) -> None:
    disks = MountedDisks({"data": small_disk.path})
    (before,) = disks.look()
    small_disk.fill()
    (full,) = disks.look()
    assert before.free_bytes > 900_000 > full.free_bytes == 0
    small_disk.empty()
    small_disk.read_only(True)
    (refusing,) = disks.look()
    assert "read-only" in refusing.fault
    small_disk.read_only(False)
    assert disks.look() == [before]


def test_a_disk_without_room_for_another_file_is_full(small_disk: SmallDisk) -> None:
    small_disk.files_left(50)
    (full,) = MountedDisks({"data": small_disk.path}).look()
    assert "no more files" in full.fault


def test_a_directory_that_is_gone_has_a_fault(tmp_path: Path) -> None:
    (gone,) = MountedDisks({"data": tmp_path / "gone"}).look()
    assert gone.fault
    assert gone.free_bytes == 0
