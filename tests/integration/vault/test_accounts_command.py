"""`ivr accounts`: PINs and codes come in, and the way out of a lock, in the audit log, without a secret."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import account_store, attempt_counter, open_key_store
from ivr.core.identity.account import is_pin
from ivr.core.identity.attempts import MOST
from tests.integration.vault.conftest import Ivr


def test_a_locked_account_is_released_with_a_reason(
    settings: Settings, ivr: Ivr, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = attempt_counter(settings, open_key_store(settings))
    assert [counter.ask("bank|10000001") for _ in range(MOST + 1)] == [True] * MOST + [False]
    monkeypatch.setattr("sys.stdin", io.StringIO("10000001\n"))
    released = ivr("accounts", "release", "--reason", "passport seen")
    assert released.returncode == 0, released.stderr
    assert b"It may be tried again" in released.stdout
    assert counter.ask("bank|10000001")
    monkeypatch.setattr("sys.stdin", io.StringIO("10000002\n"))
    assert b"Nothing was held" in ivr("accounts", "release", "--reason", "asked").stdout
    log = ivr("audit", "log").stdout.decode()
    assert len([line for line in log.splitlines() if "identity.released" in line]) == 2
    assert "10000001" not in log
    assert ivr("accounts", "release").returncode == 2


def test_pins_come_in_by_file_and_prompt_and_stand_in_no_output(
    settings: Settings, ivr: Ivr, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pin, many = tmp_path / "pin", tmp_path / "accounts.csv"
    pin.write_text("48291377\n")
    many.write_text("account,seed\n10000001,JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\n")
    taken = ivr("accounts", "take-in", str(many), "--reason", "first load")
    assert b"1 accounts are kept" in taken.stdout, taken.stderr
    monkeypatch.setattr("sys.stdin", io.StringIO("10000001\n"))
    told = ivr("accounts", "set-pin", "--pin-file", str(pin), "--reason", "asked for")
    assert told.returncode == 0, told.stderr
    monkeypatch.setattr("sys.stdin", io.StringIO("10000001\n"))
    shown = ivr("accounts", "show")
    assert b"PIN set 20" in shown.stdout
    assert b"codes yes; not locked" in shown.stdout
    log = ivr("audit", "log").stdout
    for secret in (b"10000001", b"48291377", b"JBSW"):
        assert secret not in log + told.stdout + shown.stdout + taken.stdout
    held = account_store(settings, open_key_store(settings)).find("10000001")
    assert held is not None
    assert is_pin("48291377", held.pin)
    monkeypatch.setattr("sys.stdin", io.StringIO("10000001\n"))
    assert b"It is removed" in ivr("accounts", "remove", "--reason", "closed").stdout
