"""`ivr agents`, `ivr settings` and `ivr status` as an operator types them."""

from __future__ import annotations

import json
import os
import pwd
import re
import socket
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from ivr.apps.cli.main import cli
from ivr.apps.cli.status import status_text
from ivr.core.queueing.directory import password_hash
from ivr.errors import EnvironmentFault, IvrError, OperatorError, SettingsError
from ivr.testing.certificates import Authority
from ivr.testing.ports import free_port

PASSWORD = "correct horse battery"


class Desk:
    """A terminal with a settings file."""

    def __init__(self, directory: Path, **settings: object) -> None:
        self.file = directory / "ivr.yaml"
        self.agents = directory / "var" / "agents.json"
        self.file.write_text(yaml.safe_dump({"data_dir": str(directory / "var"), **settings}))
        self.secret = directory / "secret"
        self.secret.write_text(PASSWORD + "\n")

    def types(self, *words: str, text: str = "") -> Result:
        result = CliRunner().invoke(cli, words, env={"IVR_CONFIG": str(self.file)}, input=text)
        if isinstance(result.exception, IvrError):
            raise result.exception
        return result


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_an_agent_is_added_with_a_password_of_which_only_a_hash_is_kept(desk: Desk) -> None:
    added = desk.types("agents", "add", "alice", "--password-file", str(desk.secret), "--queue", "loans")
    assert "alice is added" in added.output
    text = desk.agents.read_text()
    assert PASSWORD not in text + added.output
    assert password_hash("alice", "ivr", PASSWORD) in text
    assert desk.agents.stat().st_mode & 0o077 == 0
    listed = desk.types("agents", "list").output
    assert "alice" in listed
    assert "loans" in listed
    assert password_hash("alice", "ivr", PASSWORD) not in listed


def test_the_password_may_be_typed_and_is_not_shown(desk: Desk) -> None:
    added = desk.types("agents", "add", "bob", text=f"{PASSWORD}\n{PASSWORD}\n")
    assert added.exit_code == 0, added.output
    assert PASSWORD not in added.output
    assert password_hash("bob", "ivr", PASSWORD) in desk.agents.read_text()


def test_an_agent_is_changed_and_removed(desk: Desk) -> None:
    desk.types("agents", "add", "alice", "--password-file", str(desk.secret))
    assert "changed" in desk.types("agents", "add", "alice", "--uri", "sip:desk@192.0.2.5:5080").output
    assert json.loads(desk.agents.read_text())[0]["ha1"] is None, "the password it had is forgotten"
    assert "removed" in desk.types("agents", "remove", "alice").output
    assert json.loads(desk.agents.read_text()) == []
    with pytest.raises(OperatorError, match="there is no agent alice"):
        desk.types("agents", "remove", "alice")


@pytest.mark.parametrize(
    "words",
    [
        ("Alice Smith", "--uri", "sip:a@b"),
        ("alice;drop", "--uri", "sip:a@b"),
        ("alice", "--uri", "http://desk"),
        ("alice", "--uri", "sip:a@b\r\nRoute: x"),
        ("alice", "--uri", "sip:a@b", "--password-file", "SECRET"),
        ("alice", "--password-file", "/nowhere"),
    ],
)
def test_what_the_edge_could_not_use_is_refused_and_changes_nothing(desk: Desk, words: tuple[str, ...]) -> None:
    with pytest.raises(OperatorError):
        desk.types("agents", "add", *(str(desk.secret) if word == "SECRET" else word for word in words))
    assert not desk.agents.exists()


def test_a_short_password_is_refused(desk: Desk) -> None:
    desk.secret.write_text("short\n")
    with pytest.raises(OperatorError, match="shorter than"):
        desk.types("agents", "add", "alice", "--password-file", str(desk.secret))


