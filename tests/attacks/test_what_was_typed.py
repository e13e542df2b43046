"""What a person types is no fact: a customer's number in place of a call's id, a secret key in place of a public one.

None of it is found afterwards: not in the log, not on the terminal (keys), not in any file of the installation.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr.adapters.files.keys.age_seal import new_identity, parse_recipient
from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import audit_log, open_key_store
from ivr.errors import OperatorError
from tests.integration.vault.conftest import Ivr

NUMBER = "85291234567"
WHY = ("--reason", "a test")
SECRET, PUBLIC = new_identity()


def everything(folder: Path) -> bytes:
    """What every file of the installation holds."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


COMMANDS = [
    ("recordings", "show", NUMBER),
    ("recordings", "play", NUMBER, "--output", "-"),
    ("recordings", "export", NUMBER, "--wav", "out.wav"),
    ("recordings", "approve", NUMBER, "--for", "os:root", *WHY),
    ("recordings", "approve", "call-closed", "--for", NUMBER, *WHY),
    ("replay", NUMBER),
    ("receipt", "make", NUMBER),
    ("audit", "show", NUMBER),
    ("retention", "hold", NUMBER, "--name", "case-17", *WHY),
    ("retention", "hold", "call-closed", "--name", NUMBER, *WHY),
    ("retention", "release", "call-closed", "--name", NUMBER, *WHY),
    ("retention", "request", NUMBER, *WHY),
    ("retention", "shred", NUMBER, *WHY),
    ("keys", "retire", NUMBER),
    ("callbacks", "take", NUMBER),
    ("callbacks", "done", NUMBER, "--result", "reached"),
    ("callbacks", "cancel", NUMBER, *WHY),
    ("agents", "remove", NUMBER),
    ("roles", "approve", "grant", NUMBER, "auditor", "--for", "root", *WHY),
    ("roles", "approve-lift", "export", "--for", NUMBER, *WHY),
    ("roles", "grant", NUMBER, "auditor", *WHY),
    ("roles", "revoke", NUMBER, "auditor", *WHY),
]


def test_a_number_in_place_of_a_name_is_kept_nowhere(settings: Settings, ivr: Ivr, tmp_path: Path) -> None:
    for command in COMMANDS:
        assert ivr(*command).returncode != 0, command
        ivr("audit", "checkpoint")  # what waited is in the tree now
        assert NUMBER.encode() not in everything(tmp_path), command
    entries = [json.loads(line) for line in ivr("audit", "log", "--json").stdout.splitlines()]
    assert [one["subject"] for one in entries if one["action"] == "recording.shown"] == ["unknown"]


def test_a_denied_command_leaves_no_number_either(
    settings: Settings, ivr: Ivr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.adapters.login._login_uid", lambda: 0)
    assert ivr("roles", "grant", "root", "security_officer", *WHY).returncode == 0
    for name, said in ((NUMBER, "unknown"), ("20260102-call-closed", "call-closed")):
        assert ivr("recordings", "show", name).returncode == 6
        log = audit_log(settings, open_key_store(settings))
        log.publish()
        assert [one for _, one in log.entries()][-1].details["call"] == said
    assert NUMBER.encode() not in everything(tmp_path)


def test_what_there_is_is_named_by_its_own_name_however_it_was_typed(settings: Settings, ivr: Ivr) -> None:
    for name in ("call-closed", "20260102-call-closed"):
        ivr("recordings", "show", name)
        ivr("audit", "show", name)
    entries = [json.loads(line) for line in ivr("audit", "log", "--json").stdout.splitlines()]
    assert {one["subject"] for one in entries} == {"call-closed"}


@pytest.mark.parametrize(
    "secret",
    [SECRET, SECRET.lower(), f" {SECRET} ", "AGE-PLUGIN-YUBIKEY-1QQQQQQQQQQQQ"],
    ids=["as-printed", "small-letters", "with-spaces", "plugin"],  # the key is another in each test process
)
def test_a_secret_key_is_neither_stored_nor_repeated(settings: Settings, ivr: Ivr, tmp_path: Path, secret: str) -> None:
    words = secret.strip()
    for command in (
        ("recordings", "export", "call-closed", "--age", "out.age", "--to", secret),
        ("recordings", "show", "call-closed", "--reason", f"for {secret}"),
        ("recordings", "show", secret),
        ("keys", "recovery", secret),
        ("keys", "init", "--recovery", secret),
        ("keys", "retire", secret),
        ("retention", "hold", "call-closed", "--name", "case-17", "--reason", secret),
        ("agents", "add", secret),
        ("no-such-command", secret),
        ("recordings", "find", secret),
    ):
        refused = ivr(*command)
        assert refused.returncode == 2, command
        assert words.encode() not in refused.stdout + refused.stderr
        assert b"SECRET" in refused.stderr
    kept = everything(tmp_path).upper()
    assert words.upper().encode() not in kept
    assert words.upper()[20:40].encode() not in kept


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (SECRET, "SECRET"),
        ("age1yubikey1qwerty", "plugin"),
        ("age1pq1qqqq", "post-quantum"),
        ("ssh-ed25519 AAAAC3Nza", "SSH"),
        (PUBLIC[:-1] + ("q" if PUBLIC[-1] != "q" else "p"), "mistyped"),
        (PUBLIC[:-1], "mistyped"),
        ("bob@example.com", "no key of age"),
        ("", "no key of age"),
    ],
    ids=["secret", "plugin", "post-quantum", "ssh", "wrong-sign", "cut", "address", "nothing"],
)
def test_what_is_no_recipient_is_called_by_its_kind_and_never_repeated(given: str, said: str) -> None:
    with pytest.raises(OperatorError) as refused:
        parse_recipient(given)
    assert said in str(refused.value)
    assert not given or given not in str(refused.value)
    assert refused.value.__cause__ is None, "its words hold what was given"


def test_spaces_around_a_recipient_are_left_out(settings: Settings, ivr: Ivr) -> None:
    assert parse_recipient(f"  {PUBLIC}\n") == PUBLIC
    assert ivr("recordings", "export", "call-closed", "--age", "out.age", "--to", f" {PUBLIC} ").returncode == 0
    assert ivr("keys", "recovery", f"{PUBLIC} ").returncode == 0
    assert f"recovery key: {PUBLIC}\n".encode() in ivr("keys", "list").stdout
    entries = [json.loads(line) for line in ivr("audit", "log", "--json").stdout.splitlines()]
    assert entries[0]["details"]["to"] == [PUBLIC]
    assert entries[1]["subject"] == PUBLIC


def test_a_reason_is_one_line_of_words(settings: Settings, ivr: Ivr) -> None:
    for reason in ("two\nlines", "a\x1b[2Jtrick", "x" * 501):
        assert ivr("recordings", "show", "call-closed", "--reason", reason).returncode == 2
    assert ivr("recordings", "show", "call-closed", "--reason", "投诉 17").returncode == 0
