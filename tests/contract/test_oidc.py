"""Coming in by a provider of OpenID Connect: a real small one on the loopback, and what it must not be believed."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey

from ivr.adapters.oidc_provider import OidcProvider
from ivr.core.access.session import Factor, Stage
from ivr.core.audit.roles import Role
from ivr.engine.access.provider import ANSWER_SECONDS, ProviderWay, Sent
from ivr.engine.access.visits import Arrived
from ivr.engine.access.waiting import Waiting
from ivr.errors import DeniedError, SettingsError
from ivr.testing.oidc import CLIENT, SECRET, Bank, running_provider
from tests.unit.access.porch import HERE, Porch

BACK = "https://console.bank.example/sign-in/provider"


class Gate(Porch):
    """A door with a provider."""

    def __init__(self, bank: Bank) -> None:
        super().__init__()
        self.bank = bank
        bank.now, bank.claims = self.now, {"preferred_username": "anna"}
        self.provider = OidcProvider(
            issuer=bank.issuer, authorize_url=f"{bank.issuer}/authorize?tenant=7", token_url=f"{bank.issuer}/token",
            client_id=CLIENT, client_secret=SECRET, keys=bank.keys, claim="preferred_username", algorithms=["RS256"],
        )  # fmt: skip
        waiting = Waiting(self.stores.tries, self.keys, wall=lambda: self.now)
        self.way = ProviderWay(self.visits, waiting, self.provider)
        self.invite("user:anna")

    def finish(self, sent: Sent, answer: dict[str, str]) -> Arrived:
        return self.way.finish(sent.secret, **answer, redirect=BACK, address=HERE)

    def come(self) -> Arrived:
        sent = self.way.start(BACK)
        return self.finish(sent, self.bank.page(sent.url))


@pytest.fixture(scope="module")
def bank() -> Iterator[Bank]:
    with running_provider() as running:
        yield running


@pytest.fixture
def gate(bank: Bank) -> Gate:
    return Gate(bank)


def why(gate: Gate) -> str:
    """What the log says of the last one who was refused."""
    gate.log.publish()
    entry = [one for _, one in gate.log.entries()][-1]
    assert (entry.action, entry.outcome) == ("session.begun", "denied")
    return str(entry.details["why"])


def test_a_user_whom_the_provider_names_comes_in(gate: Gate) -> None:
    arrived = gate.come()
    visitor = gate.visits.person_of(arrived.secret)
    assert visitor is not None
    assert (visitor.actor.name, visitor.factors) == ("user:anna", frozenset({Factor.PROVIDER}))


def test_two_proofs_are_those_that_the_provider_says_it_saw(gate: Gate) -> None:
    gate.grant("user:olga", Role.SECURITY_OFFICER)
    gate.grant("user:anna", Role.AUDITOR)
    assert gate.come().stage is Stage.ENROL
    gate.bank.claims["amr"] = ["pwd", "mfa"]
    assert gate.come().stage is Stage.IN
    gate.bank.claims["amr"] = "mfa"
    assert gate.come().stage is Stage.ENROL


def test_nothing_in_the_address_lets_anybody_who_reads_it_finish_the_sign_in(gate: Gate) -> None:
    sent = gate.way.start(BACK)
    asked = parse_qs(urlsplit(sent.url).query)
    assert asked["tenant"] == ["7"]
    assert asked["code_challenge_method"] == ["S256"]
    assert sent.secret not in sent.url
    other = gate.way.start(BACK)
    with pytest.raises(DeniedError):
        gate.finish(other, gate.bank.page(sent.url))
    assert why(gate) == "no such sign-in at the provider"


def test_an_answer_is_taken_once_and_in_time(gate: Gate) -> None:
    sent = gate.way.start(BACK)
    answer = gate.bank.page(sent.url)
    gate.finish(sent, answer)
    with pytest.raises(DeniedError):
        gate.finish(sent, gate.bank.page(sent.url))
    assert why(gate) == "no such sign-in at the provider"
    late = gate.way.start(BACK)
    gate.now += ANSWER_SECONDS
    with pytest.raises(DeniedError):
        gate.finish(late, gate.bank.page(late.url))


def test_a_code_of_another_sign_in_is_worth_nothing(gate: Gate) -> None:
    mine, theirs = gate.way.start(BACK), gate.way.start(BACK)
    answer = {**gate.bank.page(mine.url), "code": gate.bank.page(theirs.url)["code"]}
    with pytest.raises(DeniedError):
        gate.finish(mine, answer)
    assert why(gate) == "the provider refused the code (HTTP status 400)"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nonce": "other"}, "the provider's token is for another sign-in"),
        ({"iss": "https://other.example"}, "the provider's token does not verify"),
        ({"aud": "another-client"}, "the provider's token does not verify"),
        ({"aud": [CLIENT, "another-client"]}, "the provider's token is for somebody else too"),
        ({"exp": 1_799_999_000}, "the provider's token does not verify"),
        ({"exp": None}, "the provider's token does not verify"),
        ({"iat": 1_800_009_000}, "the provider's token does not verify"),
        ({"preferred_username": "nobody"}, "the provider names no user"),
        ({"preferred_username": "ANNA\u200b"}, "the provider names no user"),
        ({"preferred_username": None}, "the provider names no user"),
        ({"preferred_username": ["anna"]}, "the provider names no user"),
    ],
)
def test_what_the_provider_must_not_be_believed(gate: Gate, claims: dict[str, object], reason: str) -> None:
    gate.bank.claims |= claims
    with pytest.raises(DeniedError, match="did not say who you are"):
        gate.come()
    assert why(gate) == reason


def test_a_token_by_another_key_than_the_pinned_ones_is_none(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate.bank, "signs", RSAKey.generate_key(2048, {"kid": "of-the-bank"}))
    with pytest.raises(DeniedError):
        gate.come()
    assert why(gate) == "the provider's token does not verify"


def test_a_provider_that_is_away_is_told_as_such_in_the_log(gate: Gate) -> None:
    sent = gate.way.start(BACK)
    answer = gate.bank.page(sent.url)
    gate.provider._token = urlsplit("http://127.0.0.1:1/token")
    with pytest.raises(DeniedError):
        gate.finish(sent, answer)
    assert "does not answer" in why(gate)


def test_a_file_of_keys_that_holds_none_is_a_fault_of_the_settings(bank: Bank) -> None:
    for keys in (b"", b"{}", b"[]", b'{"keys": [7]}'):
        with pytest.raises(SettingsError, match="keys_file"):
            OidcProvider(
                issuer=bank.issuer, authorize_url="", token_url="", client_id="", client_secret="", keys=keys,
                claim="sub", algorithms=["RS256"],
            )  # fmt: skip
