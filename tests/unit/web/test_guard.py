"""What stands before every operation: headers, hosts, sizes, forged requests, cookies."""

from __future__ import annotations

import base64
import html
import re
import time
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from ivr.apps.web.guard import BODY_BYTES
from ivr.apps.web.look import import_map_hash
from ivr.apps.web.operation import OPERATIONS
from ivr.core.access.machine import MachineToken
from ivr.core.access.secret import Kind, digest, made
from ivr.core.audit.roles import Role
from ivr.core.identity.totp import STEP_SECONDS, code
from tests.unit.web.test_scopes import names
from tests.unit.web.world import CALL, OLD, PASSWORD, World

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ALL_ROLES = "user:all"
OTHERS = ("/invitation?secret=x", "/nowhere", "/api/recordings", "/static/console.css")


class Tags(HTMLParser):
    """Which there are, and what stands in them."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attributes}


def pages(world: World) -> list[str]:
    """The path of every page."""
    there = names(world)
    return sorted(one.path.format_map(there) for one in OPERATIONS.values() if one.method == "GET" and one.page)


@pytest.fixture
def everywhere(world: World) -> TestClient:
    """The browser of somebody with every role."""
    for role in Role:
        world.grant(ALL_ROLES, role)
    return world.browser(ALL_ROLES)


def test_every_answer_says_what_a_browser_may_do(world: World, everywhere: TestClient) -> None:
    for path in (*pages(world), *OTHERS):
        sent = everywhere.get(path)
        policy = dict(one.strip().partition(" ")[::2] for one in sent.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'", path
        # But ours, the one that says where modules are.
        assert policy["script-src"] == f"'self' {import_map_hash()}", path
        assert policy["frame-ancestors"] == "'none'", path
        assert not any("unsafe" in value or "*" in value or "http" in value for value in policy.values()), path
        assert sent.headers["x-content-type-options"] == "nosniff", path
        assert sent.headers["referrer-policy"] == "same-origin", path
        kept = "public, max-age=31536000, immutable" if "static" in path else "no-store"
        assert sent.headers["cache-control"] == kept, path


def test_no_page_has_a_script_or_a_style_of_its_own(world: World, everywhere: TestClient) -> None:
    for path in (*pages(world), "/nowhere"):
        page = everywhere.get(path, follow_redirects=True).text
        tags = Tags()
        tags.feed(page)
        assert "style" not in tags.names | tags.attributes, path
        assert [name for name in tags.attributes if name.startswith("on")] == [], path
        assert "javascript:" not in page, path
        own = page.count('<script type="importmap">')
        assert own <= 1, path
        assert page.count("<script") == len(re.findall(r'<script (?:type="module" )?src="/static/', page)) + own, path


def test_a_fault_of_ours_is_told_without_its_text(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = world.browser("user:supervisor")
    monkeypatch.setattr(world.house.calls, "search", lambda *asked, **named: 1 / 0)
    sent = browser.get("/recordings")
    assert sent.status_code == 500
    assert "division" not in sent.text
    assert "Traceback" not in sent.text
    assert sent.headers["content-security-policy"]


@pytest.mark.parametrize("host", ["bank.example", "127.0.0.1", "127.0.0.1:8080.bank.example", ""])
def test_another_hosts_name_is_refused(world: World, host: str) -> None:
    assert world.stranger().get("/sign-in", headers={"Host": host}).status_code == 421


def test_more_than_a_form_is_not_read(world: World) -> None:
    browser = world.browser("user:supervisor")
    sent = browser.post("/preferences", content=b"a" * (BODY_BYTES + 1))
    assert sent.status_code == 413
    pieces = (b"a=1&" * 4096 for _ in range(BODY_BYTES // 4096))  # in chunks, without a length
    assert browser.post("/preferences", content=pieces, headers=FORM).status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://bank.example"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Sec-Fetch-Site": "", "Origin": ""},
    ],
)
def test_what_changes_something_must_come_from_a_page_of_ours(world: World, headers: dict[str, str]) -> None:
    browser = world.browser("user:security_officer")
    token = world.token(world.browser("user:supervisor"))
    for sent_token in (token, ""):
        sent = browser.post(
            f"/recordings/{CALL}/hold", data={"csrf": sent_token, "name": "case-1", "reason": "why"}, headers=headers
        )
        assert sent.status_code == 403
    assert not any(entry.action == "hold.placed" for entry in world.house.entries())


def test_a_form_brings_the_token_of_its_own_session(world: World) -> None:
    browser, other = world.browser("user:security_officer"), world.browser("user:security_officer")
    for token in ("", "guess", world.token(other)):
        sent = browser.post(f"/recordings/{CALL}/request", data={"csrf": token, "reason": "why"})
        assert sent.status_code == 403
    sent = world.send(browser, f"/recordings/{CALL}/request", reason="why")
    assert (sent.status_code, sent.headers["location"]) == (303, "/retention")  # an officer may not open the call


def test_the_sessions_cookie_is_for_us_alone_and_new_with_each_sign_in(world: World) -> None:
    browser = world.stranger()
    browser.cookies.set("ivr", "planted")
    joined = browser.post("/invitation", data={"secret": world.invite("user:anna"), "password": PASSWORD})
    again = world.stranger().post("/sign-in", data={"name": "anna", "password": PASSWORD})
    secrets = set()
    for sent in (joined, again):
        assert sent.status_code == 303
        cookie = sent.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        secrets.add(cookie.partition(";")[0])
    assert len(secrets) == 2
    assert "ivr=planted" not in secrets
    wrong = world.stranger().post("/sign-in", data={"name": "anna", "password": "wrong"})
    assert (wrong.status_code, "set-cookie" in wrong.headers) == (403, False)
    assert "name or password is wrong" in wrong.text


def test_over_tls_the_cookie_is_bound_to_the_host() -> None:
    world = World("https://console.bank.example")
    browser = world.browser("user:supervisor")
    assert list(browser.cookies) == ["__Host-ivr"]
    sent = browser.get("/recordings")
    assert sent.headers["strict-transport-security"]


def test_who_leaves_is_out(world: World) -> None:
    browser = world.browser("user:supervisor")
    secret = browser.cookies["ivr"]
    assert world.send(browser, "/sign-out").headers["location"] == "/sign-in"
    browser.cookies.set("ivr", secret)
    assert browser.get("/recordings").status_code == 303


@pytest.mark.parametrize(
    "onward", ["//bank.example", "https://bank.example", "/\\bank.example", "/nowhere", "javascript:alert(1)"]
)
def test_nobody_is_sent_to_another_site(world: World, onward: str) -> None:
    sent = world.browser("user:supervisor").get("/sign-in", params={"next": onward})
    assert (sent.status_code, sent.headers["location"]) == (303, "/")


def test_a_link_from_elsewhere_is_followed_again_from_here(world: World) -> None:
    sent = world.stranger().get(f"/recordings/{CALL}?t=3", headers={"Sec-Fetch-Site": "cross-site"})
    assert sent.status_code == 200
    assert 'http-equiv="refresh"' in sent.text


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/recordings/..%2f..%2fetc%2fpasswd",
             "/recordings/%00", "/recordings/" + "a" * 5000]
)  # fmt: skip
def test_no_path_leads_out(world: World, path: str) -> None:
    sent = world.browser("user:supervisor").get(path)
    assert sent.status_code in (404, 422)
    assert "root:" not in sent.text
    assert "import" not in sent.text


def test_what_callers_say_is_text_and_no_page(world: World) -> None:
    browser = world.browser("user:supervisor")
    for path in ("/recordings", f"/recordings/{CALL}", f"/recordings/{OLD}", "/recordings?q=<script>alert(1)</script>"):
        page = browser.get(path)
        assert page.status_code == 200
        assert "<script>" not in page.text
        assert "<img src=x" not in page.text
    revealed = world.send(browser, f"/recordings/{CALL}/reveal", reason="complaint 17")
    assert "+85212345678" in revealed.text
    assert "<script>" not in revealed.text


def test_a_masked_number_stands_on_no_page_that_nobody_gave_a_reason_for(world: World) -> None:
    browser = world.browser("user:supervisor")
    for path in ("/recordings", f"/recordings/{CALL}", "/api/recordings", f"/api/recordings/{CALL}"):
        assert "85212345678" not in browser.get(path).text
    refused = world.send(browser, f"/recordings/{CALL}/reveal", reason="")
    assert refused.status_code == 422
    assert "85212345678" not in refused.text
    world.send(browser, f"/recordings/{CALL}/reveal", reason="complaint 17")
    last = [entry for entry in world.house.entries("recording.shown") if entry.details.get("revealed")][-1]
    assert (last.actor, last.reason) == ("user:supervisor", "complaint 17")


def test_whose_role_needs_a_second_proof_sets_it_up_before_anything_is_shown() -> None:
    world = World(second_factor_for=frozenset({Role.SUPERVISOR}))
    world.grant("user:eva", Role.SUPERVISOR)
    browser = world.stranger()
    joined = browser.post("/invitation", data={"secret": world.invite("user:eva"), "password": PASSWORD})
    assert joined.headers["location"].startswith("/sign-in/second")
    assert browser.get("/recordings").status_code == 303
    page = browser.get("/sign-in/second").text
    found = re.search(r'name="uri" value="([^"]+)"', page)
    assert found is not None
    uri = html.unescape(found[1])
    seed = parse_qs(urlsplit(uri).query)["secret"][0]
    assert "".join(html.unescape(page).split()).find(seed) > 0
    wrong = browser.post("/sign-in/second", data={"uri": uri, "code": "x"})
    assert (wrong.status_code, seed in wrong.text) == (403, True)
    right = browser.post(
        "/sign-in/second", data={"uri": uri, "code": code(base64.b32decode(seed), int(time.time() // STEP_SECONDS))}
    )
    assert right.headers["location"] == "/"
    assert browser.get("/recordings").status_code == 200


def test_a_machine_does_by_its_token_what_it_is_for_and_no_more(world: World) -> None:
    secret, now = made(Kind.TOKEN, b"night"), time.time()
    scopes = frozenset({"recordings.search", "retention.request"})
    world.stores.tokens.make(
        MachineToken("t1", digest(secret), "nightly", "user:supervisor", scopes, now - 1, now + 3600)
    )
    machine = world.stranger()
    machine.headers.pop("Sec-Fetch-Site")
    machine.headers["Authorization"] = f"Bearer {secret}"
    assert machine.get("/api/recordings").status_code == 200
    assert machine.get(f"/api/recordings/{CALL}").status_code == 403  # its maker may, the token is not for that
    sent = machine.post(f"/api/recordings/{CALL}/request", json={"reason": "why"})
    assert sent.status_code == 403  # the token is for that, and its maker may not
    assert "security_officer" in sent.json()["message"]
    world.stores.tokens.revoke("t1")
    assert machine.get("/api/recordings").status_code == 401


def test_another_kind_of_authorization_frees_no_browser_of_its_token(world: World) -> None:
    browser = world.browser("user:security_officer")
    for value in ("Basic YTpi", "Bearer", "Bearer ivrt_guess"):
        sent = browser.post(f"/api/recordings/{CALL}/request", json={"reason": "why"}, headers={"Authorization": value})
        assert sent.status_code in (401, 403), value
