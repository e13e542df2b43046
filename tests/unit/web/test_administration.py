"""Users, roles, tokens, agents, keys and health in the console: the same acts as on the command line, and no secret."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from ivr.core.audit.roles import DEMANDED
from tests.unit.web.test_compliance import finished
from tests.unit.web.world import HOSTILE, PASSWORD, World

OFFICER, OPERATOR = "user:security_officer", "user:operator"


@pytest.fixture
def world() -> World:
    """One that is administered."""
    return World()


def test_a_user_is_added_comes_in_by_the_link_and_is_disabled(world: World) -> None:
    officer = world.browser(OFFICER)
    made = world.send(officer, "/users/add", name="carol", reason="new in the team").text
    found = re.search(r'<pre[^>]*id="link">([^<]+)</pre>', made)
    assert found is not None
    secret = parse_qs(urlsplit(html.unescape(found[1])).query)["secret"][0]
    page = officer.get("/users").text
    assert "carol" in page
    assert secret not in page
    carol = world.stranger()
    assert carol.post("/invitation", data={"secret": secret, "password": PASSWORD}).status_code == 303
    granted = world.send(officer, "/roles/grant", person="user:carol", role="supervisor", reason="head of the desk")
    assert granted.headers["location"] == "/roles"
    assert carol.get("/recordings").status_code == 200
    assert "user:carol" in officer.get("/roles").text
    world.send(officer, "/users/disable", name="carol", reason="left the bank")
    assert carol.get("/recordings").status_code == 303
    assert "disabled" in officer.get("/users").text


def test_where_two_persons_are_needed_one_alone_grants_nothing(world: World) -> None:
    first, second = world.browser(OFFICER), world.browser("user:second")
    world.send(first, "/roles/grant", person="user:second", role="security_officer", reason="my deputy")
    world.rule("roles", DEMANDED)
    wanted = {"person": "user:dave", "role": "auditor", "reason": "revision"}
    refused = world.send(first, "/roles/grant", **wanted)
    assert refused.status_code == 403
    assert "approve it first" in refused.text
    for who, status in ((first, 403), (second, 303)):  # nobody approves their own change
        sent = world.send(who, "/roles/approve", change="grant", changer=OFFICER, **wanted)
        assert sent.status_code == status
    assert world.send(first, "/roles/grant", **wanted).status_code == 303
    assert "user:dave" in first.get("/roles").text


def test_a_token_is_shown_once_does_what_it_is_for_and_is_revoked(world: World) -> None:
    operator = world.browser(OPERATOR)
    scopes = ["queues.settings", "agents.list"]
    token = world.token(operator)
    made = operator.post(
        "/tokens/make", data={"csrf": token, "name": "wallboard", "days": "9", "reason": "the hall", "scopes": scopes}
    )
    found = re.search(r'id="secret">([^<]+)</pre>', made.text)
    assert found is not None
    machine = world.stranger()
    machine.headers["Authorization"] = f"Bearer {found[1]}"
    assert machine.get("/api/agents").status_code == 200
    assert machine.get("/api/models").status_code == 403
    page = operator.get("/tokens").text
    assert "wallboard" in page
    assert found[1] not in page
    world.send(operator, "/tokens/revoke", name="wallboard", reason="the hall is closed")
    assert machine.get("/api/agents").status_code == 401


def test_of_an_agents_password_and_pin_nothing_is_shown(world: World) -> None:
    operator = world.browser(OPERATOR)
    put = {
        "name": "alice",
        "password": "a long phone password",
        "queues": "loans, cards",
        "skills": "loans=7 lang:zh=5",
    }
    assert world.send(operator, "/agents/put", **put, extension="4711").headers["location"] == "/agents"
    world.send(operator, "/agents/pin", name="alice", pin="271828")
    page = operator.get("/agents").text
    for shown in ("loans, cards", "lang:zh 5", "4711", "PIN set"):
        assert shown in page
    stored = world.house.agents.read()[0]  # type: ignore[attr-defined]
    for secret in (put["password"], "271828", stored.ha1, stored.pin):
        assert secret not in page
        assert secret not in operator.get("/api/agents").text
    for wrong in ({"skills": "loans"}, {"skills": "loans=77"}, {"name": "<b>"}, {"password": "short"}, {"tier": "0"}):
        assert world.send(operator, "/agents/put", **{**put, **wrong}).status_code == 422
    world.send(operator, "/agents/remove", name="alice")
    assert "alice" not in operator.get("/agents").text.partition("<dialog")[0]


def test_keys_are_rotated_beside_the_page_and_an_old_one_is_retired_once_it_wraps_nothing(world: World) -> None:
    officer = world.browser(OFFICER)
    old = world.house.keys.keks()[0].kek_id  # type: ignore[attr-defined]
    refused = world.send(officer, "/keys/retire", kek_id=old)
    assert refused.status_code in (403, 409, 422)
    page = finished(officer, world.send(officer, "/keys/rotate").headers["location"])
    assert "Wrapped again" in page
    counted = finished(officer, world.send(officer, "/keys/count").headers["location"])
    assert old in counted
    assert "recordings" in counted
    assert len(world.house.keys.keks()) == 2  # type: ignore[attr-defined]


def test_health_says_that_no_engine_runs_and_how_much_room_is_left() -> None:
    world = World()
    world.hub.away = True
    page = world.browser(OPERATOR).get("/health").text
    assert "No engine runs on this machine." in page
    assert "4.0 GB" in page
    assert "nearly full" in page
    settings = world.browser(OPERATOR).get("/queues/settings").text
    assert "mon-fri 09:00-18:00" in settings
    assert html.escape(HOSTILE, quote=False)[:20] in settings
    assert "<script>alert" not in settings


def test_only_models_of_the_catalogue_are_fetched(world: World) -> None:
    operator = world.browser(OPERATOR)
    for name in ("http://127.0.0.1/model", "../../etc", "ecapa"):
        assert world.send(operator, "/models/get", name=name).status_code == 422


def test_a_target_of_webhooks_is_added_shown_without_its_secret_and_removed(world: World) -> None:
    officer, secret = world.browser(OFFICER), "c2VjcmV0IG9mIHRoZSB0YXJnZXQgaGVyZSE="
    given = {"name": "crm", "url": "https://crm.bank.example/ivr", "events": "call.ended", "reason": "CRM"}
    assert world.send(officer, "/webhooks/add", secret=secret, **given).headers["location"] == "/webhooks"
    for who in (officer, world.browser(OPERATOR), world.browser("user:auditor")):
        page = who.get("/webhooks").text + who.get("/api/webhooks").text
        assert "crm.bank.example" in page
        assert secret not in page
    for wrong in ({"url": "http://crm.bank.example/"}, {"events": "all"}, {"name": "<b>"}):
        sent = world.send(officer, "/webhooks/add", secret=secret, **{**given, "name": "other", **wrong})
        assert sent.status_code == 422
        assert secret not in sent.text
    entered = world.house.entries("webhook.added")
    assert secret not in str(entered)
    assert world.send(officer, "/webhooks/remove", name="crm", reason="replaced").headers["location"] == "/webhooks"
    assert "crm.bank.example" not in officer.get("/webhooks").text.partition("<dialog")[0]
