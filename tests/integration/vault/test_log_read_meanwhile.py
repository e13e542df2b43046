"""The audit log is read by many at once while others add to it: nobody is told that a part of it is missing.

A partial tile is taken away as soon as a wider one is there. Who read the log meanwhile was told of a fault of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ivr.adapters.files.audit.log import AuditLog
from ivr.core.audit.merkle import check_consistency, check_inclusion, leaf_hash
from ivr.core.audit.note import Checkpoint, verify_note
from ivr.core.audit.tiles import TILE_WIDTH
from ivr.errors import SealError
from tests.integration.vault.audit_writer import SIGNER, entry

PROOFS = 100

READINGS: dict[str, Callable[[AuditLog], object]] = {
    "entries": lambda log: [number for number, _ in log.entries()],
    "since": lambda log: [number for number, _ in log.since(0.0)],
    "raw_entry": lambda log: log.raw_entry(2),
    "bundle": lambda log: log.bundle(0),
    "inclusion": lambda log: log.inclusion(1),
    "consistency": lambda log: log.consistency(2),
}


@pytest.mark.parametrize("reading", list(READINGS))
@pytest.mark.parametrize("added", [1, TILE_WIDTH - 3, TILE_WIDTH, 3 * TILE_WIDTH])
def test_who_knows_a_shorter_log_reads_it_as_it_was(tmp_path: Path, reading: str, added: int) -> None:
    read = READINGS[reading]
    writer = AuditLog(tmp_path, SIGNER)
    writer.append([entry(number) for number in range(3)])
    writer.publish()
    reader = AuditLog(tmp_path, SIGNER)
    before = read(reader)
    writer.append([entry(number) for number in range(3, 3 + added)])
    writer.publish()
    assert read(reader) == before


def test_a_part_that_is_gone_is_missed(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, SIGNER)
    log.append([entry(number) for number in range(TILE_WIDTH + 3)])
    log.publish()
    for part in (tmp_path / "tile" / "entries").rglob("*"):
        if part.is_file():
            part.unlink()
    for index in (0, TILE_WIDTH):
        with pytest.raises(SealError, match="missing"):
            log.raw_entry(index)


def test_proofs_that_are_made_while_others_add_lead_to_what_was_signed(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, SIGNER)
    log.append([entry(0), entry(1)])
    first = Checkpoint.parse(verify_note(log.publish(), SIGNER.verifier))
    for proved in _added_to(log, PROOFS):
        proof, signed = log.inclusion(1)
        tree = Checkpoint.parse(verify_note(signed, SIGNER.verifier))
        check_inclusion(leaf_hash(entry(1).encode()), 1, tree.size, proof, tree.root)
        proof, signed = log.consistency(first.size)
        tree = Checkpoint.parse(verify_note(signed, SIGNER.verifier))
        check_consistency(first.size, tree.size, proof, first.root, tree.root)
        assert proved < PROOFS


def _added_to(log: AuditLog, times: int) -> Iterator[int]:
    """So often, while another thread adds entries one by one."""
    enough = threading.Event()

    def add() -> None:
        number = 2
        while not enough.is_set():
            log.append([entry(number)])
            log.publish()
            number += 1

    thread = threading.Thread(target=add)
    thread.start()
    try:
        yield from range(times)
    finally:
        enough.set()
        thread.join()
