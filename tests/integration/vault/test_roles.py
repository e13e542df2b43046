"""`ivr roles`: who may run which command, by what the audit log says, and what happens to those who tamper with it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ivr.apps.settings import Settings
from ivr.apps.wiring.office import OfficeFiles
from ivr.apps.wiring.vault import audit_log, open_key_store, role_book
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import GRANTED, Role
from ivr.engine.office import roles
from ivr.engine.office.actor import Actor
from ivr.engine.office.office import Office
from ivr.engine.office.role_book import SAVE_AFTER
from ivr.errors import DeniedError, SealError
from tests.integration.vault.conftest import Ivr, Ran

As = Callable[..., Ran]
WHY = ("--reason", "because")


@pytest.fixture
def as_user(ivr: Ivr, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> As:
    """`as_user("alice", "roles", "list")`: the command, run by a user of the system."""
    monkeypatch.setattr("ivr.adapters.login.pwd.getpwnam", lambda name: {"olga": 1, "omar": 2, "alice": 3}[name])

    def run(name: str, *words: str) -> Ran:
        monkeypatch.setattr("ivr.adapters.login.real_user", lambda: name)
        monkeypatch.setattr("ivr.adapters.login.logged_in", lambda: True)
        return ivr(*words)

    return run


@pytest.fixture
def olga(as_user: As) -> As:
    """Roles are in force, and olga is the security officer."""
    assert as_user("olga", "roles", "grant", "olga", "security_officer", *WHY).returncode == 0
    return as_user


def entries(settings: Settings) -> list[AuditEntry]:
    log = audit_log(settings, open_key_store(settings))
    log.publish()
    return [entry for _, entry in log.entries()]


def test_before_a_role_is_granted_all_is_as_ever_and_that_is_said(as_user: As) -> None:
    assert as_user("anybody", "recordings", "show", "call-closed").returncode == 0
    assert b"No role was granted yet" in as_user("anybody", "roles", "list").stdout
    assert b"none was granted" in as_user("anybody", "audit", "verify").stdout


def test_the_first_role_is_a_security_officers_and_goes_to_somebody_who_exists(as_user: As) -> None:
    assert as_user("olga", "roles", "grant", "alice", "supervisor", *WHY).returncode == 6
    refused = as_user("olga", "roles", "grant", "olag", "security_officer", *WHY)
    assert refused.returncode == 2
    assert b"no user olag" in refused.stderr
    assert as_user("anybody", "recordings", "show", "call-closed").returncode == 0


def test_who_runs_without_a_name_is_called_by_their_number(as_user: As) -> None:
    assert as_user("4711", "roles", "grant", "4711", "security_officer", *WHY).returncode == 0
    assert b"os:root is auditor" in as_user("4711", "roles", "grant", "0", "auditor", *WHY).stdout


def test_who_lacks_the_role_is_denied_told_who_may_grant_it_and_stands_in_the_log(olga: As, settings: Settings) -> None:
    denied = olga("alice", "recordings", "play", "call-closed", "--output", "-")
    assert denied.returncode == 6
    assert denied.stdout == b""
    for part in (b"role supervisor", b"os:alice holds none", b"os:olga may grant it", b"ivr roles grant os:alice"):
        assert part in denied.stderr
    last = entries(settings)[-1]
    assert (last.actor, last.action, last.subject, last.outcome) == (
        "os:alice",
        "act.denied",
        "recordings.stream",
        "denied",
    )
    assert last.details == {"needs": ["supervisor"], "holds": [], "call": "call-closed"}


def test_a_role_opens_its_commands_and_no_others_until_it_is_revoked(olga: As) -> None:
    assert olga("olga", "roles", "grant", "alice", "supervisor", *WHY).returncode == 0
    assert olga("alice", "recordings", "show", "call-closed").returncode == 0
    assert olga("alice", "keys", "rotate").returncode == 6
    assert olga("alice", "roles", "grant", "alice", "security_officer", *WHY).returncode == 6
    assert olga("olga", "recordings", "show", "call-closed").returncode == 6
    listed = olga("olga", "roles", "list").stdout.decode()
    assert "os:alice" in listed
    assert olga("olga", "roles", "revoke", "alice", "supervisor", *WHY).returncode == 0
    assert olga("alice", "recordings", "show", "call-closed").returncode == 6


def test_open_commands_stay_open(olga: As) -> None:
    for words in (("retention", "classes"), ("settings", "show"), ("audit", "verify"), ("receipt", "verifier")):
        assert olga("alice", *words).returncode == 0, words


def test_the_last_officer_stays_and_with_two_nobody_serves_themselves(olga: As, settings: Settings) -> None:
    assert olga("olga", "roles", "revoke", "olga", "security_officer", *WHY).returncode == 6
    assert olga("olga", "roles", "grant", "omar", "security_officer", *WHY).returncode == 0
    assert olga("olga", "roles", "grant", "olga", "supervisor", *WHY).returncode == 6
    assert olga("omar", "roles", "revoke", "olga", "security_officer", *WHY).returncode == 0
    outcomes = [(one.action, one.outcome) for one in entries(settings) if one.action.startswith("role.")]
    assert outcomes.count(("role.revoked", "denied")) == 1
    assert outcomes.count(("role.granted", "denied")) == 1
    assert b"Roles are those of the log: 3 changes" not in olga("omar", "audit", "verify").stdout
    assert olga("omar", "audit", "verify").returncode == 0


def test_where_two_persons_are_needed_an_officer_alone_changes_no_role(olga: As, tmp_path: Path) -> None:
    with (tmp_path / "ivr.yaml").open("a") as file:
        file.write("access: {two_persons: [roles]}\n")
    assert olga("olga", "roles", "grant", "omar", "security_officer", *WHY).returncode == 0, "there is no other yet"
    alone = olga("olga", "roles", "grant", "alice", "auditor", *WHY)
    assert alone.returncode == 6
    assert b"ivr roles approve grant os:alice auditor --for os:olga" in alone.stderr
    approve = ("roles", "approve", "grant", "alice", "auditor", "--for", "olga", *WHY)
    assert olga("olga", *approve).returncode == 6
    assert olga("omar", *approve).returncode == 0
    assert olga("olga", "roles", "revoke", "omar", "security_officer", *WHY).returncode == 6, (
        "it was for another change"
    )
    assert olga("olga", "roles", "grant", "alice", "auditor", *WHY).returncode == 0
    assert olga("olga", "roles", "revoke", "alice", "auditor", *WHY).returncode == 6


# --- tampering ------------------------------------------------------------------------------------------------------


def test_an_older_bookmark_or_none_changes_nothing(olga: As, settings: Settings, tmp_path: Path) -> None:
    olga("olga", "roles", "grant", "alice", "supervisor", *WHY)
    shutil.copy(settings.roles_path, tmp_path / "old.json")
    olga("olga", "roles", "revoke", "alice", "supervisor", *WHY)
    shutil.copy(tmp_path / "old.json", settings.roles_path)
    assert olga("alice", "recordings", "show", "call-closed").returncode == 6
    settings.roles_path.unlink()
    assert olga("alice", "recordings", "show", "call-closed").returncode == 6
    assert olga("olga", "audit", "verify").returncode == 0


def test_a_forged_bookmark_opens_nothing(olga: As, settings: Settings) -> None:
    olga("olga", "roles", "list")
    text = settings.roles_path.read_text()
    for forged in (
        text.replace("os:olga", "os:alice"),
        text.replace("security_officer", "supervisor"),
        text.replace('"last": "', '"last": "0'),
        json.dumps({**json.loads(text), "holders": {}}),
        "{}",
        "[]",
        "",
    ):
        settings.roles_path.write_text(forged)
        refused = olga("alice", "recordings", "show", "call-closed")
        assert refused.returncode == 5, forged
        assert b"was altered" in refused.stderr


def test_a_log_that_was_begun_anew_is_not_the_one_that_the_roles_are_from(olga: As, settings: Settings) -> None:
    olga("olga", "roles", "list")
    shutil.rmtree(settings.data_dir / "audit")
    refused = olga("alice", "recordings", "show", "call-closed")
    assert refused.returncode == 5
    assert b"rolled back or replaced" in refused.stderr


def test_a_grant_that_somebody_slipped_into_the_log_is_void_and_verify_names_it(olga: As, settings: Settings) -> None:
    log = audit_log(settings, open_key_store(settings))
    slipped = AuditEntry(0.0, "os:alice", GRANTED, "os:alice", "done", "", {"role": "supervisor"})
    log.append([slipped])
    log.close()
    assert olga("alice", "recordings", "show", "call-closed").returncode == 6
    verified = olga("olga", "audit", "verify")
    assert verified.returncode == 5
    assert b"is void: os:alice changed roles and might not" in verified.stderr


def test_a_bookmark_sealed_with_the_stores_own_key_is_still_contradicted_by_the_log(
    olga: As, settings: Settings
) -> None:
    keys = open_key_store(settings)
    log = audit_log(settings, keys)
    book = role_book(settings, keys, log)
    mark = json.loads(settings.roles_path.read_text())
    mark.pop("mac")
    mark["holders"]["os:alice"] = ["supervisor"]
    settings.roles_path.write_text(json.dumps({**mark, "mac": book._mac(mark).hex()}))
    with pytest.raises(SealError, match="not those of the audit log"):
        book.verify()


# --- many at once, and many entries ---------------------------------------------------------------------------------


def test_two_officers_who_revoke_each_other_at_once_leave_one(olga: As, settings: Settings) -> None:
    olga("olga", "roles", "grant", "omar", "security_officer", *WHY)

    def revoke(pair: tuple[str, str]) -> bool:
        ports = OfficeFiles(settings)
        office = Office(Actor(f"os:{pair[0]}", "login"), ports, wall=time.time)
        try:
            roles.revoke(office, roles.ChangeRole(pair[1], Role.SECURITY_OFFICER, reason="because"))
        except DeniedError:
            return False
        finally:
            ports.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(revoke, [("olga", "omar"), ("omar", "olga")]))
    assert sorted(done) == [False, True]
    keys = open_key_store(settings)
    in_force, _ = role_book(settings, keys, audit_log(settings, keys)).verify()
    assert len(in_force.officers()) == 1


def test_the_log_is_read_from_the_bookmark_on(olga: As, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = open_key_store(settings)
    log = audit_log(settings, keys)
    log.append([AuditEntry(0.0, "hub", "agents.listed", "agents")] * (2 * SAVE_AFTER))
    book = role_book(settings, keys, log)
    assert book.read().officers() == ["os:olga"]
    asked: list[int] = []
    entries_of = log.entries

    def note(first: int = 0, *, actions: Sequence[str] = ()) -> Iterator[tuple[int, AuditEntry]]:
        asked.append(first)
        return entries_of(first, actions=actions)

    monkeypatch.setattr(log, "entries", note)
    book.read()
    assert asked == [log.size]
