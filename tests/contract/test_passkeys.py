"""Passkeys through the whole door, by the package that judges them and an authenticator in software."""

from __future__ import annotations

import json

import pytest

from ivr.adapters.webauthn_party import WebauthnParty
from ivr.core.access.session import Factor, Stage
from ivr.core.audit.roles import Role
from ivr.engine.access.passkeys import CHALLENGE_SECONDS, Passkeys
from ivr.engine.access.waiting import Waiting
from ivr.errors import DeniedError
from ivr.testing.authenticator import Authenticator
from tests.unit.access.porch import HERE, PASSWORD, Porch

ORIGIN, HOST = "https://console.bank.example", "console.bank.example"


class Gate(Porch):
    """A door with passkeys."""

    def __init__(self) -> None:
        super().__init__()
        waiting = Waiting(self.stores.tries, self.keys, wall=lambda: self.now)
        self.passkeys = Passkeys(self.visits, waiting, WebauthnParty(host=HOST, origin=ORIGIN))

    def with_passkey(self, name: str) -> Authenticator:
        secret, device = self.joined(name).secret, Authenticator(ORIGIN, HOST)
        self.passkeys.add(secret, device.create(self.passkeys.ask_for_new(secret)), address=HERE)
        return device


@pytest.fixture
def gate() -> Gate:
    return Gate()


def refused(gate: Gate, answer: str) -> str:
    """Why, as the log says it."""
    with pytest.raises(DeniedError, match="does not open anything here"):
        gate.passkeys.enter(answer, address=HERE)
    gate.log.publish()
    entry = [one for _, one in gate.log.entries()][-1]
    assert (entry.actor, entry.outcome) == ("unknown", "denied")
    return str(entry.details["why"])


def test_who_has_a_passkey_comes_in_by_it_alone_also_where_two_proofs_are_demanded(gate: Gate) -> None:
    device = gate.with_passkey("user:anna")
    gate.grant("user:olga", Role.SECURITY_OFFICER)
    gate.grant("user:anna", Role.SUPERVISOR)
    arrived = gate.passkeys.enter(device.get(gate.passkeys.ask()), address=HERE)
    visitor = gate.visits.person_of(arrived.secret)
    assert visitor is not None
    assert (visitor.actor.name, visitor.factors) == ("user:anna", frozenset({Factor.PASSKEY}))


def test_a_password_alone_is_no_way_round_a_passkey(gate: Gate) -> None:
    gate.with_passkey("user:anna")
    half = gate.door.passwords.enter("anna", PASSWORD, address=HERE)
    assert (half.stage, half.ways) == (Stage.SECOND, (Factor.PASSKEY,))
    assert gate.visits.person_of(half.secret) is None
    with pytest.raises(DeniedError, match="sign in first"):
        gate.passkeys.ask_for_new(half.secret)


def test_an_answer_is_taken_once_and_in_time_and_only_to_a_challenge_of_ours(gate: Gate) -> None:
    device = gate.with_passkey("user:anna")
    answer = device.get(gate.passkeys.ask())
    gate.passkeys.enter(answer, address=HERE)
    assert refused(gate, answer) == "no such challenge"
    late = device.get(gate.passkeys.ask())
    gate.now += CHALLENGE_SECONDS
    assert refused(gate, late) == "no such challenge"
    assert refused(gate, device.get(json.dumps({"challenge": "AAAA"}))) == "no such challenge"


def test_a_challenge_for_a_new_key_is_none_to_come_in_by_nor_anybody_elses(gate: Gate) -> None:
    device = gate.with_passkey("user:anna")
    anna = gate.door.passwords
    bob = gate.joined("user:bob").secret
    assert refused(gate, device.get(gate.passkeys.ask_for_new(bob))) == "no such challenge"
    cid = anna.accept(gate.invite("user:cid"), PASSWORD, address=HERE).secret
    with pytest.raises(DeniedError):
        gate.passkeys.add(cid, Authenticator(ORIGIN, HOST).create(gate.passkeys.ask_for_new(bob)), address=HERE)


def other_origin(device: Authenticator) -> None:
    device.origin = "https://console.bank.example.evil.example"


def other_host(device: Authenticator) -> None:
    device.host = "evil.example"


def sees_nobody(device: Authenticator) -> None:
    device.verifies = False


def went_back(device: Authenticator) -> None:
    device.count = 0


def other_key(device: Authenticator) -> None:
    device._key = Authenticator(ORIGIN, HOST)._key


@pytest.mark.parametrize("changed", [other_origin, other_host, sees_nobody, went_back, other_key])
def test_what_does_not_verify_opens_nothing(gate: Gate, changed: object) -> None:
    device = gate.with_passkey("user:anna")
    gate.passkeys.enter(device.get(gate.passkeys.ask()), address=HERE)
    gate.passkeys.enter(device.get(gate.passkeys.ask()), address=HERE)
    assert callable(changed)
    changed(device)
    assert refused(gate, device.get(gate.passkeys.ask())) == "the passkey's answer does not verify"


def test_a_stranger_who_knows_somebodys_handle_brings_a_key_of_their_own_in_vain(gate: Gate) -> None:
    device = gate.with_passkey("user:anna")
    stranger = Authenticator(ORIGIN, HOST, handle=device.handle)
    assert refused(gate, stranger.get(gate.passkeys.ask())) == "not a passkey of theirs"
    stranger.handle = b"nobody"
    assert refused(gate, stranger.get(gate.passkeys.ask())) == "nobody's passkey"


@pytest.mark.parametrize(
    "answer", ["", "null", "[]", "{}", '{"response": 5}', '{"response": {}}', "[" * 9999, "x" * 40_000,
               '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA","attestationObject":"AA"}}',
               '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"bnVsbA","signature":"AA",'
               '"authenticatorData":"AA","userHandle":7}}'],
)  # fmt: skip
def test_what_is_no_answer_is_refused_and_breaks_nothing(gate: Gate, answer: str) -> None:
    assert "answer" in refused(gate, answer)
