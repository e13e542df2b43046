"""`ivr recordings` as an operator runs it: what it shows, what it refuses, and that nothing lies about in clear."""

from __future__ import annotations

import dataclasses
import io
import json
import sys
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ivr.apps.cli.main import main
from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.vault import call_store, open_key_store
from ivr.core.call.record import CallRecord, DisclosureEvidence
from ivr.core.call.record_json import record_to_json
from ivr.core.media.frame import FRAME_SAMPLES
from ivr.engine.cell.recorder import Recorder

CALLER = "sip:+442071234567@192.0.2.1"
EVIDENCE = DisclosureEvidence("fund_risk", "en", "ab" * 32, 800, 9600, 55, 0.02, 1, "key", "1", None, 1.3)


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


def tone(channel: int, first_sample: int, count: int) -> bytes:
    return ((np.arange(first_sample, first_sample + count) * (channel + 3)) % 20011).astype("<i2").tobytes()


@pytest.fixture
def settings(ivr: Ivr, tmp_path: Path) -> Settings:
    """An installation with a key store, a closed call and one whose cell died."""
    made = ivr("keys", "init")
    assert made.returncode == 0, made.stderr
    (tmp_path / "ivr.yaml").write_text(
        f"data_dir: {tmp_path}/var\nrecordings_dir: {tmp_path}/recordings\n", encoding="utf-8"
    )
    settings = load_settings(tmp_path / "ivr.yaml", {})
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
            recording_id=recorder.recording_id,
            agents=("alice",),
            disclosures=(EVIDENCE,),
        )
        recorder.event({"record": record_to_json(record)})
        for tick in range(50):
            if tick == 20:
                recorder.pause("secret input", tick * FRAME_SAMPLES)
            if tick == 30:
                recorder.resume(tick * FRAME_SAMPLES)
            for channel, name in enumerate(("caller.in", "caller.out")):
                recorder.audio(name, tick * FRAME_SAMPLES, tone(channel, tick * FRAME_SAMPLES, FRAME_SAMPLES))
        recorder.close({})
        if crashed:
            recorder.path.write_bytes(recorder.path.read_bytes()[:-30])
        else:
            ended = dataclasses.replace(record, ended_at=1767312002.0, outcome="completed")
            call_store(settings, keys).save(ended)
    return settings


def test_the_list_holds_closed_and_crashed_calls_and_no_number(settings: Settings, ivr: Ivr, tmp_path: Path) -> None:
    listed = ivr("recordings", "list")
    assert listed.returncode == 0, listed.stderr
    lines = listed.stdout.decode().splitlines()
    assert lines[1].endswith("call-crashed")
    assert "crashed" in lines[1].split()
    assert lines[2].endswith("call-closed")
    assert "completed" in lines[2]
    assert b"2071234567" not in listed.stdout
    as_json = [json.loads(line) for line in ivr("recordings", "list", "--json").stdout.splitlines()]
    assert [one["call_id"] for one in as_json] == ["call-crashed", "call-closed"]
    assert {one["caller"] for one in as_json} == {"***567"}


def test_show_tells_the_evidence_the_pauses_and_the_end(settings: Settings, ivr: Ivr, tmp_path: Path) -> None:
    shown = ivr("recordings", "show", "call-closed").stdout.decode()
    for part in ("***567", "fund_risk", "ab" * 32, "samples 800 to 9600", "2.0% lost", "alice", "properly closed"):
        assert part in shown
    assert "0:00.4 to 0:00.6: secret input" in shown
    assert CALLER not in shown
    assert CALLER in ivr("recordings", "show", "call-closed", "--reveal").stdout.decode()
    assert "by a crash" in ivr("recordings", "show", "20260102-call-crashed").stdout.decode()


def test_play_writes_what_was_said_left_and_heard_right(settings: Settings, ivr: Ivr, tmp_path: Path) -> None:
    played = ivr("recordings", "play", "call-closed", "--output", "-", "--from", "0.1")
    with wave.open(io.BytesIO(played.stdout)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    silent = slice(20 * FRAME_SAMPLES - 800, 30 * FRAME_SAMPLES - 800)
    for channel in (0, 1):
        expected = np.frombuffer(tone(channel, 800, 50 * FRAME_SAMPLES - 800), "<i2").copy()
        expected[silent] = 0
        assert np.array_equal(samples[:, channel], expected)


def test_export_writes_only_where_it_is_told_and_warns(settings: Settings, ivr: Ivr, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    exported = ivr("recordings", "export", "call-crashed", "--wav", "out.wav")
    assert exported.returncode == 0, exported.stderr
    assert b"in clear" in exported.stderr
    assert set(tmp_path.rglob("*")) - before == {tmp_path / "out.wav"}
    assert (tmp_path / "out.wav").stat().st_mode & 0o777 == 0o600
    assert ivr("recordings", "export", "call-closed", "--wav", "out.wav").returncode == 2
    assert ivr("recordings", "export", "call-closed").returncode == 2


def test_a_damaged_recording_is_an_error_and_its_sound_part_can_be_saved(
    settings: Settings, ivr: Ivr, tmp_path: Path
) -> None:
    path = next(settings.recordings_dir.rglob("call-closed.ivrj"))
    data = bytearray(path.read_bytes())
    data[-20_000] ^= 1
    path.write_bytes(data)
    refused = ivr("recordings", "play", "call-closed", "--output", "-")
    assert refused.returncode == 5
    assert refused.stdout == b""
    shown = ivr("recordings", "show", "call-closed")
    assert b"does not open" in shown.stderr
    assert shown.returncode == 1
    salvaged = ivr("recordings", "play", "call-closed", "--output", "-", "--salvage")
    assert salvaged.stdout.startswith(b"RIFF")
    assert b"only the sound part" in salvaged.stderr


def test_without_the_passphrase_nothing_opens(settings: Settings, ivr: Ivr, tmp_path: Path) -> None:
    settings.passphrase_path.write_text("another passphrase, just as long\n")
    for command in (("list",), ("show", "call-closed"), ("play", "call-closed", "--output", "-")):
        refused = ivr("recordings", *command)
        assert refused.returncode == 5
        assert b"passphrase is wrong" in refused.stderr
        assert refused.stdout == b""


def test_a_call_that_is_not_there_is_named(settings: Settings, ivr: Ivr, tmp_path: Path) -> None:
    refused = ivr("recordings", "show", "call-none")
    assert refused.returncode == 2
    assert b"call-none" in refused.stderr
