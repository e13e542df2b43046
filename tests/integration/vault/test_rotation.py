"""Keys change, recordings stay; the store is lost, nothing is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ivr.adapters.files.keys.age_seal import new_identity
from ivr.adapters.files.keys.ring_file import recovery_file
from ivr.adapters.files.keys.store import FileKeyStore
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import call_store, open_key_store, recording_files
from ivr.core.vault.keys import PassphraseCost, leaf_of
from ivr.errors import OperatorError, SealError
from tests.integration.vault.conftest import Ivr

CHEAP = PassphraseCost(memory_kib=64, iterations=1, lanes=1)
PASSPHRASE = b"a passphrase for tests"


def contents(directory: Path, suffix: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.rglob(f"*{suffix}")}


def opens(settings: Settings) -> None:
    keys = open_key_store(settings)
    for call in ("call-closed", "call-crashed"):
        assert recording_files(settings, keys).open(call).timeline.samples
    assert call_store(settings, keys).get("call-closed").outcome == "completed"


def test_a_rotation_wraps_all_keys_anew_and_touches_no_audio(settings: Settings, ivr: Ivr) -> None:
    ivr("recordings", "compact")
    old = open_key_store(settings).keks()[-1].kek_id
    audio, wrapped = contents(settings.recordings_dir, ".ivra"), contents(settings.recordings_dir, ".ivrk")
    rotated = ivr("keys", "rotate")
    assert rotated.returncode == 0, rotated.stderr
    assert b"2 recordings, 2 records, 0 voiceprints" in rotated.stdout
    assert contents(settings.recordings_dir, ".ivra") == audio
    assert all(contents(settings.recordings_dir, ".ivrk")[name] != data for name, data in wrapped.items())
    opens(settings)
    assert ivr("keys", "retire", old).returncode == 0
    opens(settings)
    assert len(open_key_store(settings).keks()) == 1


def test_a_key_in_use_cannot_be_forgotten(settings: Settings, ivr: Ivr) -> None:
    old = open_key_store(settings).keks()[-1].kek_id
    ivr("keys", "rotate")  # journals keep the key that wrapped them
    refused = ivr("keys", "retire", old)
    assert refused.returncode == 6
    assert b"in use by recordings" in refused.stderr
    opens(settings)
    active = open_key_store(settings).keks()[-1].kek_id
    assert ivr("keys", "retire", active).returncode in (5, 6)
    assert ivr("keys", "retire", "kek-9").returncode == 5


def test_what_was_shredded_stays_so_after_a_rotation(settings: Settings, ivr: Ivr) -> None:
    ivr("recordings", "compact")
    keys = open_key_store(settings)
    files = recording_files(settings, keys)
    header = files.header(files.stored()[0])
    keys.shred([header.wrapped])
    rotated = ivr("keys", "rotate")
    assert rotated.returncode == 0, "what nothing can open needs no key: it is no damage"
    with pytest.raises(SealError):
        recording_files(settings, open_key_store(settings)).open(header.call_id)


def test_a_key_that_only_shredded_remains_name_is_retired_and_they_stay_what_they_are(
    settings: Settings, ivr: Ivr
) -> None:
    """An erasure that was killed between the key and the files: the crashed call's journal still names the old key."""
    keys = open_key_store(settings)
    files, old = recording_files(settings, keys), keys.keks()[-1].kek_id
    keys.shred([files.header(journal).wrapped for journal in files.journals()])
    assert ivr("keys", "rotate").returncode == 0
    assert b"opens only        used by nothing\n" in ivr("keys", "list").stdout
    retired = ivr("keys", "retire", old)
    assert retired.returncode == 0, retired.stderr
    assert len(open_key_store(settings).keks()) == 1
    for again in (("keys", "rotate"), ("recordings", "compact"), ("recordings", "compact")):
        done = ivr(*again)
        assert (done.returncode, done.stderr) == (0, b""), "shredded, not damaged: nobody is to look for a lost key"
    assert not list(settings.recordings_dir.rglob("*.ivra"))


