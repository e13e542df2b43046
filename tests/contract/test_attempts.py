"""Attempts at accounts' proofs, as the file counts them: the only counter there is, and tests count with it too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.adapters.files.attempts import AttemptFile
from ivr.errors import EnvironmentFault
from ivr.ports.attempts import AttemptCounter
from ivr.testing.fake_stores import MemoryKeyStore

Open = Callable[[], AttemptCounter]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Opens the same counter again at each call."""
    keys = MemoryKeyStore()
    return lambda: AttemptFile(tmp_path / "attempts.json", keys, wall=lambda: 1000.0)


def allowed(counter: Open, account: str) -> int:
    """How many attempts in a row are allowed."""
    return next(number for number in range(100) if not counter().ask(account))


def test_attempts_are_allowed_a_few_times_whoever_asks(opened: Open) -> None:
    first = allowed(opened, "bank|1")
    assert 0 < first < 20
    assert not opened().ask("bank|1")
    assert allowed(opened, "bank|2") == first, "and another account is not locked with it"


def test_who_passed_begins_anew(opened: Open) -> None:
    most = allowed(opened, "bank|1")
    assert opened().clear("bank|1")
    assert not opened().clear("bank|1"), "nothing is held any more"
    assert allowed(opened, "bank|1") == most


def test_an_attempt_that_was_not_answered_does_not_count(opened: Open) -> None:
    most = allowed(opened, "bank|1")
    for _ in range(3):
        assert opened().ask("bank|2")
        opened().give_back("bank|2")
    opened().give_back("bank|3")
    assert allowed(opened, "bank|2") == most


def test_a_success_of_one_factor_forgives_no_failure_of_another_and_one_lock_holds_for_all(opened: Open) -> None:
    most = allowed(opened, "bank|1")
    made = 0
    while opened().ask("bank|2", "pin"):  # who has stolen the PIN, and guesses codes
        opened().clear("bank|2", "pin")
        made += opened().ask("bank|2", "code")
        assert made <= most
    assert made == most
    assert opened().locked("bank|2")
    assert not opened().ask("bank|2", "another")
    assert opened().ask("bank|20", "pin"), "another account is not locked with it"
    opened().give_back("bank|2", "code")
    assert opened().ask("bank|2", "pin"), "the one that locked was not answered"
    assert opened().clear("bank|2")
    assert not opened().clear("bank|2", "code"), "nothing is held by any of them"


def test_a_mark_tells_accounts_apart_and_not_which_they_are(opened: Open, tmp_path: Path) -> None:
    opened().ask("bank|10000001")
    assert opened().mark("bank|10000001") == opened().mark("bank|10000001") != opened().mark("bank|10000002")
    assert "10000001" not in opened().mark("bank|10000001") + (tmp_path / "attempts.json").read_text()


@pytest.mark.parametrize("text", ["{damaged", "[]", '{"ab": [1]}', '{"ab": ["x", 0, 0, 0]}'])
def test_a_damaged_file_is_an_error_and_not_an_allowance(opened: Open, tmp_path: Path, text: str) -> None:
    (tmp_path / "attempts.json").write_text(text)
    with pytest.raises(EnvironmentFault, match="damaged"):
        opened().ask("bank|1")
