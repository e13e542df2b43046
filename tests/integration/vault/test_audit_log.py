"""The audit log on a real disk: nothing acknowledged is lost, and nobody rewrites it unseen."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ivr.adapters.files.audit.log import PUBLISH_AT, AuditLog
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.merkle import check_consistency, check_inclusion, leaf_hash
from ivr.core.audit.note import Checkpoint, Signer, verify_note
from ivr.errors import EnvironmentFault, OperatorError, SealError
from tests.integration.vault.audit_writer import SIGNER, entry


def filled(directory: Path, count: int) -> AuditLog:
    log = AuditLog(directory, SIGNER)
    log.append([entry(number) for number in range(count)])
    log.publish()
    return log


def checkpoint_of(signed: str) -> Checkpoint:
    return Checkpoint.parse(verify_note(signed, SIGNER.verifier))


# --- what it keeps --------------------------------------------------------------------------------------------------


def test_entries_come_back_in_order_also_after_it_was_closed(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, SIGNER)
    assert log.append([entry(0), entry(1)]) == range(0, 2)
    assert log.append([entry(2)]) == range(2, 3)
    log.close()
    again = AuditLog(tmp_path, SIGNER)
    assert again.size == 3
    assert list(again.entries()) == [(n, entry(n)) for n in range(3)]
    assert AuditEntry.decode(again.raw_entry(1)) == entry(1)
    assert list(again.entries(2)) == [(2, entry(2))]
    with pytest.raises(OperatorError):
        again.raw_entry(3)


def test_entries_since_a_time_are_found_in_a_long_log_without_reading_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = AuditLog(tmp_path, SIGNER)
    clock_set_back = dict.fromkeys(range(20000, 20050), 3600.0)
    times = [60.0 * number - clock_set_back.get(number, 0.0) for number in range(40_000)]
    log.append([AuditEntry(at, "hub", "call.ended", str(number)) for number, at in enumerate(times)])
    log.publish()
    read: list[int] = []
    bundle = log._tree.bundle

    def counted(number: int, *, sieves: Sequence[Sequence[bytes]] = ()) -> list[bytes]:
        read.append(number)
        return bundle(number, sieves=sieves)

    monkeypatch.setattr(log._tree, "bundle", counted)
    for wanted in (0.0, 60.0 * 19_990, 60.0 * 20_000, 60.0 * 20_025, 60.0 * 39_999):
        read.clear()
        first, _ = next(log.since(wanted))
        assert len(read) < 12
        assert all(at < wanted for at in times[:first]), "an entry that is young enough was left out"
        assert first >= wanted / 60 - 600
    assert [n for n, _ in log.since(1e9)] == list(range(39_936, 40_000)), "the newest bundle at least"


def test_entries_of_some_actions_only(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, SIGNER)
    names = ["call.ended", "hold.placed", "hold.placedx", 'a"b', "hold.released", "hold.placed"]
    log.append([AuditEntry(1.0, "hub", name, '"action":"hold.placed"') for name in names])
    log.publish()
    assert [n for n, _ in log.entries(actions=("hold.placed", "hold.released"))] == [1, 4, 5]
    assert [n for n, _ in log.entries(2, actions=("hold.placed",))] == [5]
    assert [n for n, _ in log.entries(actions=('a"b',))] == [3]


def test_what_was_not_published_is_there_after_a_crash(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, SIGNER)
    log.append([entry(0)])
    log.publish()
    log.append([entry(1), entry(2)])  # no publish, no close: the process is gone
    again = AuditLog(tmp_path, SIGNER)
    assert again.size == 3
    again.publish()
    assert [number for number, _ in again.entries()] == [0, 1, 2]
    assert again.verify().size == 3


@pytest.mark.parametrize("counts", [(1, 255, 1, 255, 300), (256, 256), (700,)])
def test_tiles_fill_and_every_entry_can_be_proved(tmp_path: Path, counts: tuple[int, ...]) -> None:
    log = AuditLog(tmp_path, SIGNER)
    signed: list[str] = []
    total = 0
    for count in counts:
        log.append([entry(number) for number in range(total, total + count)])
        total += count
        signed.append(log.publish())
    assert log.verify().size == total
    for index in {0, 1, 255, total // 2, total - 1} & set(range(total)):
        proof, newest = log.inclusion(index)
        tree = checkpoint_of(newest)
        check_inclusion(leaf_hash(entry(index).encode()), index, tree.size, proof, tree.root)
    for old in map(checkpoint_of, signed):
        proof, newest = log.consistency(old.size)
        tree = checkpoint_of(newest)
        check_consistency(old.size, tree.size, proof, old.root, tree.root)
    assert AuditLog(tmp_path, SIGNER).verify(signed[0]).size == total


def test_the_files_lie_where_c2sp_says_and_old_parts_are_gone(tmp_path: Path) -> None:
    log = filled(tmp_path, 255)
    log.append([entry(255), entry(256)])
    log.publish()
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {
        "checkpoint",
        "lock",
        "pending",
        "tile/0/000",
        "tile/0/001.p/1",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/1",
    }
    assert (tmp_path / "tile/0/000").stat().st_size == 256 * 32


def test_a_full_write_ahead_file_is_published_by_itself(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, SIGNER)
    log.append([entry(number) for number in range(PUBLISH_AT)])
    assert checkpoint_of((tmp_path / "checkpoint").read_text()).size == PUBLISH_AT


def test_many_threads_append_at_once_and_each_entry_stands_where_it_was_told(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, SIGNER)
    placed: dict[int, AuditEntry] = {}

    def write(worker: int) -> None:
        for number in range(20):
            mine = entry(1000 * worker + number)
            (index,) = log.append([mine])
            placed[index] = mine

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.publish()
    assert sorted(placed) == list(range(160))
    assert dict(log.entries()) == placed


def test_two_processes_take_turns(tmp_path: Path) -> None:
    hub, command = AuditLog(tmp_path, SIGNER), AuditLog(tmp_path, SIGNER)
    written = 0
    for round_ in range(6):
        for log in (hub, command):
            assert log.append([entry(written), entry(written + 1)]) == range(written, written + 2)
            written += 2
        (hub if round_ % 2 else command).publish()
    assert hub.verify().size == written
    assert command.verify().size == written
    assert [one for _, one in command.entries()] == [entry(n) for n in range(written)]


def test_two_thousand_entries_a_second_are_within_reach_by_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a stop watch: 4,000 entries take 40 syncs of the write-ahead file, not 4,000."""
    log = AuditLog(tmp_path, SIGNER)
    syncs = 0
    real = os.fdatasync

    def count(descriptor: int) -> None:
        nonlocal syncs
        syncs += 1
        real(descriptor)

    monkeypatch.setattr(os, "fdatasync", count)
    for batch in range(40):
        log.append([entry(batch * 100 + number) for number in range(100)])
    assert syncs == 40
    assert log.size == 4000


