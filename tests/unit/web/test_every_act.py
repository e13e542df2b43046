"""Nothing that only the page or only the command line can do: every act has its place on the console, or a reason."""

from __future__ import annotations

import pytest

from ivr.apps.web.operation import OPERATIONS, PUBLIC
from ivr.core.audit.roles import Role
from ivr.engine.office.acts import ACTS
from ivr.engine.office.office import Asked as AskedOfOffice
from ivr.engine.office.office import Desk, Office
from tests.unit.web.world import World

WITHIN = {
    "agents.state": (Role.SUPERVISOR, "/agents"),
    "audit.checkpoint": (Role.AUDITOR, "/audit/verify"),
    "audit.key": (Role.AUDITOR, "/audit/verify"),
    "desk.follow": (Role.AGENT, "/desk"),
    "dialplans.publications": (Role.OPERATOR, "/dialplans"),
    "drafts.list": (Role.OPERATOR, "/dialplans"),
    "sessions.list": (Role.SECURITY_OFFICER, "/users"),
    "status.disks": (Role.OPERATOR, "/health"),
    "trunks.list": (Role.OPERATOR, "/health"),
}
"""Acts that a page does beside the one that it is named by -> who opens it, and where."""
SHOWN = {
    "audit.stamps": "POST /audit/verify: with the roots of who stamped, every stamp is checked",
    "dialplans.live": "GET /dialplans: what answers calls, since when and by whom",
    "calls.own_words": "POST /call/words, without signing in",
    "receipts.check": "POST /check, without signing in",
}
"""Acts whose answer stands on a page of another act, or that a page does when it is asked for more."""
OF_THE_MACHINE = {
    "audit.stamp": "it speaks to whatever address its user names: from a page, a way into the bank's network",
    "hosts.add": "it makes a secret key, which goes into a file that is carried to the other machine",
    "hosts.list": "beside those who add and remove them, at the machine",
    "hosts.remove": "who adds hosts removes them, at the machine",
    "keys.make": "before there are keys there is no log, nobody can sign in, and no console runs",
    "keys.move": "the engine and its console are stopped meanwhile",
    "keys.recover": "the keys that the console needs are lost",
    "prompts.list": "it reads each sound on the machine's disk again; a page has the publication that names them",
    "prompts.render": "it speaks for minutes on the machine's processors; publishing on a page speaks what is missing",
    "records.move": "the engine and its console are stopped meanwhile",
    "recordings.stream": "standard output of a program; on a page it is an export",
}
"""Acts that need the machine by their nature -> why."""


def test_every_act_has_its_place_on_the_console_or_a_reason_not_to(world: World) -> None:
    scopes = {one.scope for one in OPERATIONS.values() if one.scope != PUBLIC}
    assert set(ACTS) - scopes - WITHIN.keys() - SHOWN.keys() == OF_THE_MACHINE.keys()
    for named in (WITHIN, SHOWN, OF_THE_MACHINE):
        assert not named.keys() & scopes, "what has a page of its own needs no excuse"


def test_every_act_of_a_page_can_be_asked_for_by_a_program() -> None:
    by_programs = {one.scope for one in OPERATIONS.values() if one.api}
    assert {one.scope for one in OPERATIONS.values()} - by_programs - {PUBLIC} == {"recordings.export"}
    # Sealed sound has no shape in JSON: a program exports at the command line.


@pytest.mark.parametrize("act", WITHIN)
def test_what_a_page_does_beside_its_own_act_is_seen_being_done(
    world: World, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    done: list[str] = []
    sit = Office.desk

    def seen(office: Office, name: str, asked: AskedOfOffice) -> Desk:
        done.append(name)
        return sit(office, name, asked)

    monkeypatch.setattr(Office, "desk", seen)
    role, path = WITHIN[act]
    assert world.browser(f"user:{role}").get(path).status_code == 200
    assert act in done


def test_the_pages_that_are_shown_are_there() -> None:
    for where in SHOWN.values():
        method, path = where.partition(":")[0].partition(",")[0].split(" ")
        assert (method, path) in OPERATIONS, where
