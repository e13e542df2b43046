"""What every key store must do: issue keys that open again, and refuse everything else."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.adapters.files.keys.age_seal import new_identity
from ivr.adapters.files.keys.leaves import LEAVES_RESERVED, LOST_COUNTER_SKIP
from ivr.adapters.files.keys.passphrase import create_passphrase, read_passphrase
from ivr.adapters.files.keys.store import FileKeyStore
from ivr.adapters.hsm.key_store import TokenKeyStore
from ivr.core.vault.keys import PassphraseCost, leaf_of
from ivr.errors import OperatorError, SealError
from ivr.ports.keys import ErasingKeyStore, ManagedKeyStore
from ivr.testing.fake_stores import MemoryKeyStore
from tests.contract.softhsm import new_token

CHEAP = PassphraseCost(memory_kib=64, iterations=1, lanes=1)
PASSPHRASE = b"a passphrase for tests"


def file_store(path: Path) -> FileKeyStore:
    return FileKeyStore.create(path / "store.json", PASSPHRASE, cost=CHEAP)


def token_store(path: Path) -> TokenKeyStore:
    return TokenKeyStore.create(path / "token.json", new_token(), recovery=new_identity()[1])


STORES: dict[str, Callable[[Path], ErasingKeyStore]] = {
    "memory": lambda path: MemoryKeyStore(),
    "file": file_store,
    "softhsm": token_store,
}
MANAGED: dict[str, Callable[[Path], ManagedKeyStore]] = {"file": file_store, "softhsm": token_store}


@pytest.fixture(params=list(STORES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ErasingKeyStore:
    return STORES[request.param](tmp_path)


@pytest.fixture(params=list(MANAGED))
def managed(request: pytest.FixtureRequest, tmp_path: Path) -> ManagedKeyStore:
    return MANAGED[request.param](tmp_path)


# --- every store ----------------------------------------------------------------------------------------------------


def test_what_it_issues_opens_again(store: ErasingKeyStore) -> None:
    issued = store.issue()
    assert len(issued.key) == 32
    assert store.open(issued.wrapped, issued.kek_id) == issued.key


def test_no_two_keys_are_alike_nor_share_a_leaf(store: ErasingKeyStore) -> None:
    issued = [store.issue() for _ in range(2 * LEAVES_RESERVED + 1)]
    assert len({one.key for one in issued}) == len(issued)
    assert len({leaf_of(one.wrapped) for one in issued}) == len(issued)


def test_the_wrapped_key_does_not_show_the_key(store: ErasingKeyStore) -> None:
    issued = store.issue()
    assert issued.key not in issued.wrapped
    assert issued.key.hex() not in repr(issued)


def test_a_damaged_wrapped_key_does_not_open(store: ErasingKeyStore) -> None:
    issued = store.issue()
    for at in range(len(issued.wrapped)):
        damaged = bytearray(issued.wrapped)
        damaged[at] ^= 1
        with pytest.raises(SealError):
            store.open(bytes(damaged), issued.kek_id)
    for length in range(len(issued.wrapped)):
        with pytest.raises(SealError):
            store.open(issued.wrapped[:length], issued.kek_id)


def test_a_key_of_another_store_does_not_open(store: ErasingKeyStore) -> None:
    foreign = MemoryKeyStore().issue()
    with pytest.raises(SealError):
        store.open(foreign.wrapped, foreign.kek_id)
    with pytest.raises(SealError):
        store.open(foreign.wrapped, store.issue().kek_id)


def test_fingerprints_find_equals_and_tell_nothing(store: ErasingKeyStore) -> None:
    number = b"+86 139 1234 5678"
    assert store.fingerprint("caller", number) == store.fingerprint("caller", number)
    assert store.fingerprint("caller", number) != store.fingerprint("caller", number[:-1])
    assert len(store.fingerprint("caller", number)) == 32
    assert store.fingerprint("caller", number) != MemoryKeyStore().fingerprint("caller", number)


def test_what_was_shredded_opens_no_more_and_its_neighbours_do(store: ErasingKeyStore) -> None:
    gone, kept = store.issue(), store.issue()
    store.shred([gone.wrapped])
    assert not store.alive(gone.wrapped)
    with pytest.raises(SealError, match="shredded"):
        store.open(gone.wrapped, gone.kek_id)
    assert store.open(kept.wrapped, kept.kek_id) == kept.key


# --- every store that an operator has -------------------------------------------------------------------------------


def test_after_a_rotation_new_keys_have_the_new_wrap_and_old_ones_open(managed: ManagedKeyStore) -> None:
    before = managed.issue()
    name = managed.rotate()
    after = managed.issue()
    assert after.kek_id == name == managed.keks()[-1].kek_id != before.kek_id
    assert managed.open(before.wrapped, before.kek_id) == before.key
    assert managed.open(after.wrapped, after.kek_id) == after.key


def test_a_key_wrapped_anew_is_the_same_key_and_the_old_one_may_be_retired(managed: ManagedKeyStore) -> None:
    before = managed.issue()
    managed.rotate()
    wrapped, kek_id = managed.rewrap(before.wrapped, before.kek_id)
    assert leaf_of(wrapped) == leaf_of(before.wrapped), "what shreds the one shreds the other"
    managed.retire(before.kek_id)
    assert managed.open(wrapped, kek_id) == before.key
    with pytest.raises(SealError, match="has no key"):
        managed.open(before.wrapped, before.kek_id)
    with pytest.raises(SealError, match="rotate first"):
        managed.retire(kek_id)
    assert [kek.kek_id for kek in managed.keks()] == [kek_id]


def test_a_store_of_either_kind_goes_on_for_the_other(managed: ManagedKeyStore, tmp_path: Path) -> None:
    kept, gone = managed.issue(), managed.issue()
    managed.shred([gone.wrapped])
    file, beside, token = tmp_path / "heir.json", tmp_path / "heir-token.json", new_token()
    heirs: list[ManagedKeyStore] = [
        FileKeyStore.inherit(file, PASSPHRASE, managed.estate(), cost=CHEAP),
        TokenKeyStore.inherit(beside, token, managed.estate()),
    ]
    for heir in heirs:
        wrapped, kek_id = heir.adopt(kept.key, leaf_of(kept.wrapped))
        assert leaf_of(wrapped) == leaf_of(kept.wrapped), "what shreds the one shreds the other"
        assert heir.open(wrapped, kek_id) == kept.key
        assert heir.fingerprint("caller", b"1") == managed.fingerprint("caller", b"1")
        assert not heir.alive(gone.wrapped)
        with pytest.raises(SealError):
            heir.adopt(gone.key, leaf_of(gone.wrapped))
        assert leaf_of(heir.issue().wrapped) > leaf_of(gone.wrapped)
    managed.shred([kept.wrapped])
    late = [managed.issue() for _ in range(2 * LEAVES_RESERVED)][-1]
    heirs = [FileKeyStore(file, PASSPHRASE), TokenKeyStore(beside, token)]
    for heir in heirs:
        heir.take_over(managed.estate())
        assert not heir.alive(kept.wrapped)
        assert leaf_of(heir.issue().wrapped) > leaf_of(late.wrapped)
        with pytest.raises(SealError, match="does not go on"):
            heir.take_over(replace(managed.estate(), index_key=bytes(32)))


# --- the file -------------------------------------------------------------------------------------------------------


def test_a_wrong_passphrase_is_named_as_such(tmp_path: Path) -> None:
    file_store(tmp_path)
    with pytest.raises(SealError, match="the passphrase is wrong"):
        FileKeyStore(tmp_path / "store.json", b"another passphrase")


def test_without_a_file_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="ivr keys init"):
        FileKeyStore(tmp_path / "store.json", PASSPHRASE)


def test_it_is_never_overwritten(tmp_path: Path) -> None:
    file_store(tmp_path)
    with pytest.raises(OperatorError, match="never overwritten"):
        file_store(tmp_path)


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    file_store(tmp_path)
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_opens_what_it_issued_before_it_was_closed(tmp_path: Path) -> None:
    issued = file_store(tmp_path).issue()
    assert FileKeyStore(tmp_path / "store.json", PASSPHRASE).open(issued.wrapped, issued.kek_id) == issued.key


def test_the_default_cost_is_that_of_rfc_9106(tmp_path: Path) -> None:
    FileKeyStore.create(tmp_path / "store.json", PASSPHRASE)
    text = (tmp_path / "store.json").read_text()
    assert '"memory_kib": 65536' in text
    assert '"iterations": 3' in text


def test_a_rotation_by_another_process_is_seen_at_once(tmp_path: Path) -> None:
    hub = file_store(tmp_path)
    before = hub.issue()
    name = FileKeyStore(tmp_path / "store.json", PASSPHRASE).rotate()
    after = hub.issue()
    assert after.kek_id == name != before.kek_id
    assert hub.open(before.wrapped, before.kek_id) == before.key
    assert hub.open(after.wrapped, after.kek_id) == after.key


def test_two_processes_never_issue_the_same_leaf(tmp_path: Path) -> None:
    hub = file_store(tmp_path)
    other = FileKeyStore(tmp_path / "store.json", PASSPHRASE)
    leaves = [leaf_of(store.issue().wrapped) for _ in range(300) for store in (hub, other)]
    assert len(set(leaves)) == len(leaves)


@pytest.mark.parametrize("counter", ["", "rubbish", "0"])
def test_a_lost_counter_never_leads_to_a_leaf_twice(tmp_path: Path, counter: str) -> None:
    store = file_store(tmp_path)
    used = leaf_of(store.issue().wrapped)
    store.rotate()
    (tmp_path / "store.json.leaves").write_text(counter)
    again = leaf_of(FileKeyStore(tmp_path / "store.json", PASSPHRASE).issue().wrapped)
    assert again >= LOST_COUNTER_SKIP > used


def test_a_flipped_bit_anywhere_in_the_file_is_an_error(tmp_path: Path) -> None:
    file_store(tmp_path)
    path = tmp_path / "store.json"
    data = path.read_bytes()
    opened = 0
    for at in range(0, len(data), 7):
        damaged = bytearray(data)
        damaged[at] ^= 1
        path.write_bytes(damaged)
        try:
            FileKeyStore(path, PASSPHRASE)
        except SealError:
            continue
        opened += 1
    assert opened == 0


def test_a_crash_while_it_is_replaced_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = file_store(tmp_path)
    issued = store.issue()

    def fail(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Exception, match="cannot be written"):
        store.rotate()
    monkeypatch.undo()
    again = FileKeyStore(tmp_path / "store.json", PASSPHRASE)
    assert len(again.keks()) == 1
    assert again.open(issued.wrapped, issued.kek_id) == issued.key
    assert {path.name for path in tmp_path.iterdir()} == {"store.json", "store.json.leaves"}


# --- the passphrase file --------------------------------------------------------------------------------------------


def test_a_new_passphrase_is_long_random_and_its_owners_only(tmp_path: Path) -> None:
    create_passphrase(tmp_path / "one")
    create_passphrase(tmp_path / "two")
    assert read_passphrase(tmp_path / "one") != read_passphrase(tmp_path / "two")
    assert len(read_passphrase(tmp_path / "one")) >= 40
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o600
    with pytest.raises(OperatorError):
        create_passphrase(tmp_path / "one")


def test_a_passphrase_that_others_may_read_is_refused(tmp_path: Path) -> None:
    create_passphrase(tmp_path / "one")
    (tmp_path / "one").chmod(0o640)
    with pytest.raises(OperatorError, match="chmod 600"):
        read_passphrase(tmp_path / "one")


def test_a_short_or_missing_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="ivr keys init"):
        read_passphrase(tmp_path / "none")
    (tmp_path / "short").touch(mode=0o600)
    (tmp_path / "short").write_text("secret\n")
    with pytest.raises(OperatorError, match="fewer than"):
        read_passphrase(tmp_path / "short")


# --- the command ----------------------------------------------------------------------------------------------------


def ivr(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ivr.apps.cli.main", *arguments],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_ivr_keys_makes_lists_and_rotates_without_showing_a_secret(tmp_path: Path) -> None:
    made = ivr(tmp_path, "keys", "init", "--passphrase-file", "secret/passphrase")
    assert made.returncode == 0, made.stderr
    passphrase = (tmp_path / "secret/passphrase").read_text().strip()
    (tmp_path / "ivr.yaml").write_text("keys: {passphrase_file: secret/passphrase}\n")
    again = ivr(tmp_path, "keys", "init")
    assert "exists and opens" in again.stdout
    rotated = ivr(tmp_path, "keys", "rotate")
    listed = ivr(tmp_path, "keys", "list")
    assert listed.stdout.count("kek-") == 2
    assert "opens only" in listed.stdout.splitlines()[0]
    for output in (made, again, rotated, listed):
        assert passphrase not in output.stdout + output.stderr
        assert output.returncode == 0
