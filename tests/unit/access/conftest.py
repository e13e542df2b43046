"""What the tests of the door share."""

from __future__ import annotations

import pytest


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of a password is the password: where it is not what is tested, a tenth of a second each is much."""
    monkeypatch.setattr("ivr.engine.access.passwords.password_hash", lambda password, *, salt: password)
    monkeypatch.setattr("ivr.engine.access.passwords.is_password", lambda password, kept: password == kept)