# --- crashes and faults ---------------------------------------------------------------------------------------------


def test_killed_at_any_moment_all_that_was_acknowledged_is_there(tmp_path: Path) -> None:
    for _ in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.vault.audit_writer", str(tmp_path)], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(random.uniform(0.01, 0.2))
        writer.kill()
        acknowledged = [int(line) for line in writer.communicate()[0].split()]
        log = AuditLog(tmp_path, SIGNER)
        log.publish()
        assert log.size > max(acknowledged)
        assert log.verify().size == log.size
        assert [one for _, one in log.entries()] == [entry(n) for n in range(log.size)]


@pytest.mark.parametrize("cut", [1, 20, 43, 44, 60])
def test_a_torn_last_write_is_dropped_and_what_came_before_stays(tmp_path: Path, cut: int) -> None:
    log = AuditLog(tmp_path, SIGNER)
    log.append([entry(0)])
    whole = (tmp_path / "pending").read_bytes()
    (tmp_path / "pending").write_bytes(whole + whole[:cut])
    again = AuditLog(tmp_path, SIGNER)
    assert again.size == 1
    again.append([entry(1)])
    assert AuditLog(tmp_path, SIGNER).size == 2


@pytest.mark.parametrize("step", ["fsync", "fdatasync", "replace", "pwrite"])
@pytest.mark.parametrize("nth", [1, 2, 4])
def test_a_failing_disk_is_told_and_nothing_acknowledged_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, nth: int
) -> None:
    log = filled(tmp_path, 3)
    target = Path if step == "replace" else os
    real, calls = getattr(target, step), 0

    def fail(*args: object) -> object:
        nonlocal calls
        calls += 1
        if calls == nth:
            raise OSError(28, "No space left on device")
        return real(*args)

    monkeypatch.setattr(target, step, fail)
    acknowledged = 3
    failed = 0
    for _ in range(4):
        try:
            acknowledged = log.append([entry(acknowledged)]).stop
            log.publish()
        except EnvironmentFault:
            failed += 1
    monkeypatch.undo()
    assert failed == 1
    again = AuditLog(tmp_path, SIGNER)
    again.publish()
    assert [one for _, one in again.entries()] == [entry(n) for n in range(acknowledged)]
    assert again.verify().size == acknowledged


