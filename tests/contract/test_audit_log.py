"""What every audit log must do: keep what was acknowledged, in its order, and prove it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.adapters.files.audit.log import AuditLog
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.merkle import check_consistency, check_inclusion, leaf_hash
from ivr.core.audit.note import Checkpoint, Signer, verify_note
from ivr.core.audit.tiles import TILE_WIDTH
from ivr.errors import OperatorError, SealError
from ivr.ports.audit import ProvableLog
from ivr.testing.fake_audit import MemoryAuditLog

SIGNER = Signer("ivr-audit-contract", bytes(range(32)))
OTHER = Signer("ivr-audit-other", bytes(32))
AT = 1_767_312_000.0

LOGS: dict[str, Callable[[Path, Signer], ProvableLog]] = {
    "memory": lambda path, signer: MemoryAuditLog(signer),
    "files": AuditLog,
}


@pytest.fixture(params=list(LOGS))
def make(request: pytest.FixtureRequest) -> Callable[[Path, Signer], ProvableLog]:
    return LOGS[request.param]


@pytest.fixture
def log(make: Callable[[Path, Signer], ProvableLog], tmp_path: Path) -> ProvableLog:
    return make(tmp_path, SIGNER)


def entry(number: int, action: str = "call.ended", subject: str = "", **details: object) -> AuditEntry:
    return AuditEntry(AT + number, "hub", action, subject or f"call-{number}", details=details)


def checkpoint(signed: str) -> Checkpoint:
    return Checkpoint.parse(verify_note(signed, SIGNER.verifier))


def test_an_empty_log_has_nothing_and_no_checkpoint(log: ProvableLog) -> None:
    assert log.publish() == ""
    assert log.published == 0
    assert list(log.entries()) == list(log.since(0.0)) == []
    with pytest.raises(OperatorError):
        log.raw_entry(0)


def test_what_is_appended_is_read_in_its_order_once_it_is_published(log: ProvableLog) -> None:
    assert log.append([entry(0), entry(1)]) == range(0, 2)
    assert log.append([entry(2)]) == range(2, 3)
    assert log.published == 0
    log.publish()
    assert log.published == 3
    assert list(log.entries()) == [(n, entry(n)) for n in range(3)]
    assert list(log.entries(2)) == [(2, entry(2))]
    assert log.raw_entry(1) == entry(1).encode()
    for index in (-1, 3):
        with pytest.raises(OperatorError, match="no audit entry"):
            log.raw_entry(index)


def test_publishing_again_changes_nothing(log: ProvableLog) -> None:
    log.append([entry(0)])
    signed = log.publish()
    assert checkpoint(log.publish()).root == checkpoint(signed).root
    assert log.published == 1


def test_entries_are_chosen_by_their_action_and_by_whole_texts_in_them(log: ProvableLog) -> None:
    log.append(
        [
            entry(0, "hold.placed", "call-1", hold="case-1"),
            entry(1, "hold.placedx", "call-1"),
            entry(2, "hold.released", "call-2", hold='a "b" \\ é'),
            entry(3, "edge.denied", "call-10", of=["call-1", {"deeper": "call-3"}]),
            entry(4, "call.ended", "call-100"),
        ]
    )
    log.publish()

    def numbers(actions: tuple[str, ...] = (), naming: tuple[str, ...] = ()) -> list[int]:
        return [n for n, _ in log.entries(actions=actions, naming=naming)]

    assert numbers(actions=("hold.placed", "hold.released")) == [0, 2]
    assert numbers(naming=("call-1",)) == [0, 1, 3], "not call-10, nor call-100"
    assert numbers(naming=('a "b" \\ é', "call-3")) == [2, 3]
    assert numbers(actions=("edge.denied",), naming=("call-2",)) == []
    assert [n for n, _ in log.entries(1, actions=("hold.placed", "hold.released"))] == [2]


def test_every_entry_since_a_time_is_told(log: ProvableLog) -> None:
    log.append([entry(60 * number) for number in range(3 * TILE_WIDTH)])
    log.publish()
    for wanted in (0, 1, TILE_WIDTH, 2 * TILE_WIDTH + 7, 3 * TILE_WIDTH - 1):
        found = dict(log.since(AT + 60 * wanted))
        assert set(range(wanted, 3 * TILE_WIDTH)) <= set(found)
        assert all(found[n] == entry(60 * n) for n in found)
    some = log.since(AT + 60 * TILE_WIDTH, naming=(f"call-{60 * TILE_WIDTH}",))
    assert [n for n, _ in some] == [TILE_WIDTH]


def test_bundles_hold_the_encoded_entries(log: ProvableLog) -> None:
    log.append([entry(number) for number in range(TILE_WIDTH + 2)])
    log.publish()
    assert log.bundle(0) == [entry(number).encode() for number in range(TILE_WIDTH)]
    assert log.bundle(1) == [entry(number).encode() for number in (TILE_WIDTH, TILE_WIDTH + 1)]


def test_each_entry_is_proved_to_be_in_the_tree_that_was_signed(log: ProvableLog) -> None:
    log.append([entry(number) for number in range(7)])
    log.publish()
    for index in range(7):
        proof, signed = log.inclusion(index)
        tree = checkpoint(signed)
        check_inclusion(leaf_hash(entry(index).encode()), index, tree.size, proof, tree.root)
    with pytest.raises(OperatorError):
        log.inclusion(7)


def test_a_tree_is_proved_to_continue_the_one_before(log: ProvableLog) -> None:
    log.append([entry(0), entry(1), entry(2)])
    old = checkpoint(log.publish())
    log.append([entry(3), entry(4)])
    log.publish()
    proof, signed = log.consistency(3)
    new = checkpoint(signed)
    check_consistency(old.size, new.size, proof, old.root, new.root)
    for size in (0, 6):
        with pytest.raises(OperatorError):
            log.consistency(size)


def test_it_verifies_and_continues_its_own_checkpoints_only(
    log: ProvableLog, make: Callable[[Path, Signer], ProvableLog], tmp_path: Path
) -> None:
    log.append([entry(number) for number in range(5)])
    kept = log.publish()
    log.append([entry(5)])
    log.publish()
    told: list[tuple[int, int]] = []
    assert log.verify(kept, progress=lambda done, of: told.append((done, of))).size == 6
    assert told[-1] == (6, 6)
    assert log.continues(kept).size == 5
    rewritten, longer = make(tmp_path / "rewritten", SIGNER), make(tmp_path / "longer", SIGNER)
    rewritten.append([entry(number) for number in (0, 1, 2, 3, 7)])
    longer.append([entry(number) for number in range(9)])
    foreign = make(tmp_path / "foreign", OTHER)
    foreign.append([entry(0)])
    for signed in (rewritten.publish(), longer.publish(), foreign.publish()):
        with pytest.raises(SealError):
            log.continues(signed)
        with pytest.raises(SealError):
            log.verify(signed)


def test_what_is_entered_while_it_is_verified_waits_for_nobody(log: ProvableLog) -> None:
    log.append([entry(number) for number in range(3 * TILE_WIDTH + 7)])
    log.publish()
    seen: list[int] = []

    def enter(done: int, of: int) -> None:
        seen.append(of)
        log.append([entry(9000 + done)] * 40)
        log.publish()  # the last bundle and tiles are written anew

    assert log.verify(progress=enter).size == 3 * TILE_WIDTH + 7
    assert set(seen) == {3 * TILE_WIDTH + 7}
    assert log.verify().size > 3 * TILE_WIDTH + 7


def test_a_part_of_the_log_is_told_to_its_end_and_no_further(log: ProvableLog) -> None:
    log.append([entry(number, "a.b" if number % 2 else "c.d") for number in range(2 * TILE_WIDTH + 5)])
    log.publish()
    for first, before in ((0, 0), (3, 3), (5, 9), (TILE_WIDTH - 1, TILE_WIDTH + 1), (2 * TILE_WIDTH, 9000), (9, 2)):
        told = [number for number, _ in log.entries(first, before=before)]
        assert told == list(range(first, min(before, 2 * TILE_WIDTH + 5)))
    assert [number for number, _ in log.entries(4, before=9, actions=("a.b",))] == [5, 7]


def test_closing_publishes(log: ProvableLog) -> None:
    log.append([entry(0)])
    log.close()
    assert log.published == 1
