"""A passkey in Chromium, whose authenticator is made by its own developer tools. With `make browser`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from ivr.adapters.webauthn_party import WebauthnParty
from ivr.core.audit.roles import Role
from ivr.engine.access.passkeys import Passkeys
from ivr.engine.access.waiting import Waiting
from ivr.testing.ports import free_port
from tests.integration.console.conftest import serving
from tests.unit.web.world import World

pytestmark = pytest.mark.browser
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class WithPasskeys(World):
    def ways(self) -> None:
        waiting = Waiting(self.stores.tries, self.house.keys, wall=time.time)
        party = WebauthnParty(host="localhost", origin=self.url)
        self.door = replace(self.door, passkeys=Passkeys(self.door.visits, waiting, party))


@pytest.fixture(scope="module")
def named() -> Iterator[World]:
    port = free_port()
    with serving(WithPasskeys(f"http://localhost:{port}"), port) as made:  # an IP address is no name of a passkey
        yield made


def test_a_passkey_is_made_and_opens_the_door_without_a_word_typed(named: World, chromium: Browser) -> None:
    named.grant("user:anna", Role.SUPERVISOR)
    cookie = str(named.browser("user:anna").cookies["ivr"])
    context = chromium.new_context(base_url=named.url, locale="en-GB")
    context.add_cookies([{"name": "ivr", "value": cookie, "url": named.url}])
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    page.goto("/account")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("Added 20")).to_be_visible()
    context.clear_cookies()
    page.goto("/sign-in?next=/recordings")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Recordings")).to_be_visible()
    context.close()
