"""`ivr keys` with a hardware security module, and calls while it is pulled out (SoftHSM, real SIP)."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from ivr.adapters.files.keys.age_seal import new_identity
from ivr.adapters.files.keys.ring_file import recovery_file
from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.vault import open_key_store, recording_files
from ivr.engine.cell.recorder import Recorder
from ivr.testing.hearing import hears
from ivr.testing.robot import CallRefused
from tests.contract.softhsm import MODULE, PIN, softhsm
from tests.integration.conftest import Line, start_line, until
from tests.integration.vault.conftest import Ivr
from tests.integration.vault.sounds import tone


def key_settings(directory: Path) -> dict[str, Any]:
    """A new token, and its PIN in a file."""
    pin = directory / "pin"
    pin.write_bytes(PIN + b"\n")
    pin.chmod(0o600)
    return {"store": "pkcs11", "module": str(MODULE), "token": softhsm().make(), "pin_file": str(pin)}


def installation(directory: Path) -> Settings:
    """Settings that name a new token."""
    chosen = {
        "data_dir": str(directory / "var"),
        "recordings_dir": str(directory / "recordings"),
        "keys": key_settings(directory),
    }
    (directory / "ivr.yaml").write_text(yaml.safe_dump(chosen))
    return load_settings(directory / "ivr.yaml", {})


def record(settings: Settings, call_id: str) -> None:
    """A short recording of a call that has ended."""
    issued = open_key_store(settings).issue()
    recorder = Recorder(
        settings.recordings_dir, issued, call_id=call_id, started_at=time.time(), on_failure=lambda reason: None,
        min_free_bytes=0,
    )  # fmt: skip
    recorder.audio(0, {"caller.in": tone(0, 0, 8000)})
    recorder.close({})


def test_ivr_keys_makes_rotates_retires_and_recovers_with_a_token(tmp_path: Path, ivr: Ivr) -> None:
    secret, public = new_identity()
    (tmp_path / "key.txt").write_text(secret)
    settings = installation(tmp_path)
    assert b"Only an engine that has sealed nothing yet" in ivr("keys", "list").stderr
    made = ivr("keys", "init", "--recovery", public)
    assert made.returncode == 0, made.stderr
    assert b"exists and opens" in ivr("keys", "init").stdout
    for call_id in ("one", "two"):
        record(settings, call_id)
    old = open_key_store(settings).keks()[-1].kek_id
    rotated = ivr("keys", "rotate")
    assert rotated.returncode == 0, rotated.stderr
    refused = ivr("keys", "retire", old)
    assert refused.returncode == 6
    assert b"in use by recordings" in refused.stderr, "journals keep the key that wrapped them"
    assert ivr("recordings", "compact").returncode == 0
    assert b"2 recordings" in ivr("keys", "rotate").stdout
    assert ivr("keys", "retire", old).returncode == 0
    listed = ivr("keys", "list").stdout.decode()
    assert old not in listed
    assert "wraps and opens   used by 2 recordings, 2 records" in listed
    record(settings, "three")  # a journal, whose key cannot be wrapped anew before it is compacted

    sealed = tmp_path / "copy.age"
    sealed.write_bytes(recovery_file(settings.keystore_path).read_bytes())
    settings.keystore_path.rename(tmp_path / "lost.json")
    settings = installation(tmp_path)  # another token
    back = ivr("keys", "recover", "--identity", "key.txt", "--from", "copy.age")
    assert back.returncode == 0, back.stderr
    for call_id in ("one", "two", "three"):
        assert recording_files(settings, open_key_store(settings)).open(call_id).timeline.samples == 8000
    for output in (made, rotated, back):
        assert PIN not in output.stdout + output.stderr
        assert secret.encode() not in output.stdout + output.stderr


def test_settings_name_the_library_and_the_token(tmp_path: Path, ivr: Ivr) -> None:
    (tmp_path / "ivr.yaml").write_text("keys: {store: pkcs11}\n")
    refused = ivr("settings", "check")
    assert refused.returncode == 2
    assert b"`module`" in refused.stderr


def test_a_pin_that_others_may_read_is_refused(tmp_path: Path, ivr: Ivr) -> None:
    settings = installation(tmp_path)
    settings.pin_path.chmod(0o644)
    refused = ivr("keys", "init")
    assert refused.returncode == 2
    assert b"chmod 600" in refused.stderr


async def cell_is_free(line: Line) -> None:
    """Wait until the only cell is done with its last call: till then it is 486 Busy Here, and no edge looks further."""

    def idle() -> bool:
        return [cell["state"] for cell in line.engine.status()["cells"]] == ["idle"]

    await until(idle, "the cell is still busy")


@pytest.mark.slow
async def test_a_module_pulled_out_in_mid_call_ends_no_call_and_refuses_new_ones_once_the_stock_is_used(
    tmp_path: Path,
) -> None:
    settings = {"keys": key_settings(tmp_path), "drain_seconds": 0.2}
    began = time.time()

    def start() -> Any:
        return start_line(tmp_path / "line", cells=1, edge=False, settings=settings, prepare=("keys", "init"))

    line = await asyncio.to_thread(start)
    try:
        async with line.caller() as robot:
            call = await robot.dial()
            await hears(call, line.prompt("Welcome"))
            softhsm().pull_out()
            spoken = await call.press("1")
            await hears(call, line.prompt("Forwarding"), since=spoken.began)
            await call.hang_up()
            served, code = 0, 0
            while not code and served < 10:
                await cell_is_free(line)
                try:
                    await (await robot.dial(timeout_seconds=30)).hang_up()
                    served += 1
                except CallRefused as refused:
                    code = refused.code
            assert 2 <= served <= 4, "keys in hand are used up first"
            assert code == 503
            softhsm().put_back()
            await asyncio.sleep(2.0)
            await cell_is_free(line)
            again = await robot.dial()
            await hears(again, line.prompt("Welcome"))
            await again.hang_up()
        await asyncio.to_thread(line.record, began, wait_seconds=15.0)
        alarms = {alarm["kind"] for alarm in line.engine.status()["alarms"]}
        assert "keys" in alarms
        assert len([one for one in line.records() if one["outcome"] != "refused"]) == served + 2
    finally:
        await asyncio.to_thread(line.engine.stop)
        if not softhsm().tokens.exists():
            softhsm().put_back()
