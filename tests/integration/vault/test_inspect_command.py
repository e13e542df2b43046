"""`ivr inspect`: what each command prints of a call that is there, and how it ends."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ivr.apps.settings import Settings
from ivr.apps.wiring.publishing import kept_versions
from ivr.apps.wiring.vault import call_store, inspection_store, open_key_store
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.call.transcript import Span
from ivr.core.compliance.findings import CallFindings, RulesUsed
from ivr.core.compliance.rule import Found, Severity
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.media.frame import FRAME_SAMPLES
from ivr.engine.cell.recorder import Recorder
from tests.integration.vault.conftest import Ivr
from tests.integration.vault.sounds import tone
from tests.unit.compliance.talks import written
from tests.unit.office.test_inspection import TEXT

CALL = "call-said"
PROMISE = "promise:\n  severity: critical\n  forbid: {en: [risk free]}"
STARTED_AT = time.time() - 600
DAY = time.strftime("%Y-%m-%d", time.gmtime(STARTED_AT))
FOUND = Found("made/promise", Severity.CRITICAL, "a law", "a forbidden phrase", "risk free", 1600, 3200, 0.9, "machine")


def rules(text: str = PROMISE, version: str = "1") -> str:
    """Name of a file of them."""
    Path("made.yaml").write_text(written(text, head="languages: [en]").replace('"1"', f'"{version}"'), encoding="utf-8")
    return "made.yaml"


@pytest.fixture
def said(settings: Settings) -> None:
    """A call in which the line said what it must not; it was inspected."""
    keys, plan = open_key_store(settings), load_dialplan(TEXT, source="shop.yaml")
    kept_versions(settings).keep(plan.id, plan.sha256, {"shop.yaml": TEXT}, {}, now=1.0)
    recorder = Recorder(
        settings.recordings_dir, keys.issue(), call_id=CALL, started_at=STARTED_AT,
        on_failure=lambda reason: None, min_free_bytes=0,
    )  # fmt: skip
    record = CallRecord(
        CALL, STARTED_AT, STARTED_AT, STARTED_AT + 9, "sip:a@x", dialplan=plan.id, language="en",
        recording_id=recorder.recording_id,
    )  # fmt: skip
    recorder.event({"dialplan": plan.id, "sha256": plan.sha256})
    recorder.event({"record": record_to_json(record)})
    recorder.event({"span": Span("engine", 1600, 4800, "en", "It is risk free.").to_json()})
    for at in range(0, 50 * FRAME_SAMPLES, FRAME_SAMPLES):
        recorder.audio(at, {"caller.out": tone(1, at, FRAME_SAMPLES)})
    recorder.close({})
    call_store(settings, keys).save(record)
    used = (RulesUsed("made", "1", "ab" * 32),)
    inspection_store(settings, keys).put_findings(CallFindings(CALL, STARTED_AT, STARTED_AT + 60, used, (FOUND,), ()))


@pytest.mark.usefixtures("said")
def test_a_call_is_read_by_rules_and_what_was_kept_of_it_is_shown(ivr: Ivr) -> None:
    read = ivr("inspect", "run", CALL, "--rules", rules(), "--words")
    assert (read.returncode, read.stderr) == (1, b""), "a finding of the highest class"
    line, counts = read.stdout.decode().splitlines()
    assert line.startswith(f"{CALL}  {DAY} ")
    assert "critical  made/promise: a forbidden phrase (machine, 100% sure): risk free" in line
    assert counts == "1 calls read: 1 critical, 0 major, 0 minor"
    assert b"risk free" not in ivr("inspect", "run", CALL, "--rules", rules()).stdout, (
        "words only where they are asked for"
    )
    fine = ivr("inspect", "run", CALL, "--rules", rules("other:\n  forbid: {en: [guaranteed]}"))
    assert (fine.returncode, fine.stdout) == (0, b"1 calls read: 0 critical, 0 major, 0 minor\n")

    shown = ivr("inspect", "show", CALL, "--words", "--reason", "a test")
    assert shown.returncode == 1
    assert (
        "at 0.2 s  critical  made/promise: a forbidden phrase (machine, 90% sure): risk free" in shown.stdout.decode()
    )
    assert b"by made@1 (abababababab)" in shown.stdout
    told = ivr("inspect", "show", "call-closed")
    assert (told.returncode, b"ivr inspect run CALL" in told.stderr) == (2, True), "how to read it now"


@pytest.mark.usefixtures("said")
def test_a_change_is_tried_published_listed_and_reported(ivr: Ivr) -> None:
    assert b"no version of made is published" in ivr("inspect", "replay", "--rules", rules()).stderr
    empty = ivr("inspect", "report")
    assert (empty.returncode, b"none are published: see 'ivr inspect publish'" in empty.stderr) == (2, True)
    assert ivr("inspect", "publish", rules(), "--reason", "a test").returncode == 0
    assert ivr("inspect", "replay", "--rules", rules(), "--days", "1").returncode == 0, "the same in every call"
    changed = ivr("inspect", "replay", "--rules", rules("promise:\n  forbid: {en: [guaranteed]}", "2"), "--days", "1")
    assert changed.returncode == 1
    assert changed.stdout.decode().splitlines()[0].startswith(f"- {CALL}  at 0.3 s  critical  made/promise")
    assert b"1 differ" in changed.stdout
    assert b"critical  made/promise" in ivr("inspect", "rules").stdout
    made = ivr("inspect", "report", "--from", DAY, "--to", time.strftime("%Y-%m-%d", time.gmtime()))
    assert made.returncode == 0
    assert f"Calls of {DAY} to " in made.stdout.decode()
    assert "made/promise  found in 1 of 1 calls" in made.stdout.decode()


@pytest.mark.usefixtures("settings")
def test_rules_for_a_jurisdiction_that_nobody_knows_go_live_with_a_warning(ivr: Ivr) -> None:
    text = Path(rules()).read_text(encoding="utf-8").replace("languages:", "jurisdictions: [eu]\nlanguages:", 1)
    Path("made.yaml").write_text(text, encoding="utf-8")
    done = ivr("inspect", "publish", "made.yaml", "--reason", "a test")
    assert done.returncode == 0
    assert b"R301 'eu' is no jurisdiction that is known here" in done.stderr
