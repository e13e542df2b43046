"""What a customer can check, what an outsider can open, and what the audit log says of both."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pyrage
import pytest

from ivr.adapters.files.keys.ring_file import recovery_file
from ivr.apps import verify_receipt
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import audit_log, audit_signer, open_key_store
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.receipt import MAX_RECEIPT_BYTES
from tests.integration.vault.conftest import CALLER, Ivr


@pytest.fixture
def receipt(settings: Settings, ivr: Ivr) -> str:
    """The closed call's receipt."""
    assert ivr("recordings", "compact").returncode == 0
    made = ivr("receipt", "make", "call-closed")
    assert made.returncode == 0, made.stderr
    return made.stdout.decode()


@pytest.fixture
def key(settings: Settings) -> str:
    return str(audit_signer(open_key_store(settings)).verifier)


def log_of(ivr: Ivr) -> list[dict[str, object]]:
    return [json.loads(line) for line in ivr("audit", "log", "--json").stdout.splitlines()]


# --- receipts -------------------------------------------------------------------------------------------------------


def test_a_receipt_is_small_and_tells_the_disclosures_but_nobodys_number(receipt: str, key: str) -> None:
    assert len(receipt.encode()) <= MAX_RECEIPT_BYTES
    told = verify_receipt.describe(verify_receipt.check(receipt, key))
    assert "fund_risk (en), 0.1 s to 1.2 s, answered '1' by key" in told
    assert "wealth@1" in told
    for personal in ("207123", CALLER, "alice"):
        assert personal not in told
        assert personal not in str(verify_receipt.check(receipt, key))


def test_the_verifier_stands_alone(receipt: str, key: str, ivr: Ivr, tmp_path: Path) -> None:
    program = tmp_path / "elsewhere" / "verify_receipt.py"
    program.parent.mkdir()
    program.write_bytes(ivr("receipt", "verifier").stdout)
    (tmp_path / "receipt.txt").write_text(receipt)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(program), *arguments]
        return subprocess.run(command, cwd=program.parent, capture_output=True, text=True, timeout=30, check=False)

    genuine = run("../receipt.txt", "--key", key)
    assert genuine.returncode == 0, genuine.stderr
    assert genuine.stdout.startswith("GENUINE")
    (tmp_path / "receipt.txt").write_text(receipt.replace("index ", "index 1"))
    forged = run("../receipt.txt", "--key", key)
    assert forged.returncode == 1
    assert forged.stderr.startswith("NOT GENUINE")
    assert "import ivr" not in program.read_text()
    assert "from ivr" not in program.read_text()


def test_our_own_command_checks_it_too(receipt: str, ivr: Ivr, tmp_path: Path) -> None:
    (tmp_path / "receipt.txt").write_text(receipt)
    assert b"GENUINE" in ivr("receipt", "verify", "receipt.txt").stdout
    (tmp_path / "receipt.txt").write_text(receipt[:-40] + receipt[-39:])
    assert b"NOT GENUINE" in ivr("receipt", "verify", "receipt.txt").stderr


def test_its_code_can_be_read_out_and_a_mistaken_letter_is_noticed(settings: Settings, ivr: Ivr) -> None:
    assert ivr("recordings", "compact").returncode == 0
    told = ivr("receipt", "make", "call-closed").stderr.decode()
    code = told.split("code ")[1].split(",")[0]
    genuine = ivr("receipt", "code", code.lower())
    assert genuine.returncode == 0, genuine.stderr
    sealed = next(entry for entry in log_of(ivr) if entry["action"] == "recording.sealed")
    assert str(sealed["subject"]) in genuine.stdout.decode()
    number, letters = code.split("-", 1)
    for wrong in (f"{number}-{'B' if letters[0] != 'B' else 'C'}{letters[1:]}", f"{int(number) + 1}-{letters}"):
        refused = ivr("receipt", "code", wrong)
        assert refused.returncode != 0
    assert ivr("receipt", "code", "nonsense").returncode == 2


def test_no_altered_character_of_a_receipt_changes_what_it_proves(receipt: str, key: str) -> None:
    """A few bits of compressed text mean nothing; every other change is found."""
    genuine, unnoticed = verify_receipt.check(receipt, key), 0
    for at in range(len(receipt)):
        altered = receipt[:at] + ("A" if receipt[at] != "A" else "B") + receipt[at + 1 :]
        try:
            assert verify_receipt.check(altered, key) == genuine
        except verify_receipt.NotGenuine:
            continue
        unnoticed += 1
    assert unnoticed <= 3


def test_another_banks_key_does_not_check_it(receipt: str) -> None:
    from ivr.core.audit.note import Signer

    with pytest.raises(verify_receipt.NotGenuine, match="not signed with this key"):
        verify_receipt.check(receipt, str(Signer("another-bank", bytes(32)).verifier))


