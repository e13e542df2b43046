"""Coming in by the bank's provider and by passkeys, through the console's own pages."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from ivr.adapters.oidc_provider import OidcProvider
from ivr.adapters.webauthn_party import WebauthnParty
from ivr.engine.access.passkeys import Passkeys
from ivr.engine.access.provider import ProviderWay
from ivr.engine.access.waiting import Waiting
from ivr.testing.authenticator import Authenticator
from ivr.testing.oidc import CLIENT, SECRET, Bank, running_provider
from tests.unit.web.world import CALL, World

ORIGIN, HOST = "https://console.bank.example", "console.bank.example"
COOKIE = "__Host-ivr"


@pytest.fixture(scope="module")
def bank() -> Iterator[Bank]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def all_ways(bank: Bank) -> World:
    provider = OidcProvider(
        issuer=bank.issuer, authorize_url=f"{bank.issuer}/authorize", token_url=f"{bank.issuer}/token",
        client_id=CLIENT, client_secret=SECRET, keys=bank.keys, claim="preferred_username", algorithms=["RS256"],
    )  # fmt: skip

    class WithAllWays(World):
        def ways(self) -> None:
            visits, waiting = self.door.visits, Waiting(self.stores.tries, self.house.keys, wall=time.time)
            self.door = replace(
                self.door,
                passkeys=Passkeys(visits, waiting, WebauthnParty(host=HOST, origin=ORIGIN)),
                provider=ProviderWay(visits, waiting, provider),
            )

    world = WithAllWays(ORIGIN)
    world.browser("user:supervisor")  # adds them
    return world


def comes_back(world: World, bank: Bank, browser: TestClient, page: str = "/recordings") -> tuple[str, dict[str, str]]:
    """Where the provider sends a browser back to, after somebody typed there."""
    bank.now, bank.claims = time.time(), {"preferred_username": "supervisor", "amr": ["mfa"]}
    sent = browser.get("/sign-in/provider?" + urlencode({"next": page}))
    assert sent.status_code == 303
    assert "SameSite=lax" in sent.headers["set-cookie"]
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    return asked["redirect_uri"][0].removeprefix(ORIGIN), bank.page(sent.headers["location"])


def test_who_the_provider_names_comes_in_and_goes_on_to_where_they_wanted(all_ways: World, bank: Bank) -> None:
    world = all_ways
    browser = world.stranger()
    back, answer = comes_back(world, bank, browser, f"/recordings/{CALL}?at=3&b=\"'>")
    got = browser.get(f"{back}?{urlencode(answer)}", headers={"Sec-Fetch-Site": "cross-site"})
    assert got.status_code == 200  # not 303: a redirect from another site would not bring the session along
    assert f'url=/recordings/{CALL}?at=3&amp;b=&#34;&#39;&gt;"' in got.text
    assert "SameSite=strict" in got.headers["set-cookie"]
    assert browser.get("/recordings").status_code == 200


def test_an_answer_of_the_provider_is_taken_once_and_from_the_browser_it_sent(all_ways: World, bank: Bank) -> None:
    first, other = all_ways.stranger(), all_ways.stranger()
    back, answer = comes_back(all_ways, bank, first)
    assert other.get(f"{back}?{urlencode(answer)}").status_code == 403  # somebody else's answer, forced upon them
    assert first.get(f"{back}?{urlencode({**answer, 'state': 'guessed'})}").status_code == 403
    assert COOKIE not in first.cookies
    assert first.get(f"{back}?{urlencode(answer)}").status_code == 200
    again = all_ways.stranger()
    again.cookies.update(first.cookies)
    assert again.get(f"{back}?{urlencode(answer)}").status_code in (403, 429)


def test_the_provider_sends_nobody_on_to_another_site(all_ways: World, bank: Bank) -> None:
    browser = all_ways.stranger()
    back, answer = comes_back(all_ways, bank, browser, "//evil.example/")
    assert 'url=/"' in browser.get(f"{back}?{urlencode(answer)}").text


def test_a_passkey_is_added_by_who_is_in_and_opens_the_door_alone(all_ways: World) -> None:
    browser, device = all_ways.browser("user:supervisor"), Authenticator(ORIGIN, HOST)
    assert "None yet" in browser.get("/account").text
    csrf = {"X-CSRF-Token": all_ways.token(browser)}
    options = browser.post("/api/account/passkey/ask", headers=csrf).json()["options"]
    added = all_ways.send(browser, "/account/passkey", answer=device.create(options))
    assert (added.status_code, added.headers["location"]) == (303, "/account")
    assert re.search(r"Added \w{3} \d", browser.get("/account").text)

    elsewhere = all_ways.stranger()
    options = elsewhere.post("/api/sign-in/passkey/ask").json()["options"]
    answer = {"answer": device.get(options), "next": "/recordings"}
    came = elsewhere.post("/sign-in/passkey", data=answer)
    assert (came.status_code, came.headers["location"]) == (303, "/recordings")
    assert elsewhere.get("/recordings").status_code == 200
    assert all_ways.stranger().post("/sign-in/passkey", data=answer).status_code == 403  # the same answer again


def test_a_page_of_another_site_can_add_no_passkey(all_ways: World) -> None:
    browser = all_ways.browser("user:auditor")
    forged = browser.post("/api/account/passkey/ask", headers={"Sec-Fetch-Site": "cross-site"})
    assert forged.status_code == 403
    assert browser.post("/api/account/passkey/ask").status_code == 403  # its form brings the session's token


def test_ways_that_are_set_up_are_offered_and_others_say_what_to_do(all_ways: World, world: World) -> None:
    offered = all_ways.stranger().get("/sign-in").text
    assert 'action="/sign-in/passkey"' in offered
    assert 'href="/sign-in/provider?next=%2F"' in offered
    plain = world.stranger().get("/sign-in").text
    assert "passkey" not in plain
    assert "/sign-in/provider" not in plain
    refused = world.stranger().get("/sign-in/provider")
    assert refused.status_code < 500
    assert "console.sign_in.oidc" in refused.text
