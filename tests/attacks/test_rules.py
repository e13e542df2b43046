"""One person tries alone what two are needed for: by other settings, by another way out, by another's name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.engine_log import CHANGED, KILLED, STARTED, STOPPED, enter_start, stop_entered
from ivr.apps.wiring.vault import audit_log, open_key_store
from ivr.core.audit.entry import AuditEntry
from tests.integration.vault.conftest import Ivr, Ran

WHY = ("--reason", "a test")
EXPORT = ("recordings", "export", "call-closed", "--wav")
As = Callable[..., Ran]


@pytest.fixture
def as_user(ivr: Ivr, monkeypatch: pytest.MonkeyPatch) -> As:
    """`as_user("bob", ...)`: the command, run by who logged in as bob; `as_user("?bob", ...)`: by who became bob."""
    monkeypatch.setattr("ivr.adapters.login.pwd.getpwnam", lambda name: {"olga": 1, "bob": 2, "alice": 3}[name])

    def run(name: str, *words: str) -> Ran:
        monkeypatch.setattr("ivr.adapters.login.real_user", lambda: name.lstrip("?"))
        monkeypatch.setattr("ivr.adapters.login.logged_in", lambda: not name.startswith("?"))
        return ivr(*words)

    return run


def entries(settings: Settings, *actions: str) -> list[AuditEntry]:
    log = audit_log(settings, open_key_store(settings))
    log.publish()
    return [entry for _, entry in log.entries(actions=actions)]


def test_no_setting_undoes_a_rule_that_was_ever_in_force(
    settings: Settings, as_user: As, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = (tmp_path / "ivr.yaml").read_text()
    (tmp_path / "ivr.yaml").write_text(plain + "access: {two_persons: [export]}\n")
    assert as_user("bob", *EXPORT, "1.wav").returncode == 6
    monkeypatch.setenv("IVR_ACCESS__TWO_PERSONS", "[]")
    assert as_user("bob", *EXPORT, "2.wav").returncode == 6
    (tmp_path / "other.yaml").write_text(plain)
    assert as_user("bob", *EXPORT, "3.wav", "--config", "other.yaml").returncode == 6
    assert as_user("alice", "recordings", "approve", "call-closed", "--for", "os:bob", *WHY).returncode == 0
    assert as_user("bob", *EXPORT, "4.wav").returncode == 0
    assert [path.name for path in tmp_path.glob("*.wav")] == ["4.wav"]
    done = [one.details.get("approved_by") for one in entries(settings, "recording.exported") if one.outcome == "done"]
    assert done == ["os:alice"]


def test_settings_that_name_another_log_open_nothing(settings: Settings, as_user: As, tmp_path: Path) -> None:
    assert as_user("bob", "roles", "demand", "export", *WHY).returncode == 0
    other = f"data_dir: {tmp_path}/elsewhere\nrecordings_dir: {tmp_path}/recordings\nkeys:\n"
    other += f"  path: {settings.keystore_path}\n  passphrase_file: {settings.passphrase_path}\n"
    (tmp_path / "other.yaml").write_text(other)
    refused = as_user("bob", *EXPORT, "1.wav", "--config", "other.yaml")
    assert refused.returncode == 5
    assert b"rolled back or replaced" in refused.stderr
    assert not list(tmp_path.glob("*.wav"))


def test_every_way_out_needs_the_approval_and_takes_it(settings: Settings, as_user: As) -> None:
    assert as_user("olga", "roles", "demand", "export", *WHY).returncode == 0
    stream = ("recordings", "play", "call-closed", "--output", "-")
    assert as_user("bob", *stream).returncode == 6
    assert as_user("alice", "recordings", "approve", "call-closed", "--for", "os:bob", *WHY).returncode == 0
    assert as_user("bob", *stream).stdout.startswith(b"RIFF")
    assert as_user("bob", *stream).returncode == 6
    assert as_user("bob", *EXPORT, "1.wav").returncode == 6


def test_a_player_of_ones_own_is_no_way_out(
    settings: Settings, as_user: As, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "bin"
    own.mkdir()
    (own / "aplay").write_text(f"#!/bin/sh\ncat > {tmp_path}/stolen\n")
    (own / "aplay").chmod(0o755)
    monkeypatch.setenv("PATH", f"{own}:/usr/bin:/bin")
    monkeypatch.setattr("ivr.apps.cli.recordings.SYSTEM_PATH", str(tmp_path / "none"))
    assert as_user("bob", "recordings", "play", "call-closed").returncode == 4
    assert not (tmp_path / "stolen").exists()


def test_a_rule_is_lifted_by_two_and_not_while_the_settings_name_it(
    settings: Settings, as_user: As, tmp_path: Path
) -> None:
    assert as_user("olga", "roles", "demand", "export", *WHY).returncode == 0
    assert as_user("olga", "roles", "lift", "export", *WHY).returncode == 6
    assert as_user("olga", "roles", "approve-lift", "export", "--for", "olga", *WHY).returncode == 6
    assert as_user("alice", "roles", "approve-lift", "export", "--for", "olga", *WHY).returncode == 0
    text = (tmp_path / "ivr.yaml").read_text()
    (tmp_path / "ivr.yaml").write_text(text + "access: {two_persons: [export]}\n")
    assert as_user("olga", "roles", "lift", "export", *WHY).returncode == 2
    (tmp_path / "ivr.yaml").write_text(text)
    assert as_user("olga", "roles", "lift", "export", *WHY).returncode == 0
    assert as_user("bob", *EXPORT, "1.wav").returncode == 0
    assert as_user("olga", "audit", "verify").returncode == 0


def test_where_the_kernel_does_not_say_who_it_is_nobodys_name_can_be_claimed(settings: Settings, as_user: As) -> None:
    assert as_user("olga", "roles", "grant", "olga", "security_officer", *WHY).returncode == 0
    assert as_user("olga", "roles", "grant", "bob", "supervisor", *WHY).returncode == 0
    denied = as_user("?bob", "recordings", "show", "call-closed")
    assert denied.returncode == 6
    assert b"no login uid" in denied.stderr
    assert as_user("?olga", "roles", "grant", "alice", "security_officer", *WHY).returncode == 6
    assert as_user("olga", "roles", "grant", "uid:bob", "supervisor", *WHY).returncode == 2
    assert {one.actor for one in entries(settings, "act.denied")} == {"uid:bob", "uid:olga"}


def test_without_roles_an_unknown_person_neither_approves_nor_exports_by_two(settings: Settings, as_user: As) -> None:
    assert as_user("olga", "roles", "demand", "export", *WHY).returncode == 0
    approve = ("recordings", "approve", "call-closed", "--for", "os:bob", *WHY)
    assert as_user("?alice", *approve).returncode == 6
    assert as_user("alice", *approve).returncode == 0
    assert as_user("?bob", *EXPORT, "1.wav").returncode == 6
    assert as_user("bob", *EXPORT, "2.wav").returncode == 0


def test_start_stop_kill_and_every_change_of_settings_are_entries(settings: Settings, tmp_path: Path) -> None:
    begins(settings)
    with stop_entered(settings):
        pass
    begins(settings)  # and nothing more: the process is gone
    (tmp_path / "ivr.yaml").write_text((tmp_path / "ivr.yaml").read_text() + "retention: {most_a_day: 7}\n")
    changed = load_settings(tmp_path / "ivr.yaml", {})
    begins(changed)
    with pytest.raises(ZeroDivisionError), stop_entered(changed):
        raise ZeroDivisionError
    told = entries(settings, STARTED, STOPPED, KILLED, CHANGED)
    assert [one.action for one in told] == [CHANGED, STARTED, STOPPED, STARTED, KILLED, CHANGED, STARTED, STOPPED]
    assert told[4].outcome == "failed"
    assert told[5].details["changed"] == ["retention.most_a_day"]
    assert "ZeroDivisionError" in told[7].reason


def begins(settings: Settings) -> None:
    """As an engine does."""
    enter_start(settings, open_key_store(settings), as_written=settings)


def test_other_settings_do_not_shorten_what_is_kept(settings: Settings, as_user: As, tmp_path: Path) -> None:
    from ivr.apps.wiring.keeper import build

    build(settings)
    text = (tmp_path / "ivr.yaml").read_text()
    (tmp_path / "other.yaml").write_text(text + "retention: {default: eu-service}\n")
    for command in (("run",), ("shred", "call-closed", *WHY)):
        refused = as_user("olga", "retention", *command, "--config", "other.yaml")
        assert refused.returncode == 6
        assert b"start the engine with them first" in refused.stderr
    assert as_user("olga", "retention", "run").returncode == 0