# --- those who would rewrite it -------------------------------------------------------------------------------------


def edit_an_entry(directory: Path) -> None:
    path = directory / "tile/entries/000"
    path.write_bytes(path.read_bytes().replace(b"call-7", b"call-8", 1))


def edit_a_tile(directory: Path) -> None:
    path = directory / "tile/0/000"
    data = bytearray(path.read_bytes())
    data[5] ^= 1
    path.write_bytes(data)


def drop_an_entry(directory: Path) -> None:
    path = directory / "tile/entries/001.p/44"
    path.write_bytes(path.read_bytes()[:-100])


def remove_a_bundle(directory: Path) -> None:
    (directory / "tile/entries/000").unlink()


def remove_a_tile(directory: Path) -> None:
    (directory / "tile/0/000").unlink()


def swap_entries(directory: Path) -> None:
    path = directory / "tile/entries/000"
    data = path.read_bytes()
    path.write_bytes(
        data.replace(b'call-1"', b'call-X"').replace(b'call-2"', b'call-1"').replace(b'call-X"', b'call-2"')
    )


def edit_the_checkpoint(directory: Path) -> None:
    path = directory / "checkpoint"
    path.write_text(path.read_text().replace("300", "299", 1))


@pytest.mark.parametrize(
    "attack",
    [edit_an_entry, edit_a_tile, drop_an_entry, remove_a_bundle, remove_a_tile, swap_entries, edit_the_checkpoint],
)
def test_every_edit_drop_and_reorder_is_found(tmp_path: Path, attack: Callable[[Path], None]) -> None:
    filled(tmp_path, 300).close()
    attack(tmp_path)
    with pytest.raises(SealError):
        AuditLog(tmp_path, SIGNER).verify()


@pytest.mark.parametrize("cut", [100, len(entry(299).encode()) + 2])
def test_who_looks_for_what_is_nowhere_is_told_that_entries_were_cut_off(tmp_path: Path, cut: int) -> None:
    log = filled(tmp_path, 300)
    assert list(log.entries(naming=("call-never",))) == list(log.entries(actions=("call.never",))) == []
    path = tmp_path / "tile/entries/001.p/44"
    path.write_bytes(path.read_bytes()[:-cut])
    for found in (log.entries(naming=("call-never",)), log.entries(actions=("call.never",))):
        with pytest.raises(SealError):
            list(found)


def test_an_entry_that_waits_for_the_tree_cannot_be_edited_either(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, SIGNER)
    log.append([entry(0), entry(1)])
    path = tmp_path / "pending"
    path.write_bytes(path.read_bytes().replace(b"call-0", b"call-9"))
    with pytest.raises(SealError, match="altered"):
        AuditLog(tmp_path, SIGNER)


def test_a_rollback_is_found_by_an_older_checkpoint(tmp_path: Path) -> None:
    log = filled(tmp_path / "log", 10)
    shutil.copytree(tmp_path / "log", tmp_path / "backup")
    log.append([entry(10)])
    kept = log.publish()
    log.close()
    restored = AuditLog(tmp_path / "backup", SIGNER)
    with pytest.raises(SealError, match="rolled back"):
        restored.verify(kept)


def test_a_running_log_notices_a_rollback_by_itself(tmp_path: Path) -> None:
    log = filled(tmp_path / "log", 10)
    shutil.copytree(tmp_path / "log", tmp_path / "backup")
    log.append([entry(10)])
    log.publish()
    for path in (tmp_path / "backup").rglob("*"):
        if path.is_file():
            target = tmp_path / "log" / path.relative_to(tmp_path / "backup")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    with pytest.raises(SealError, match="rolled back"):
        log.publish()


def test_a_fork_is_found_by_an_older_checkpoint(tmp_path: Path) -> None:
    """Someone with the signing key begins the log anew with another history."""
    kept = filled(tmp_path / "true", 10).publish()
    forged = AuditLog(tmp_path / "forged", SIGNER)
    forged.append([entry(number) for number in (*range(4), 99, *range(5, 12))])
    forged.publish()
    assert forged.verify().size == 12
    with pytest.raises(SealError, match="rewritten"):
        forged.verify(kept)


def test_a_log_of_another_key_is_refused(tmp_path: Path) -> None:
    filled(tmp_path, 3).close()
    with pytest.raises(SealError, match="not signed by"):
        AuditLog(tmp_path, Signer(SIGNER.name, bytes(32)))
    with pytest.raises(SealError):
        AuditLog(tmp_path, SIGNER).verify(Signer("another", bytes(32)).sign("another\n1\n" + "A" * 43 + "=\n"))
