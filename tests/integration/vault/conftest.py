"""An installation with two recorded calls, and the `ivr` command in it."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ivr.adapters.files.keys.passphrase import create_passphrase, read_passphrase
from ivr.adapters.files.keys.store import FileKeyStore
from ivr.adapters.files.recordings.store import RecordingFiles
from ivr.adapters.openssl.journals import find_journals
from ivr.apps.cli.main import main
from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.vault import call_store, open_key_store
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.call.transcript import Span
from ivr.core.media.frame import FRAME_SAMPLES
from ivr.core.orders.evidence import CallOutcome, DisclosureHeard
from ivr.core.vault.keys import PassphraseCost
from ivr.engine.cell.recorder import Recorder
from ivr.engine.cell.sealed_frames import SealedFrames
from ivr.ports.journals import Journals
from tests.integration.vault.recorder_rig import OneKey
from tests.integration.vault.sounds import tone

CALLER = "sip:+442071234567@192.0.2.1"
EVIDENCE = DisclosureHeard("fund_risk", "en", "ab" * 32, 800, 9600, 55, 0.02, 1, "key", "1", None, 1.3)


@dataclass(frozen=True)
class Ran:
    """What a command answered."""

    returncode: int
    stdout: bytes
    stderr: bytes


Ivr = Callable[..., Ran]


@pytest.fixture
def ivr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Ivr:
    """The `ivr` command in an empty directory, through its entry point."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["ivr", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        sys.stdout.flush()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else 0, *capfdbinary.readouterr())

    return run


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with a key store, a closed call and one whose cell died."""
    (tmp_path / "ivr.yaml").write_text(
        f"data_dir: {tmp_path}/var\nrecordings_dir: {tmp_path}/recordings\n", encoding="utf-8"
    )
    settings = load_settings(tmp_path / "ivr.yaml", {})
    create_passphrase(settings.passphrase_path)
    cheap = PassphraseCost(memory_kib=64, iterations=1, lanes=1)
    FileKeyStore.create(settings.keystore_path, read_passphrase(settings.passphrase_path), cost=cheap)
    keys = open_key_store(settings)
    for call_id, crashed in (("call-closed", False), ("call-crashed", True)):
        recorder = Recorder(
            settings.recordings_dir,
            keys.issue(),
            call_id=call_id,
            started_at=1767312000.0 + crashed,
            on_failure=lambda reason: None,
            min_free_bytes=0,
        )
        record = CallRecord(
            call_id,
            1767312000.0 + crashed,
            1767312001.0,
            None,
            CALLER,
            dialplan="wealth@1",
            outcome=CallOutcome.COMPLETED,
            recording_id=recorder.recording_id,
            agents=("alice",),
            disclosures=(EVIDENCE,),
        )
        recorder.event({"record": record_to_json(record)})
        recorder.event({"span": Span("engine", 0, 4800, "en", "What can we do for you?").to_json()})
        recorder.event({"span": Span("caller", 4800, 9600, "en", "buy a fund", 0.97).to_json()})
        for tick in range(50):
            if tick == 20:
                recorder.pause("secret input", tick * FRAME_SAMPLES)
            if tick == 30:
                recorder.resume("secret input", tick * FRAME_SAMPLES)
            at = tick * FRAME_SAMPLES
            recorder.audio(at, {"caller.in": tone(0, at, FRAME_SAMPLES), "caller.out": tone(1, at, FRAME_SAMPLES)})
        recorder.close({})
        if crashed:
            recorder.path.write_bytes(recorder.path.read_bytes()[:-30])
        else:
            ended = dataclasses.replace(record, ended_at=1767312002.0, outcome=CallOutcome.COMPLETED)
            call_store(settings, keys).save(ended)
    return settings


@pytest.fixture(params=["python", "c"])
def sealed_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recorders that are made now, in this process or in a forked one, seal so."""
    journals: Journals | None = SealedFrames if request.param == "python" else find_journals()
    if journals is None:
        pytest.skip("no C was built here: Python seals")
    defaults = Recorder.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "journals", journals)


@pytest.fixture
def keys() -> OneKey:
    return OneKey()


@pytest.fixture
def files(tmp_path: Path, keys: OneKey) -> RecordingFiles:
    return RecordingFiles(tmp_path / "recordings", keys)