def test_remains_of_a_journal_that_was_shredded_are_no_damage(settings: Settings, ivr: Ivr) -> None:
    """As an erasure leaves them that was killed between the key and the files, or a backup that was restored."""
    keys = open_key_store(settings)
    files = recording_files(settings, keys)
    keys.shred([files.header(journal).wrapped for journal in files.journals()])
    for _ in range(4):  # more often than a journal may fail before it is set aside
        compacted = ivr("recordings", "compact")
        assert (compacted.returncode, compacted.stderr) == (0, b"")
    assert not list(settings.recordings_dir.rglob("*.ivra"))
    assert ivr("keys", "rotate").returncode == 0


def test_a_lost_store_and_passphrase_are_replaced_by_the_recovery_key(
    settings: Settings, ivr: Ivr, tmp_path: Path
) -> None:
    secret, public = new_identity()
    (tmp_path / "key.txt").write_text(f"# made by age-keygen\n{secret}\n")
    assert ivr("keys", "recovery", public).returncode == 0
    shutil.copy(recovery_file(settings.keystore_path), tmp_path / "copy.age")
    used = leaf_of(open_key_store(settings).issue().wrapped)
    shutil.rmtree(settings.keystore_path.parent)
    assert ivr("recordings", "show", "call-closed").returncode == 2
    back = ivr("keys", "recover", "--identity", "key.txt", "--from", "copy.age")
    assert back.returncode == 0, back.stderr
    opens(settings)
    assert leaf_of(open_key_store(settings).issue().wrapped) > used
    assert secret.encode() not in back.stdout + back.stderr


def test_a_recovery_file_opens_with_its_key_only_and_holds_nothing_in_clear(tmp_path: Path) -> None:
    secret, public = new_identity()
    store = FileKeyStore.create(tmp_path / "store.json", PASSPHRASE, cost=CHEAP, recovery=public)
    sealed = recovery_file(tmp_path / "store.json").read_bytes()
    assert store.keks()[-1].key not in sealed
    (tmp_path / "wrong.txt").write_text(new_identity()[0])
    with pytest.raises(SealError):
        FileKeyStore.recover(tmp_path / "new.json", sealed, tmp_path / "wrong.txt", PASSPHRASE, cost=CHEAP)
    (tmp_path / "right.txt").write_text(secret)
    issued = store.issue()
    again = FileKeyStore.recover(tmp_path / "new.json", sealed, tmp_path / "right.txt", PASSPHRASE, cost=CHEAP)
    assert again.open(issued.wrapped, issued.kek_id) == issued.key
    assert again.recovery == public


def test_every_change_of_the_store_renews_its_recovery_file(tmp_path: Path) -> None:
    secret, public = new_identity()
    (tmp_path / "key.txt").write_text(secret)
    store = FileKeyStore.create(tmp_path / "store.json", PASSPHRASE, cost=CHEAP, recovery=public)
    shredded = store.issue()
    store.rotate()
    store.shred([shredded.wrapped])
    late = store.issue()
    sealed = recovery_file(tmp_path / "store.json").read_bytes()
    again = FileKeyStore.recover(tmp_path / "new.json", sealed, tmp_path / "key.txt", PASSPHRASE, cost=CHEAP)
    assert again.open(late.wrapped, late.kek_id) == late.key
    with pytest.raises(SealError, match="shredded"):
        again.open(shredded.wrapped, shredded.kek_id)


def test_a_recovery_key_that_is_none_changes_nothing(settings: Settings, ivr: Ivr, tmp_path: Path) -> None:
    assert ivr("keys", "recovery", "bob").returncode == 2
    assert open_key_store(settings).recovery == ""
    with pytest.raises(OperatorError):
        FileKeyStore.create(tmp_path / "x.json", PASSPHRASE, cost=CHEAP, recovery="age1nonsense")
    assert not (tmp_path / "x.json").exists()
    (tmp_path / "empty.txt").write_text("nothing\n")
    with pytest.raises(OperatorError, match="no age identity"):
        FileKeyStore.recover(tmp_path / "x.json", b"", tmp_path / "empty.txt", PASSPHRASE, cost=CHEAP)
