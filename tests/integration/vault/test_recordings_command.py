"""`ivr recordings` as an operator runs it: what it shows, what it refuses, and that nothing lies about in clear."""

from __future__ import annotations

import dataclasses
import io
import json
import wave
from pathlib import Path

import numpy as np

from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import call_store, open_key_store
from ivr.core.media.frame import FRAME_SAMPLES
from tests.integration.vault.conftest import CALLER, EVIDENCE, Ivr
from tests.integration.vault.sounds import tone


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
    assert "0:00.6 to 0:01.2   caller (en, 0.97)  buy a fund" in shown
    assert CALLER not in shown
    assert CALLER in ivr("recordings", "show", "call-closed", "--reveal").stdout.decode()
    assert "by a crash" in ivr("recordings", "show", "20260102-call-crashed").stdout.decode()


def test_calls_are_listed_by_what_the_caller_said_and_by_inspection_flag(settings: Settings, ivr: Ivr) -> None:
    store = call_store(settings, open_key_store(settings))
    late = dataclasses.replace(EVIDENCE, plays=2, acknowledged_by="")
    store.save(dataclasses.replace(store.get("call-closed"), disclosures=(late,), marks=("guard_alarm",)))
    ivr("recordings", "compact")

    def listed(*options: str) -> list[str]:
        found = ivr("recordings", "list", "--json", *options)
        assert found.returncode == 0, found.stderr
        return [json.loads(row)["call_id"] for row in found.stdout.splitlines()]

    assert listed("--said", "a fund") == ["call-crashed", "call-closed"]
    assert listed("--said", "a loan") == []
    for flag in ("guard_alarm", "disclosure_repeated", "disclosure_unacknowledged"):
        assert listed("--flag", flag) == ["call-closed"]
    assert listed("--flag", "crashed", "--said", "fund") == ["call-crashed"]
    assert listed("--flag", "no_consent") == []
    assert ivr("recordings", "list", "--flag", "nonsense").returncode == 2


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
    ivr("recordings", "list")
    before = set(tmp_path.rglob("*"))
    exported = ivr("recordings", "export", "call-crashed", "--wav", "out.wav")
    assert exported.returncode == 0, exported.stderr
    assert b"in clear" in exported.stderr
    kept = {settings.data_dir / "audit", settings.roles_path}
    new = {path for path in set(tmp_path.rglob("*")) - before if not kept & {path, *path.parents}}
    assert new == {tmp_path / "out.wav"}
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


def test_calls_are_found_by_words_and_by_number_and_the_search_is_logged_without_either(
    settings: Settings, ivr: Ivr
) -> None:
    ivr("recordings", "compact")
    for asked in (("buy", "fund"), ("--caller", "+44 20 7123 4567"), ("fund", "--since", "2026-01-01")):
        found = ivr("recordings", "find", *asked)
        assert found.returncode == 0, found.stderr
        assert [line.split()[-1] for line in found.stdout.decode().splitlines()[1:]] == ["call-crashed", "call-closed"]
    assert len(ivr("recordings", "find", "sell").stdout.splitlines()) == 1
    assert len(ivr("recordings", "find", "--since", "2027-01-01").stdout.splitlines()) == 1
    logged = ivr("audit", "log", "--json", "--subject", "calls").stdout
    assert logged.count(b"calls.searched") == 5
    assert b"fund" not in logged
    assert b"20712345" not in logged
