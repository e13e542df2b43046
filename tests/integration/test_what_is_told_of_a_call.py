"""What a real call left beside words stands wherever the call is told: show, the exported transcript, audit show."""

from __future__ import annotations

import asyncio
import io
import json
import tarfile
import time
import wave
from pathlib import Path
from typing import Any

import pyrage

from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE
from ivr.demo.bank import DEMO_ACCOUNTS
from ivr.testing.hearing import hears
from tests.conftest import RealVoice
from tests.integration.conftest import Dialled, Line
from tests.integration.test_audit_story import told_whole

ACCOUNT = DEMO_ACCOUNTS[0]
ENROLLED = ("conf-adminmenu-menu8", "vm-options", "demo-echotest")
SPOKEN = "vm-intro"


async def test_keys_scores_and_transfers_that_failed_are_told_in_show_export_and_audit_show(
    line: Line, dial: Dialled, voice: RealVoice, tmp_path: Path
) -> None:
    await asyncio.to_thread(enroll, line, voice, tmp_path)
    began = time.time()
    async with line.office(refuse=486, rings=0.0), dial("deeds") as call:
        await hears(call, line.prompt("Please key in your account"))
        spoken = await call.press(ACCOUNT.account)
        await hears(call, line.prompt("Please key in your secret"), since=spoken.began)
        spoken = await call.press(ACCOUNT.pin)
        await hears(call, line.prompt("Please speak freely"), since=spoken.began, timeout=30)
        await call.hears_quiet(0.3)
        spoken = await call.say(voice(SPOKEN))
        await hears(call, line.prompt("The investment desk is busy"), since=spoken.began, timeout=30)
        await call.wait_ended()
    record = await asyncio.to_thread(line.record, began)
    assert record["states"] == ["account", "pin", "proof", "voice", "away", "unreached", "bye"]
    await told_whole(line, record["call_id"])
    shown = await asyncio.to_thread(run, line, "recordings", "show", record["call_id"])
    exported = await asyncio.to_thread(export, line, record["call_id"], tmp_path)
    audited = await asyncio.to_thread(run, line, "audit", "show", record["call_id"])
    for where, told in (("show", shown), ("transcript", exported), ("audit", audited)):
        assert f"pressed {ACCOUNT.account}" in told, where
        assert "pressed \u2022\u2022\u2022\u2022" in told, where
        assert ACCOUNT.pin not in told.replace(ACCOUNT.account, "").replace(record["call_id"], ""), where
        assert "the voice was compared with the enrolled one: score " in told, where
        assert "the destination did not take the call (SIP 486)" in told, where
    assert "office: no answer (SIP 486)" in shown
    await finds_it_by_what_was_told_and_looked_up(line, record)


async def finds_it_by_what_was_told_and_looked_up(line: Line, record: dict[str, Any]) -> None:
    """Once its recording is in its long-term form."""
    await asyncio.to_thread(run, line, "recordings", "compact")
    for asked in (
        ("--told", "investment desk busy"),
        ("--looked-up", ACCOUNT.customer.upper()),
        ("--looked-up", f"customer={ACCOUNT.customer}", "--told", "secret number"),
    ):
        found = await asyncio.to_thread(run, line, "recordings", "find", *asked)
        assert record["call_id"] in found, asked
    for other in (("--told", "monkeys"), ("investment",), ("--looked-up", f"account={ACCOUNT.customer}")):
        found = await asyncio.to_thread(run, line, "recordings", "find", *other)
        assert record["call_id"] not in found, other
    shown = await asyncio.to_thread(run, line, "recordings", "show", record["call_id"])
    assert ACCOUNT.customer not in shown, "what was looked up is the caller's, as their number is"


def enroll(line: Line, voice: RealVoice, directory: Path) -> None:
    """The voice that will speak."""
    files = []
    for number, name in enumerate(ENROLLED):
        file = directory / f"{number}.wav"
        with wave.open(str(file), "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(SAMPLE_BYTES)
            wav.setframerate(SAMPLE_RATE)
            wav.writeframes(voice(name))
        files.append(str(file))
    run(line, "voiceprint", "enroll", ACCOUNT.customer, *files, "--machine", "--consent", "a test")


def export(line: Line, call_id: str, directory: Path) -> str:
    """The transcript that a recipient reads."""
    identity = pyrage.x25519.Identity.generate()
    file = directory / "call.age"
    run(line, "recordings", "export", call_id, "--age", str(file), "--to", str(identity.to_public()))
    with tarfile.open(fileobj=io.BytesIO(pyrage.decrypt(file.read_bytes(), [identity]))) as tar:
        text, data = (tar.extractfile(f"{call_id}/transcript.{kind}") for kind in ("txt", "json"))
        assert text is not None
        assert data is not None
        assert any("compared" in part.get("done", "") for part in json.load(data))
        return text.read().decode()


def run(line: Line, *words: str) -> str:
    """What a command of the engine's operator answers."""
    ran = line.engine.command(*words)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