@pytest.mark.parametrize(
    "text", ["", "c2sp.org/tlog-proof@v1\n\n", "x" * 5000, "c2sp.org/tlog-proof@v1\nextra AA==\nindex 0\n\nx"]
)
def test_what_is_no_receipt_is_refused(text: str, key: str) -> None:
    with pytest.raises(verify_receipt.NotGenuine):
        verify_receipt.check(text, key)


def test_a_call_that_is_not_sealed_yet_has_no_receipt(settings: Settings, ivr: Ivr) -> None:
    refused = ivr("receipt", "make", "call-closed")
    assert refused.returncode == 2
    assert b"compact" in refused.stderr


# --- the audit log --------------------------------------------------------------------------------------------------


def test_every_access_is_logged_with_its_reason_also_a_failed_one(settings: Settings, ivr: Ivr) -> None:
    ivr("recordings", "show", "call-closed", "--reason", "complaint 17")
    ivr("recordings", "play", "call-closed", "--output", "-", "--reason", "complaint 17")
    ivr("recordings", "export", "call-closed", "--wav", "out.wav")
    ivr("recordings", "show", "call-none")
    told = [(one["action"], one["subject"], one["outcome"], one["reason"]) for one in log_of(ivr)]
    assert told == [
        ("recording.shown", "call-closed", "done", "complaint 17"),
        ("recording.exported", "call-closed", "done", "complaint 17"),
        ("recording.exported", "call-closed", "done", ""),
        ("recording.shown", "unknown", "failed", ""),
    ]


def test_compacting_enters_every_recording_with_its_hash(settings: Settings, ivr: Ivr) -> None:
    ivr("recordings", "compact")
    sealed = [one for one in log_of(ivr) if one["action"] == "recording.sealed"]
    assert {one["subject"] for one in sealed} == {"20260102-call-closed", "20260102-call-crashed"}
    assert b"sha256" in ivr("audit", "log", "--json", "--subject", "20260102-call-closed").stdout
    text = b"".join(path.read_bytes() for path in (settings.data_dir / "audit").rglob("*") if path.is_file())
    for told in (b"fund_risk", b"wealth", b"alice", b"207123"):
        assert told not in text


def test_the_log_is_verified_also_against_an_older_checkpoint(settings: Settings, ivr: Ivr, tmp_path: Path) -> None:
    assert ivr("audit", "checkpoint").returncode == 2
    ivr("recordings", "show", "call-closed")
    (tmp_path / "monday.txt").write_bytes(ivr("audit", "checkpoint").stdout)
    ivr("recordings", "show", "call-closed")
    sound = ivr("audit", "verify", "--against", "monday.txt")
    assert sound.returncode == 0
    assert sound.stdout.startswith(b"Sound: 2 entries")
    proved = json.loads(ivr("audit", "prove", "0", "--since", "1").stdout)
    assert len(proved["inclusion"]) == 1
    assert len(base64.b64decode(proved["consistency"][0])) == 32
    bundle = settings.data_dir / "audit/tile/entries/000.p/2"
    bundle.write_bytes(bundle.read_bytes().replace(b"id:", b"xx:", 1))
    refused = ivr("audit", "verify")
    assert refused.returncode == 5
    assert b"altered" in refused.stderr


def test_a_warning_that_did_not_sound_as_published_fails_the_verification_and_names_its_call(
    settings: Settings, ivr: Ivr
) -> None:
    log = audit_log(settings, open_key_store(settings))
    for call, told in (("call-1", {"as_published": True}), ("call-2", {"as_published": None}), ("call-3", {})):
        log.append([AuditEntry(1.0, "cell 0", "disclosure.played", call, details={"step": 4, **told})])
    sound = ivr("audit", "verify")
    assert sound.returncode == 0, sound.stderr
    assert b"played: 1 as they were published, 1 with what is the caller's own" in sound.stdout
    log.append([AuditEntry(2.0, "cell 0", "disclosure.played", "call-4", details={"step": 4, "as_published": False})])
    other = ivr("audit", "verify")
    assert other.returncode == 5
    assert b"entry 3, call call-4" in other.stdout
    assert b"another sound than the published one" in other.stderr


