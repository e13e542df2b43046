"""`ivr accounts release`: the way out of a lock, by a person, in the audit log, without the account's number."""

from __future__ import annotations

import io

import pytest

from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import attempt_counter, open_key_store
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
