"""Tokens and answers that no provider of the bank gave, or that it gave for somebody else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwe
from joserfc.jwk import RSAKey

from ivr.errors import DeniedError
from ivr.testing.oidc import CLIENT, Bank, running_provider
from tests.contract.test_oidc import BACK, Gate, why

Claims = dict[str, object]
Forge = Callable[[Bank, Claims], str]


@pytest.fixture(scope="module")
def bank() -> Iterator[Bank]:
    with running_provider() as running:
        yield running


@pytest.fixture
def gate(bank: Bank) -> Iterator[Gate]:
    made = Gate(bank)
    yield made
    bank.writes = None


def part(said: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


def unsigned(header: Claims, claims: Claims, signature: str = "") -> str:
    return f"{part(header)}.{part(claims)}.{signature}"


def by_the_banks_key(bank: Bank, header: Claims, claims: object) -> str:
    """Whatever the header says."""
    head = f"{part(header)}.{part(claims)}"
    key = bank.key.private_key
    assert key is not None
    signature = key.sign(head.encode(), PKCS1v15(), SHA256())
    return f"{head}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def by_the_public_key(bank: Bank, claims: Claims, *, kid: bool = True) -> str:
    """HMAC by the octets of the public key, which everybody has."""
    public = bank.key.as_pem(private=False)
    head = f"{part({'alg': 'HS256', **({'kid': 'of-the-bank'} if kid else {})})}.{part(claims)}"
    mac = hmac.digest(public, head.encode(), hashlib.sha256)
    return f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def by_a_key_of_its_own(bank: Bank, claims: Claims) -> str:
    """The header brings the key by which it is signed."""
    key = RSAKey.generate_key(2048)
    return bank.written(claims, key=key, header={"alg": "RS256", "jwk": key.as_dict(private=False)})


def encrypted(bank: Bank, claims: Claims) -> str:
    """By the public key: no signature at all."""
    header = {"alg": "RSA-OAEP", "enc": "A128GCM"}
    return jwe.encrypt_compact(header, json.dumps(claims).encode(), bank.key)


def altered(bank: Bank, claims: Claims) -> str:
    head, _, signature = bank.written(claims).split(".")
    return f"{head}.{part({**claims, 'preferred_username': 'olga'})}.{signature}"


FORGED: dict[str, Forge] = {
    "alg none": lambda bank, claims: unsigned({"alg": "none"}, claims),
    "alg None": lambda bank, claims: unsigned({"alg": "None", "kid": "of-the-bank"}, claims),
    "no alg": lambda bank, claims: unsigned({"kid": "of-the-bank"}, claims),
    "alg no word": lambda bank, claims: unsigned({"alg": ["RS256"]}, claims),
    "no signature": lambda bank, claims: unsigned({"alg": "RS256", "kid": "of-the-bank"}, claims),
    "by the public key": by_the_public_key,
    "by the public key, unnamed": lambda bank, claims: by_the_public_key(bank, claims, kid=False),
    "by a key that it brings": by_a_key_of_its_own,
    "encrypted": encrypted,
    "claims altered": altered,
    "an algorithm that was not agreed on": lambda bank, claims: bank.written(claims, header={"alg": "RS512"}),
    "another key's name": lambda bank, claims: bank.written(claims, header={"alg": "RS256", "kid": "../keys"}),
    "a header that must be understood": lambda bank, claims: by_the_banks_key(
        bank, {"alg": "RS256", "kid": "of-the-bank", "crit": ["x"], "x": 1}, claims
    ),
    "no token": lambda bank, claims: "anna",
    "parts of nothing": lambda bank, claims: "..",
    "no object": lambda bank, claims: by_the_banks_key(bank, {"alg": "RS256", "kid": "of-the-bank"}, [claims]),
}


def test_a_token_that_is_made_by_hand_is_taken_where_nothing_is_forged(gate: Gate) -> None:
    gate.bank.writes = lambda claims: by_the_banks_key(gate.bank, {"alg": "RS256", "kid": "of-the-bank"}, claims)
    assert gate.visits.person_of(gate.come().secret) is not None


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_no_forged_token_opens_the_door(gate: Gate, forge: Forge) -> None:
    gate.bank.writes = lambda claims: forge(gate.bank, claims)
    with pytest.raises(DeniedError, match="did not say who you are"):
        gate.come()
    assert why(gate) == "the provider's token does not verify"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": []},
        {"aud": {CLIENT: True}},
        {"aud": CLIENT + " "},
        {"aud": [CLIENT, CLIENT + "2"], "azp": [CLIENT]},
        {"aud": CLIENT, "azp": "another-client"},
        {"aud": [CLIENT], "azp": "another-client"},
        {"aud": CLIENT, "azp": None},
        {"iss": None},
        {"iss": ["https://other.example"]},
        {"iss": "HTTP://127.0.0.1/"},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": 1_799_999_939},
        {"exp": -1},
        {"nbf": 1_800_000_061},
        {"nbf": "soon"},
        {"iat": None},
        {"iat": "now"},
        {"iat": 1_800_000_061},
        {"nonce": ""},
        {"nonce": None},
        {"nonce": ["n"]},
        {"sub": None},
        {"sub": ""},
        {"sub": 17},
    ],
    ids=str,
)
def test_a_token_of_other_claims_than_our_sign_ins_opens_nothing(gate: Gate, claims: Claims) -> None:
    gate.bank.claims |= claims
    with pytest.raises(DeniedError, match="did not say who you are"):
        gate.come()


def test_an_audience_of_several_is_ours_when_it_says_for_whom_it_was_made(gate: Gate) -> None:
    gate.bank.claims |= {"aud": [CLIENT, "another-client"], "azp": CLIENT}
    assert gate.visits.person_of(gate.come().secret) is not None


def test_a_token_of_an_earlier_sign_in_is_none_of_this_one(gate: Gate) -> None:
    kept: list[str] = []

    def repeats(claims: Claims) -> str:
        kept.append(gate.bank.written(claims))
        return kept[0]

    gate.bank.writes = repeats
    gate.come()
    with pytest.raises(DeniedError):
        gate.come()
    assert why(gate) == "the provider's token is for another sign-in"


@pytest.mark.parametrize("secret", ["", "ivr", "x" * 5000, "\x00", "\ud800"])
def test_a_cookie_that_somebody_else_chose_finishes_no_sign_in(gate: Gate, secret: str) -> None:
    sent = gate.way.start(BACK)
    answer = gate.bank.page(sent.url)
    with pytest.raises(DeniedError):
        gate.way.finish(secret, **answer, redirect=BACK, address="192.0.2.9")
    with pytest.raises(DeniedError):
        gate.way.finish(sent.secret, state=answer["state"], code="", redirect=BACK, address="192.0.2.9")


def test_an_answer_that_was_asked_for_elsewhere_is_none_here(gate: Gate) -> None:
    """Another address to come back to: the provider was told of ours, and gives its code for no other."""
    sent = gate.way.start("https://console.bank.example.attacker.example/sign-in/provider")
    with pytest.raises(DeniedError):
        gate.finish(sent, gate.bank.page(sent.url))
    assert why(gate) == "the provider refused the code (HTTP status 400)"


def test_another_issuers_answer_is_not_taken_for_ours(gate: Gate) -> None:
    sent = gate.way.start(BACK)
    answer = gate.bank.page(sent.url)
    with pytest.raises(DeniedError):
        gate.finish(sent, {**answer, "issuer": "https://other.example"})
    assert why(gate) == "another provider answered"
    again = gate.way.start(BACK)
    arrived = gate.finish(again, {**gate.bank.page(again.url), "issuer": gate.bank.issuer})
    assert gate.visits.person_of(arrived.secret) is not None
