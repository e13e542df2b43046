"""`ivr database move`: all records into PostgreSQL, and nothing goes on in the database that they left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.apps.settings import Settings
from ivr.apps.wiring.only_one import only_one
from ivr.testing.postgres import find_postgres, running_postgres
from tests.integration.vault.conftest import Ivr


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    binaries = find_postgres()
    assert binaries is not None, "PostgreSQL is not installed (apt-get install postgresql)"
    with running_postgres(binaries) as url:
        yield url


def test_records_are_moved_and_found_there_alone(settings: Settings, ivr: Ivr, server: str) -> None:
    assert b"call-closed" in ivr("recordings", "list").stdout
    with only_one(settings):
        running = ivr("database", "move", "--to", server, "--reason", "two hosts")
    assert running.returncode != 0
    assert b"works on" in running.stderr
    moved = ivr("database", "move", "--to", server, "--reason", "two hosts")
    assert moved.returncode == 0, moved.stderr
    assert b"all of them read back" in moved.stdout
    left = ivr("recordings", "list")
    assert left.returncode != 0
    assert f"set `database: {{url: {server}}}`".encode() in left.stderr
    with Path("ivr.yaml").open("a", encoding="utf-8") as file:
        file.write(f"database: {{url: '{server}'}}\n")
    assert b"call-closed" in ivr("recordings", "list").stdout
    assert b'"to": "postgresql"' in ivr("audit", "log", "--action", "records.moved", "--json").stdout


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://ivr:secret@db/ivr", b"put it into a file"),
        ("mysql://db/ivr", b"is not served"),
        ("nonsense", b"not a database's URL"),
    ],
)
def test_a_target_without_sense_is_refused_and_nothing_is_noted(
    settings: Settings, ivr: Ivr, url: str, said: bytes
) -> None:
    refused = ivr("database", "move", "--to", url, "--reason", "a test")
    assert refused.returncode != 0
    assert said in refused.stderr
    assert b"secret" not in refused.stderr + refused.stdout
    assert b"call-closed" in ivr("recordings", "list").stdout