def test_who_did_it_is_the_kernels_word_not_the_environments(
    settings: Settings, ivr: Ivr, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER"):
        monkeypatch.setenv(name, "mallory")
    ivr("recordings", "show", "call-closed")
    assert "mallory" not in str(log_of(ivr))


def test_people_read_the_log(settings: Settings, ivr: Ivr) -> None:
    ivr("recordings", "show", "call-none", "--reason", "by mistake")
    line = ivr("audit", "log").stdout.decode()
    assert "recording.shown" in line
    assert "FAILED  (by mistake)" in line


# --- export ---------------------------------------------------------------------------------------------------------


def test_an_export_opens_with_the_recipients_key_only_and_holds_all_that_proves_it(
    settings: Settings, ivr: Ivr, tmp_path: Path
) -> None:
    ivr("recordings", "compact")
    identity = pyrage.x25519.Identity.generate()
    done = ivr("recordings", "export", "call-closed", "--age", "out.age", "--to", str(identity.to_public()))
    assert done.returncode == 0, done.stderr
    data = (tmp_path / "out.age").read_bytes()
    assert data.startswith(b"age-encryption.org/v1\n-> X25519 ")
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(data, [pyrage.x25519.Identity.generate()])
    with tarfile.open(fileobj=io.BytesIO(pyrage.decrypt(data, [identity]))) as tar:
        files = {Path(info.name).name: tar.extractfile(info) for info in tar}
        content = {name: file.read() for name, file in files.items() if file is not None}
    proofs = {"record.json", "manifest.json", "transcript.json", "transcript.txt", "receipt.txt"}
    assert set(content) == {"audio.wav"} | proofs
    spans = json.loads(content["transcript.json"])[:2]
    assert [one["text"] for one in spans] == ["What can we do for you?", "buy a fund"]
    assert json.loads(content["manifest.json"])["flags"] == []
    assert content["audio.wav"].startswith(b"RIFF")
    told = ["0.00\t0.60\tengine\tWhat can we do for you?\n", "0.60\t1.20\tcaller\tbuy a fund\n"]
    assert content["transcript.txt"].decode() == "".join(told)
    assert json.loads(content["record.json"])["caller"] == CALLER
    signer = audit_signer(open_key_store(settings))
    verify_receipt.check(content["receipt.txt"].decode(), str(signer.verifier))


def test_the_stock_age_tool_opens_an_export_and_its_keys_are_good_for_recovery(
    settings: Settings, ivr: Ivr, tmp_path: Path
) -> None:
    age, keygen = shutil.which("age"), shutil.which("age-keygen")
    assert age is not None, "install age (apt-get install age)"
    assert keygen is not None
    told = subprocess.run([keygen, "-o", "key.txt"], cwd=tmp_path, capture_output=True, text=True, check=True).stderr
    public = told.split()[-1]
    assert ivr("recordings", "export", "call-closed", "--age", "out.age", "--to", public).returncode == 0
    command = [age, "-d", "-i", "key.txt", "-o", "out.tar", "out.age"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=30)
    with tarfile.open(tmp_path / "out.tar") as tar:
        assert "call-closed/audio.wav" in tar.getnames()
    assert ivr("keys", "recovery", public).returncode == 0
    saved = tmp_path / "copy.age"
    shutil.copy(recovery_file(settings.keystore_path), saved)
    shutil.rmtree(settings.keystore_path.parent)
    assert ivr("keys", "recover", "--identity", "key.txt", "--from", "copy.age").returncode == 0
    assert ivr("recordings", "show", "call-closed").returncode == 0


def test_an_export_to_nobody_is_refused(settings: Settings, ivr: Ivr, tmp_path: Path) -> None:
    assert ivr("recordings", "export", "call-closed", "--age", "out.age").returncode == 2
    assert ivr("recordings", "export", "call-closed", "--age", "out.age", "--to", "bob").returncode == 2
    assert not (tmp_path / "out.age").exists()
    assert log_of(ivr) == []


def test_where_two_persons_are_needed_one_alone_exports_nothing(
    settings: Settings, ivr: Ivr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "ivr.yaml").open("a") as file:
        file.write("access: {two_persons: [export]}\n")

    def as_user(name: str, *arguments: str) -> int:
        monkeypatch.setattr("ivr.adapters.login.real_user", lambda: name)
        monkeypatch.setattr("ivr.adapters.login.logged_in", lambda: True)
        return ivr("recordings", *arguments).returncode

    reason = ("--reason", "a court asks")
    assert as_user("bob", "export", "call-closed", "--wav", "1.wav") == 6
    assert as_user("bob", "approve", "call-closed", "--for", "os:bob", *reason) == 6
    assert as_user("alice", "approve", "call-closed", "--for", "os:bob", *reason) == 0
    assert as_user("carol", "export", "call-closed", "--wav", "2.wav") == 6
    assert as_user("bob", "export", "20260102-call-closed", "--wav", "3.wav") == 0
    assert as_user("bob", "export", "call-closed", "--wav", "4.wav") == 6
    assert [path.name for path in tmp_path.glob("*.wav")] == ["3.wav"]
    exports = [one for one in log_of(ivr) if one["action"] != "two_persons.demanded"]
    assert [one["outcome"] for one in exports] == ["denied", "denied", "done", "denied", "done", "denied"]
