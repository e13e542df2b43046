"""What one process takes away is gone in another: a door in this one, the command line in its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ivr.apps.settings import Settings
from ivr.apps.wiring.door import door, first_invitation
from ivr.apps.wiring.office import OfficeFiles
from ivr.core.access.session import Stage
from ivr.core.access.user import FIRST
from ivr.engine.access.door import Door
from ivr.engine.access.visits import Visitor
from ivr.engine.office.actor import Actor
from ivr.engine.office.office import Office
from ivr.engine.office.tokens import MakeToken, make

HERE, PASSWORD, WHY = "127.0.0.1", "four plain words here", ("--reason", "a test")


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[OfficeFiles, Door]]:
    """As a process of the console opens it."""
    ports = OfficeFiles(settings)
    try:
        yield ports, door(settings, ports.keys, ports.log, ports.roles)
    finally:
        ports.close()


def ivr(directory: Path, *words: str) -> str:
    """Another process."""
    command = [sys.executable, "-m", "ivr.apps.cli.main", *words]
    ran = subprocess.run(command, cwd=directory, capture_output=True, text=True, env=dict(os.environ), check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_what_another_process_takes_away_is_gone_with_the_next_request(settings: Settings, tmp_path: Path) -> None:
    link = ivr(tmp_path, "users", "add", "anna", *WHY).split("secret=")[1].strip()
    with opened(settings) as (ports, at):
        secret = at.passwords.accept(link, PASSWORD, address=HERE).secret

        def visitor() -> Visitor | None:
            return at.visits.person_of(secret)

        assert visitor() is not None
        assert "user:anna" in ivr(tmp_path, "users", "sessions")
        ivr(tmp_path, "users", "revoke", "anna", *WHY)
        assert visitor() is None

        olga = Office(Actor("os:olga", "login"), ports, wall=at.visits.wall)
        token = make(olga, MakeToken("hall", ("queues.list",), 60.0, reason="a test")).secret
        assert at.visits.machine(token) is not None
        ivr(tmp_path, "tokens", "revoke", "hall", *WHY)
        assert at.visits.machine(token) is None

        secret = at.passwords.enter("anna", PASSWORD, address=HERE).secret
        assert visitor() is not None
        ivr(tmp_path, "roles", "grant", "user:anna", "security_officer", *WHY)
        found = at.visits.standing(secret)
        assert found is not None
        assert found.stage is Stage.ENROL, "a role of theirs demands a second factor from now on"


def test_the_first_start_lets_one_in_who_may_act_and_no_later_start_another(settings: Settings) -> None:
    with opened(settings) as (ports, at):
        link = first_invitation(settings, ports.keys, ports.log, ports.roles)
        assert link is not None
        found = at.visits.person_of(at.passwords.accept(link, PASSWORD, address=HERE).secret)
        assert found is not None
        assert found.actor.name == FIRST
        assert Office(found.actor, ports, wall=at.visits.wall).may("users.add")
    with opened(settings) as (ports, _):
        assert first_invitation(settings, ports.keys, ports.log, ports.roles) is None
