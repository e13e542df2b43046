"""An agent's browser as their phone: a password for their own desk alone, of which the engine sees the hash."""

from __future__ import annotations

from dataclasses import replace

from starlette.testclient import TestClient

from ivr.apps.web.app import guarded
from ivr.core.audit.roles import Role
from ivr.core.queueing.directory import AgentEntry, password_hash
from ivr.engine.bus.desk import PhoneKeyMade
from tests.unit.web.world import BROWSERS, World

AGENT = f"user:{Role.AGENT}"


def ask(world: World, browser: TestClient, **fields: str) -> tuple[int, dict[str, str]]:
    sent = browser.post("/api/desk/phone", json=fields, headers={"X-CSRF-Token": world.token(browser)})
    return sent.status_code, sent.json()


def registers(world: World, *, at: str | None = None) -> None:
    """Their phone does; `at`: it has this address instead."""
    entry = AgentEntry("alice", ha1=None if at else "0" * 32, uri=at, extension="201", user=AGENT)
    world.house.agents.put(entry)  # type: ignore[attr-defined]


def test_each_time_another_password_is_made_and_the_engine_is_told_its_hash(world: World) -> None:
    registers(world)
    browser = world.browser(AGENT)
    world.hub.asked.clear()
    made = [ask(world, browser)[1] for _ in range(2)]
    assert {(one["agent"], one["realm"], one["url"]) for one in made} == {("alice", "ivr", BROWSERS.url)}
    passwords = [one["password"] for one in made]
    assert len(set(passwords)) == 2
    assert min(map(len, passwords)) >= 32
    told = [one for one in world.hub.asked if isinstance(one, PhoneKeyMade)]
    assert [one.ha1 for one in told] == [password_hash("alice", "ivr", one) for one in passwords]
    assert not any(one in repr(world.hub.asked) for one in passwords)


def test_nobody_gets_the_phone_of_another(world: World) -> None:
    registers(world)
    assert ask(world, world.browser(AGENT), agent="bob")[0] == 403
    assert ask(world, world.browser(f"user:{Role.SUPERVISOR}"))[0] == 403


def test_a_phone_with_a_fixed_address_is_no_browsers(world: World) -> None:
    registers(world, at="sip:alice@192.0.2.7")
    status, told = ask(world, world.browser(AGENT))
    assert (status, "fixed address" in told["message"]) == (422, True)
    assert "browser-phone" not in world.browser(AGENT).get("/desk").text


def test_the_desk_has_a_phone_where_browsers_are_served(world: World) -> None:
    registers(world)
    browser = world.browser(AGENT)
    page = browser.get("/desk")
    assert 'id="browser-phone"' in page.text
    assert "microphone=(self)" in page.headers["permissions-policy"]
    without = TestClient(guarded(replace(world.console, browsers=None)), base_url=world.url, cookies=browser.cookies)
    assert "browser-phone" not in without.get("/desk").text