def test_a_directory_of_agents_that_is_damaged_is_said_and_left_alone(desk: Desk) -> None:
    desk.agents.parent.mkdir()
    desk.agents.write_text('[{"name": "alice"}]')
    for words in (("list",), ("add", "bob", "--uri", "sip:a@b"), ("remove", "alice")):
        with pytest.raises(OperatorError, match="not a directory of agents"):
            desk.types("agents", *words)
    assert desk.agents.read_text() == '[{"name": "alice"}]'


def test_the_settings_are_shown_whole(desk: Desk) -> None:
    shown = yaml.safe_load(desk.types("settings", "show").output)
    assert shown["cells"]["count"] == 8
    assert json.loads(desk.types("settings", "show", "--json").output) == shown


def test_settings_that_make_no_sense_are_an_error_of_the_operators(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ivr.yaml:1: cels.*did you mean cells"):
        Desk(tmp_path, cels=3).types("settings", "check")


def test_check_looks_into_the_files_that_are_named(tmp_path: Path) -> None:
    desk = Desk(tmp_path, dialplans=[{"file": str(tmp_path / "none.yaml")}])
    with pytest.raises(SettingsError, match="there is no dialplan"):
        desk.types("settings", "check")
    (tmp_path / "none.yaml").write_text("name: x\n")
    with pytest.raises(OperatorError):
        desk.types("settings", "check")


PLAN = [{"file": str(Path(__file__).parent / "dialplans" / "early.yaml")}]
NOWHERE = "sip:office@office.invalid"
"""RFC 6761 6.4: no name server knows it."""


def line_of(desk: Desk, *keys: str) -> int:
    """Where the settings say what stands at the end of these keys."""
    node: Any = yaml.compose(desk.file.read_text())
    for key in keys:
        name, node = next(pair for pair in node.value if pair[0].value == key)
    return int(name.start_mark.line) + 1


def test_check_names_the_line_of_a_listener_on_a_taken_port(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        sip = {"listen": f"127.0.0.1:{free_port()}", "tcp": {"listen": address}}
        others = {"metrics": {"listen": "127.0.0.1:0"}, "console": {"enabled": False}, "cells": {"base_port": 0}}
        desk = Desk(tmp_path, dialplans=PLAN, sip=sip, **others)
        at = line_of(desk, "sip", "tcp", "listen")
        told = rf"ivr.yaml:{at}: sip.tcp.listen: TCP port {taken.getsockname()[1]} on 127.0.0.1, .* is taken by"
        with pytest.raises(EnvironmentFault, match=told):
            desk.types("settings", "check")
    assert "sound" in desk.types("settings", "check").output


def test_check_names_the_line_of_a_name_that_has_no_address(tmp_path: Path) -> None:
    desk = Desk(tmp_path, dialplans=PLAN, transfers={"office": NOWHERE})
    told = rf"ivr.yaml:{line_of(desk, 'transfers', 'office')}: transfers.office: no address is known for office.invalid"
    with pytest.raises(SettingsError, match=told):
        desk.types("settings", "check")


def test_check_names_the_line_of_a_certificate_without_its_key(tmp_path: Path) -> None:
    files = Authority().issue(tmp_path)
    pair = {"certificate": str(files.certificate), "key": str(files.key)}
    desk = Desk(tmp_path, dialplans=PLAN, sip={"listen": f"127.0.0.1:{free_port()}", "tls": pair})
    files.key.unlink()
    told = rf"ivr.yaml:{line_of(desk, 'sip', 'tls')}: sip.tls: there is no key file {re.escape(str(files.key))}"
    with pytest.raises(SettingsError, match=told):
        desk.types("settings", "check")


def test_check_names_the_line_of_a_country_that_is_none(tmp_path: Path) -> None:
    desk = Desk(tmp_path, sip={"country": "XX"})
    told = rf"ivr.yaml:{line_of(desk, 'sip', 'country')}: sip.country: .*'XX' is no country's code"
    with pytest.raises(SettingsError, match=told):
        desk.types("settings", "check")


def test_status_without_an_engine_says_how_to_start_one(desk: Desk) -> None:
    with pytest.raises(EnvironmentFault, match="start it with `ivr serve`"):
        desk.types("status")


def test_status_reads_like_a_report() -> None:
    now = time.time()
    report = {
        "hub": {"pid": 7, "since": now - 7300, "records_pending": 2},
        "health": {"ok": True, "edge": True, "cells": 2, "disk": ""},
        "has_edge": True,
        "roles_in_force": True,
        "cells_wanted": 3,
        "cells": [
            {"cell": 0, "pid": 11, "sip": "127.0.0.1:5070", "state": "busy", "call_id": "c1", "calls_served": 4},
            {"cell": 1, "pid": 12, "sip": "127.0.0.1:5071", "state": "idle", "call_id": None, "calls_served": 0},
        ],
        "served": [
            {
                "numbers": "2000, card",
                "dialplan": "card@2",
                "sha256": "ab" * 32,
                "published_at": 0.0,
                "by": "os:olga",
                "cells": 1,
                "current": True,
            },
            {
                "numbers": "2000, card",
                "dialplan": "card@1",
                "sha256": "cd" * 32,
                "published_at": 0.0,
                "by": "os:olga",
                "cells": 1,
                "current": False,
            },
        ],
        "agents": [{"name": "alice", "state": "talking", "seconds": 31.0, "call_id": "c1"}],
        "queues": [{"queue": "loans", "waiting": 2, "longest_seconds": 180.0}],
        "inspection": {"quiet": False, "told_at": now, "waiting": 3, "behind_seconds": 120.0},
        "alarms": [{"at": 0.0, "kind": "cell_died", "text": "cell 2 died (SIGSEGV)", "call_id": None}],
    }
    assert not [line for line in status_text(report, now=now).splitlines() if "role" in line]
    assert "No role was granted" in status_text({**report, "roles_in_force": False}, now=now)
    full = {**report["health"], "disk": "the disk of /data has less than 64 MiB left: make room"}  # type: ignore[dict-item]
    assert "/data has less" in status_text({**report, "health": full}, now=now)
    lines = status_text(report, now=now).splitlines()
    assert lines[0] == "The engine is NOT WELL, up 2 h: 2 of 3 cells, 1 in a call, edge up"
    assert lines[1] == "2 call records wait for the database"
    assert any(line.split() == ["0", "busy", "c1", "4", "11", "127.0.0.1:5070"] for line in lines)
    assert any(line.startswith("2000, card  card@2     abababababab  1970-01-01 00:00:00") for line in lines)
    assert any("card@1" in line and line.endswith("1, until their calls end") for line in lines)
    assert any(line.split() == ["loans", "2", "3", "min"] for line in lines)
    assert "3 ended calls wait to be read, the first for 2 min" in lines
    assert any("1970-01-01 00:00:00  cell_died  cell 2 died (SIGSEGV)" in line for line in lines)


def test_a_hosts_identity_goes_to_standard_output_and_the_words_about_it_elsewhere(desk: Desk) -> None:
    desk.types("keys", "init")
    added = desk.types("host", "add", "hk2", "--to", "-", "--reason", "speech")
    assert added.exit_code == 0
    assert added.stdout.startswith("-----BEGIN")
    assert added.stdout.count("-----BEGIN") == added.stdout.count("-----END") == 3
    assert added.stdout.endswith("-----\n")
    assert "carry it there as hk2.pem, mode 0600" in added.stderr
    assert "PRIVATE KEY" not in added.stderr


def test_where_no_file_may_be_made_it_is_said_whose_folder_it_must_be(desk: Desk) -> None:
    """Nobody may make one among terminals, not even root."""
    desk.types("keys", "init")
    user = pwd.getpwuid(os.geteuid()).pw_name
    with pytest.raises(OperatorError, match=f"runs as the user {user}: name a file in a folder"):
        desk.types("host", "add", "hk2", "--to", "/dev/pts/hk2.pem", "--reason", "speech")
    assert "no other host" in desk.types("host", "list").output
