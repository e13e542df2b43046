"""Who may do what in the console: every role and every operation, and that what is not granted is not shown."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ivr.apps.web.navigation import NAVIGATION
from ivr.apps.web.operation import OPERATIONS, PUBLIC, Operation, find, operation
from ivr.core.audit.roles import Role
from ivr.core.call.record import CallRecord
from ivr.engine.office.acts import ACTS, DENIED, EVERYBODY
from ivr.errors import BugError
from tests.unit.web.world import CALL, World

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "ivr" / "apps" / "web" / "static"
RULES = (ROOT / "dialplans" / "rules" / "investment-eu.yaml").read_text(encoding="utf-8")
FIELDS: dict[str, str | list[str]] = {
    "reason": "why",
    "name": "case-17",
    "exporter": "user:alice",
    "recipients": "",
    "call": CALL,
    "erasures": "1",
    "agent": "alice",
    "phone": "supervisor",
    "revision": "1",
    "part": "small.yaml",
    "digits": "202",
    "place": "1",
    "disposition": "",
    "notes": "a note",
    "callback": "none",
    "result": "reached",
    "review": "none",
    "outcome": "void",
    "text": "name: service",
    "publisher": "user:alice",
    "rules": RULES,
    "against": RULES,
    "last": "5",
    "account": "4711",
    "pin": "482913",
    "source": "bank",
    "customer": "10012345",
    "days": "90",
    "recordings": ["UklGRg=="],
    "adder": "user:alice",
    "consent": "a form",
    "accounts": "account,pin\n10012345,482913",
    "seed": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
}


OWN = "call-alice"
THEIRS = {"/desk/calls/note": {"call": OWN}}
"""Operation -> what must be one's own there, where each agent may touch only that."""


@pytest.fixture(autouse=True)
def own_call(world: World) -> None:
    """The agent took one."""
    at = time.time() - 600
    record = CallRecord(OWN, at, at + 1, at + 61, "sip:+85212345678@x", language="en", agents=("alice",))
    world.house.calls.save(record)


def names(world: World) -> dict[str, str]:
    """What stands in paths."""
    return {
        "call": CALL,
        "ticket": "none",
        "number": "0",
        "draft": world.draft(),
        "review": world.appealed,
        "name": "access",
    }


def allowed(one: Operation, role: Role | None) -> bool:
    act = ACTS[one.scope]
    return act.roles == EVERYBODY or role in act.roles


def guarded_operations() -> list[Operation]:
    return [one for one in OPERATIONS.values() if one.scope != PUBLIC]


def ask(world: World, who: str, one: Operation, *, api: bool) -> int:
    browser = world.browser(who)
    path = ("/api" if api else "") + one.path.format_map(names(world))
    if one.method == "GET":
        return browser.get(path).status_code
    token, fields = world.token(browser), {**FIELDS, **THEIRS.get(one.path, {})}
    if api:
        return browser.post(path, json=fields, headers={"X-CSRF-Token": token}).status_code
    return browser.post(path, data={"csrf": token, **fields}).status_code


@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_each_operation_is_open_to_its_roles_and_denied_to_others(world: World, role: Role | None) -> None:
    who = f"user:{role}" if role else "user:nobody"
    for one in guarded_operations():
        for api in (False, True):
            if (api and not one.api) or (not api and not one.is_page):
                continue
            before = len(world.house.entries(DENIED))
            status = ask(world, who, one, api=api)
            denied = world.house.entries(DENIED)[before:]
            if allowed(one, role):
                assert status < 500, one.path
                assert status not in (401, 405), one.path
                assert not denied, one.path
            else:
                assert status == 403, one.path
                assert [entry.subject for entry in denied] == [one.scope], one.path
                assert denied[0].actor == who


def test_who_is_not_signed_in_gets_nothing_but_the_way_in(world: World) -> None:
    for one in guarded_operations():
        browser, path = world.stranger(), one.path.format_map(names(world))
        if one.method == "GET" and one.is_page:
            sent = browser.get(path)
            assert (sent.status_code, sent.headers["location"].partition("?")[0]) == (303, "/sign-in")
        if one.api:
            sent = browser.request(one.method, "/api" + path, json=FIELDS if one.method == "POST" else None)
            assert sent.status_code == 401, path


LEADING = (("href", "GET"), ("src", "GET"), ("hx-get", "GET"), ("action", "POST"), ("formaction", "POST"))


class Ways(HTMLParser):
    """Where a page leads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        for name, method in (
            ("href", "GET"),
            ("src", "GET"),
            ("hx-get", "GET"),
            ("action", "POST"),
            ("formaction", "POST"),
        ):
            path = given.get(name)
            if path and path.startswith("/") and not path.startswith("/static/"):
                self.found.append((str(given.get("method", method)).upper() if name == "action" else method, path))


@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_no_page_leads_where_its_reader_may_not_go(world: World, role: Role | None) -> None:
    browser = world.browser(f"user:{role}" if role else "user:nobody")
    pages = [one for one in guarded_operations() if one.page and one.method == "GET" and allowed(one, role)]
    for one in pages:
        page = browser.get(one.path.format_map(names(world)), follow_redirects=True)
        ways = Ways()
        ways.feed(page.text)
        assert ways.found, one.path
        for method, path in ways.found:
            led = find("GET" if method == "GET" else "POST", path.partition("?")[0])
            assert led is not None, f"{one.path} leads to {path}, which there is not"
            assert led.scope == PUBLIC or allowed(led, role), f"{one.path} shows {path} to {role}"


def test_an_operation_without_a_scope_does_not_start() -> None:
    for scope in ("", "recordings.steal"):
        with pytest.raises(BugError, match="names no scope"):
            operation("GET", "/nowhere", scope=scope)
    with pytest.raises(BugError, match="in two places"):
        operation("GET", "/recordings", scope="recordings.search")


def test_no_route_is_beside_the_table(world: World) -> None:
    routes = {(route.path, method) for route in world.routes() for method in (route.methods or set()) - {"HEAD"}}
    told = {(prefix + one.path, one.method) for one in OPERATIONS.values() for prefix in ("", "/api")}
    assert routes <= told


def test_a_role_that_is_taken_away_is_gone_with_the_next_request(world: World) -> None:
    world.grant("user:brief", Role.SUPERVISOR)
    browser = world.browser("user:brief")
    assert browser.get("/recordings").status_code == 200
    world.revoke("user:brief", Role.SUPERVISOR)
    assert browser.get("/recordings").status_code == 403


def test_the_first_page_says_what_who_holds_no_role_can_do(world: World) -> None:
    assert "You are signed in, and need a role" in world.browser("user:nobody").get("/").text


@pytest.mark.parametrize("role", Role)
def test_every_role_has_a_first_page(world: World, role: Role) -> None:
    browser = world.browser(f"user:{role}")
    assert browser.get(browser.get("/").headers["location"]).status_code == 200


def test_the_first_page_of_a_supervisor_is_the_calls(world: World) -> None:
    assert world.browser(f"user:{Role.SUPERVISOR}").get("/").headers["location"] == "/recordings"


def test_each_entry_of_the_navigation_has_its_page_and_its_icon() -> None:
    icons = set(re.findall(r'id="([\w-]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    assert [entry.title for entry in NAVIGATION if entry.icon not in icons] == []
    assert [entry.title for entry in NAVIGATION if not (one := find("GET", entry.path)) or not one.page] == []
