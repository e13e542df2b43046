"""`ivr keys move`: all keys into a hardware security module's token and back, and nothing lost at whatever moment it is
broken off (SoftHSM)."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from ivr.adapters.files.keys.age_seal import new_identity
from ivr.adapters.files.keys.moved_store import UnfinishedMove, moved_to, write_move
from ivr.adapters.files.keys.ring_file import recovery_file
from ivr.adapters.files.voiceprints import VoiceprintFiles
from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.key_move import heirs_settings, key_move
from ivr.apps.wiring.only_one import only_one
from ivr.apps.wiring.preflight import make_keys
from ivr.apps.wiring.vault import (
    account_store,
    audit_log,
    audit_signer,
    call_store,
    callback_store,
    inspection_store,
    move_note,
    note_store,
    open_key_store,
    recording_files,
    review_store,
    role_book,
    user_store,
)
from ivr.core.access.user import Credentials, User
from ivr.core.call.note import CallNote
from ivr.core.compliance.findings import CallFindings
from ivr.core.identity.account import AccountSecrets
from ivr.core.identity.voiceprint import Template, Voiceprint
from ivr.core.queueing.callback import CallbackRequest
from ivr.core.vault.keys import leaf_of
from ivr.engine.cell.recorder import Recorder
from ivr.errors import OperatorError, SealError
from ivr.testing.engine import IVR
from tests.contract.softhsm import MODULE, PIN, softhsm
from tests.contract.sql.test_review_store import review
from tests.integration.vault.conftest import Ivr

WHY = ("--reason", "the module has come")
KILLS = 6
ANNA = User("user:anna", b"a" * 16, 1767312000.0)
HELD = AccountSecrets(seed="00" * 20)
NOTE = CallNote("n1", "call-closed", "alice", 1767312000.0, "paid", "asked for a form")
FINDINGS = CallFindings("call-closed", 1767312000.0, 1767312060.0, (), ())
REVIEW = review("r1", call="call-closed")
REQUEST = CallbackRequest("loans", "+442071234567", "call-closed", "en", 1767312000.0)


class Killed(BaseException):
    """The process ended here."""


@pytest.fixture
def bank(settings: Settings, tmp_path: Path) -> Settings:
    """The installation of two calls, a token, and one of each other thing that is sealed under its own key."""
    names_a_token(tmp_path)
    settings = load_settings(tmp_path / "ivr.yaml", {})
    keys = open_key_store(settings)
    VoiceprintFiles(settings.voiceprints_dir, keys).put(Voiceprint("10012345", "m", (Template((0.6, 0.8), 9.0, 1.0),)))
    callback_store(settings, keys).keep(REQUEST)
    user_store(settings, keys).add(ANNA)
    review_store(settings, keys).add(REVIEW)
    note_store(settings, keys).put(NOTE)
    account_store(settings, keys).put("10000001", HELD, instead_of=None)
    inspection_store(settings, keys).put_findings(FINDINGS)
    return settings


def names_a_token(directory: Path, **keys: object) -> None:
    """Write a new, empty token into the settings."""
    pin = directory / "pin"
    pin.write_bytes(PIN + b"\n")
    pin.chmod(0o600)
    file = directory / "ivr.yaml"
    chosen = yaml.safe_load(file.read_text())
    chosen["voiceprints_dir"] = str(directory / "voiceprints")
    chosen["keys"] = {"module": str(MODULE), "token": softhsm().make(), "pin_file": str(pin), **keys}
    file.write_text(yaml.safe_dump(chosen))


def set_store(directory: Path, store: str) -> Settings:
    """What the operator is told to do after a move."""
    file = directory / "ivr.yaml"
    chosen = yaml.safe_load(file.read_text())
    chosen["keys"]["store"] = store
    file.write_text(yaml.safe_dump(chosen))
    return load_settings(file, {})


def all_opens(settings: Settings) -> None:
    """Every kind of thing that the store protects."""
    keys = open_key_store(settings)
    for call in ("call-closed", "call-crashed"):
        assert recording_files(settings, keys).open(call).timeline.samples
    assert call_store(settings, keys).get("call-closed").outcome == "completed"
    assert VoiceprintFiles(settings.voiceprints_dir, keys).get("10012345") is not None
    ((_, wrapped, kek_id),) = callback_store(settings, keys).wrapped_keys()
    assert len(keys.open(wrapped, kek_id)) == 32
    users = user_store(settings, keys)
    assert (users.list(), users.credentials(ANNA)) == ([ANNA], Credentials())
    assert review_store(settings, keys).get(REVIEW.review_id) == REVIEW
    assert note_store(settings, keys).of_call("call-closed") == [NOTE]
    assert account_store(settings, keys).find("10000001") == HELD
    assert inspection_store(settings, keys).findings(["call-closed"]) == {"call-closed": FINDINGS}
    log = audit_log(settings, keys)
    log.publish()
    log.verify()
    role_book(settings, keys, log).verify()


def files_of(directory: Path, suffix: str) -> dict[str, bytes]:
    found = (path for path in directory.rglob(f"*{suffix}") if path.suffix != ".lock" and path.name != "roles.json")
    return {path.name: path.read_bytes() for path in found}


def test_keys_go_into_the_token_and_back_and_no_audio_is_touched(bank: Settings, ivr: Ivr, tmp_path: Path) -> None:
    ivr("recordings", "compact")
    audio, signer = files_of(bank.recordings_dir, ".ivra"), audit_signer(open_key_store(bank)).verifier
    moved = ivr("keys", "move", "--to", "pkcs11", *WHY)
    assert moved.returncode == 0, moved.stderr
    assert (
        b"2 recordings, 2 records, 1 callbacks, 1 users, 1 reviews, 1 notes, 1 inspections, 1 accounts, 1 voice"
        in moved.stdout
    )
    assert b"keys: {store: pkcs11}" in moved.stdout
    assert b"shred -u" in moved.stdout
    refused = ivr("recordings", "show", "call-closed")
    assert refused.returncode == 2
    assert b"were moved: set `keys: {store: pkcs11}`" in refused.stderr
    token = set_store(tmp_path, "pkcs11")
    all_opens(token)
    callbacks = callback_store(token, open_key_store(token))
    assert callbacks.take(callbacks.find()[0].callback_id, by="os:anna", at=2.0) == REQUEST.number
    assert files_of(bank.recordings_dir, ".ivra") == audio
    assert audit_signer(open_key_store(token)).verifier == signer, "receipts and checkpoints of before still hold"
    assert all(b'"wrapped": "02' in data for data in files_of(bank.recordings_dir, ".ivrk").values())
    back = ivr("keys", "move", "--to", "file", *WHY)
    assert back.returncode == 0, back.stderr
    assert b"the keys in the token" in back.stdout
    plain = set_store(tmp_path, "file")
    keys = open_key_store(plain)
    for call in ("call-closed", "call-crashed"):
        assert recording_files(plain, keys).open(call).timeline.samples
    actions = [one.action for _, one in audit_log(plain, keys).entries(actions=("key.moved", "key.move_began"))]
    assert actions == ["key.move_began", "key.moved"] * 2
    for said in (moved, back):
        assert PIN not in said.stdout + said.stderr


def test_what_was_shredded_stays_so_and_no_leaf_is_given_out_twice(bank: Settings, ivr: Ivr, tmp_path: Path) -> None:
    ivr("recordings", "compact")
    before = open_key_store(bank)
    files = recording_files(bank, before)
    gone = files.header(files.stored()[0])
    used = leaf_of(before.issue().wrapped)
    before.shred([gone.wrapped])
    assert ivr("keys", "move", "--to", "pkcs11", *WHY).returncode == 0
    after = open_key_store(set_store(tmp_path, "pkcs11"))
    assert not after.alive(gone.wrapped)
    with pytest.raises(SealError):
        after.open(gone.wrapped, gone.kek_id)
    assert leaf_of(after.issue().wrapped) > used


def test_the_recovery_key_opens_what_was_moved(bank: Settings, ivr: Ivr, tmp_path: Path) -> None:
    secret, public = new_identity()
    (tmp_path / "key.txt").write_text(secret)
    assert ivr("keys", "recovery", public).returncode == 0
    assert ivr("keys", "move", "--to", "pkcs11", *WHY).returncode == 0
    lost = set_store(tmp_path, "pkcs11")
    shutil.copy(recovery_file(lost.keystore_path), tmp_path / "copy.age")
    lost.keystore_path.unlink()
    names_a_token(tmp_path, store="pkcs11")
    back = ivr("keys", "recover", "--identity", "key.txt", "--from", "copy.age")
    assert back.returncode == 0, back.stderr
    all_opens(load_settings(tmp_path / "ivr.yaml", {}))


def test_a_damaged_key_is_named_and_nothing_is_moved_unless_it_is_left_behind(
    bank: Settings, ivr: Ivr, tmp_path: Path
) -> None:
    ivr("recordings", "compact")
    (file,) = bank.recordings_dir.rglob("call-closed.ivrk")
    good = file.read_text()
    file.write_text(good.replace('"wrapped": "01', '"wrapped": "01ff'))
    before = files_of(bank.data_dir / "keys", "")
    refused = ivr("keys", "move", "--to", "pkcs11", *WHY)
    assert refused.returncode == 5
    assert b"call-closed.ivra" in refused.stderr
    assert b"keys were not moved" in refused.stderr
    assert files_of(bank.data_dir / "keys", "") == before
    assert ivr("recordings", "show", "call-crashed").returncode == 0
    moved = ivr("keys", "move", "--to", "pkcs11", "--leave-damaged", *WHY)
    assert moved.returncode == 0, moved.stderr
    assert b"left behind: call-closed.ivra" in moved.stdout
    assert b"1 recordings" in moved.stdout
    keys = open_key_store(token := set_store(tmp_path, "pkcs11"))
    assert recording_files(token, keys).open("call-crashed").timeline.samples


def test_a_journal_and_a_key_file_that_are_damaged_do_not_keep_the_others_from_moving(
    bank: Settings, ivr: Ivr, tmp_path: Path
) -> None:
    ivr("recordings", "compact")
    (file,) = bank.recordings_dir.rglob("call-closed.ivrk")
    file.write_text("{}")
    issued = open_key_store(bank).issue()
    recorder = Recorder(
        bank.recordings_dir, issued, call_id="odd", started_at=1767312005.0, on_failure=lambda reason: None,
        min_free_bytes=0,
    )  # fmt: skip
    for tick in range(50):
        recorder.audio(tick * 160, {"caller.in": bytes(320)})
    recorder.close({})
    data = bytearray(recorder.path.read_bytes())
    data[len(data) // 2] ^= 1
    recorder.path.write_bytes(data)
    refused = ivr("keys", "move", "--to", "pkcs11", *WHY)
    assert refused.returncode == 5
    assert b"odd.ivrj" in refused.stderr
    assert b"call-closed" in refused.stderr
    moved = ivr("keys", "move", "--to", "pkcs11", "--leave-damaged", *WHY)
    assert moved.returncode == 0, moved.stderr
    assert moved.stdout.count(b"left behind") == 2
    token = set_store(tmp_path, "pkcs11")
    assert recording_files(token, open_key_store(token)).open("call-crashed").timeline.samples


def test_while_the_engine_runs_it_is_refused_and_says_how_to_stop_it(bank: Settings, ivr: Ivr) -> None:
    with only_one(bank):
        refused = ivr("keys", "move", "--to", "pkcs11", *WHY)
    assert refused.returncode == 2
    assert b"stop it with `kill" in refused.stderr
    assert ivr("recordings", "show", "call-closed").returncode == 0


def test_while_it_is_unfinished_neither_the_engine_nor_a_command_opens_a_store(bank: Settings, ivr: Ivr) -> None:
    there = heirs_settings(bank, "pkcs11")
    write_move(move_note(bank), UnfinishedMove(str(bank.keystore_path), str(there.keystore_path), "pkcs11"))
    for settings in (bank, there):
        with pytest.raises(OperatorError, match="finish it with 'ivr keys move --to pkcs11'"):
            make_keys(settings)
    assert b"finish it with" in ivr("recordings", "show", "call-closed").stderr
    assert ivr("keys", "move", "--to", "pkcs11", *WHY).returncode == 0


def test_where_it_is_to_go_must_be_named_and_be_elsewhere(bank: Settings, ivr: Ivr, tmp_path: Path) -> None:
    assert b"already" in ivr("keys", "move", "--to", "file", *WHY).stderr
    (tmp_path / "ivr.yaml").write_text(f"data_dir: {tmp_path}/var\nrecordings_dir: {tmp_path}/recordings\n")
    assert b"name the token first" in ivr("keys", "move", "--to", "pkcs11", *WHY).stderr


# --- broken off -----------------------------------------------------------------------------------------------------


@contextmanager
def killed_at(replacement: int, monkeypatch: pytest.MonkeyPatch, *, after: bool) -> Iterator[list[int]]:
    """End as `kill -9` would, just before or after the n-th time that a file is put into its place."""
    real, count = Path.replace, [0]

    def replace(self: Path, target: Any) -> Path:
        count[0] += 1
        if count[0] == replacement and not after:
            raise Killed
        done = real(self, target)
        if count[0] == replacement:
            raise Killed
        return done

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        yield count


def moves(settings: Settings) -> None:
    """As the command does it."""
    work = key_move(settings, heirs_settings(settings, "pkcs11"), actor="os:test", reason="", tell=lambda line: None)
    work.run(leave_damaged=False)


def test_killed_at_any_write_it_goes_on_when_it_is_run_again_and_nothing_is_lost(
    bank: Settings, ivr: Ivr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ivr("recordings", "compact")
    shutil.copytree(tmp_path, whole := tmp_path.with_name(tmp_path.name + "-whole"))
    reached = 0
    for number in range(1, 200):
        for after in (False, True):
            for part in ("var", "recordings", "voiceprints"):
                shutil.rmtree(tmp_path / part)
                shutil.copytree(whole / part, tmp_path / part)
            names_a_token(tmp_path)
            settings = load_settings(tmp_path / "ivr.yaml", {})
            try:
                with killed_at(number, monkeypatch, after=after) as count:
                    moves(settings)
            except Killed:
                reached += 1
            else:
                assert count[0] < number, "every write was reached"
                assert reached > 20, "a log, a note, a store, four kinds of keys, a copy, a note again"
                return
            if moved_to(settings.keystore_path):
                all_opens(set_store(tmp_path, "pkcs11"))
                continue
            try:
                open_key_store(settings)
            except OperatorError as error:
                assert "ivr keys move --to pkcs11" in str(error)  # noqa: PT017 - one of two outcomes
            else:
                all_opens(settings)
            moves(settings)
            all_opens(set_store(tmp_path, "pkcs11"))
    raise AssertionError("it never ended")


def test_kill_9_at_random_moments_and_run_again_until_it_is_done(bank: Settings, ivr: Ivr, tmp_path: Path) -> None:
    ivr("recordings", "compact")
    environment = {**os.environ, "IVR_CONFIG": str(tmp_path / "ivr.yaml")}
    dice, killed = random.Random(20261122), 0
    command = [*IVR, "keys", "move", "--to", "pkcs11", *WHY]
    for delay in sorted(dice.uniform(0.2, 2.0) for _ in range(KILLS)):  # on a fast machine the last ones find it done
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
    assert killed
    if not moved_to(bank.keystore_path):
        done = subprocess.run(command, env=environment, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
    all_opens(set_store(tmp_path, "pkcs11"))
