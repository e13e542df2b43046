"""Customers' PINs and codes come in by acts and never go out; what is wrong in a file is told by its line alone."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ivr.adapters.files.attempts import AttemptFile
from ivr.core.identity.account import FactorKind, claim, is_pin, pin_hash
from ivr.core.identity.attempts import MOST
from ivr.core.identity.totp import STEP_SECONDS, code
from ivr.engine.office import accounts, customers
from ivr.engine.office.accounts import OfAccount, SetAccountPin, SetAccountSeed, TakeAccounts
from ivr.engine.office.customers import ReleaseAccount
from ivr.errors import OperatorError
from tests.unit.office.house import House

ACCOUNT, PIN = "10000001", "48291377"
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House()
    made.put_in_force()
    made.attempts = AttemptFile(tmp_path / "attempts.json", made.keys, wall=time.time)  # type: ignore[attr-defined]
    return made


def take_in(house: House, text: str) -> int:
    return accounts.take_in(house.office("os:operator"), TakeAccounts(text, reason="first load"))


def test_a_pin_and_a_seed_are_set_and_nothing_says_which(house: House) -> None:
    office = house.office("os:operator")
    accounts.set_pin(office, SetAccountPin(ACCOUNT, PIN, reason="asked for"))
    accounts.set_seed(office, SetAccountSeed(ACCOUNT, SEED, reason="new telephone"))
    held = house.accounts.find(ACCOUNT)
    assert held is not None
    assert is_pin(PIN, held.pin)
    shown = accounts.show(office, OfAccount(ACCOUNT))
    assert (shown.pin_at, shown.code, shown.locked) == (house.now, True, False)
    told = repr(house.entries()) + repr(held) + repr(shown) + repr(SetAccountPin(ACCOUNT, PIN))
    for secret in (ACCOUNT, PIN, SEED, held.seed, held.pin):
        assert secret not in told
    assert [entry.action for entry in house.entries("account.pin_set", "account.seed_set", "account.shown")] == [
        "account.pin_set", "account.seed_set", "account.shown",
    ]  # fmt: skip
    assert accounts.remove(office, OfAccount(ACCOUNT, reason="closed"))
    assert not accounts.remove(office, OfAccount(ACCOUNT, reason="closed"))
    assert house.accounts.find(ACCOUNT) is None


def test_a_file_is_taken_in_whole_and_again_without_making_a_used_code_good(house: House) -> None:
    kept = pin_hash("4711", salt=bytes(16))
    text = f'account,pin,pin_hash,seed\n{ACCOUNT},{PIN},,{SEED}\n10000002,,"{kept}",\n10000003,,,{SEED}\n'
    assert take_in(house, text) == 3
    first = house.accounts.find(ACCOUNT)
    assert first is not None
    used = first.coded(code(bytes.fromhex(first.seed), int(house.now // STEP_SECONDS)), now=house.now)
    assert used is not None
    house.accounts.put(ACCOUNT, used, instead_of=first)
    assert take_in(house, text) == 3
    again, hashed = house.accounts.find(ACCOUNT), house.accounts.find("10000002")
    assert again is not None
    assert hashed is not None
    assert again.step == used.step
    assert is_pin("4711", hashed.pin), "as the bank has it"
    entry = house.entries("accounts.taken_in")[-1]
    assert (entry.details["accounts"], entry.reason) == (3, "first load")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("account\n1\n", 1),
        ("pin,seed\n1,2\n", 1),
        ("account,pin,secret\n1,2,3\n", 1),
        ("account,pin,pin\n1,2,3\n", 1),
        (f"account,pin\n{ACCOUNT},{PIN}\n10000002,123456\n", 3),
        (f"account,pin\n{ACCOUNT},{PIN},\n", 2),
        (f"account,pin\n{ACCOUNT},\n", 2),
        (f"account,pin,pin_hash\n{ACCOUNT},{PIN},{PIN}\n", 2),
        (f'account,pin_hash\n{ACCOUNT},"$argon2id$v=19$m=999999,t=2,p=1$AAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA"\n', 2),
        (f"account,seed\n{ACCOUNT},JBSW\n", 2),
        ("account,seed\nnobody|1," + SEED + "\n", 2),
    ],
)
def test_nothing_of_a_file_is_kept_while_a_line_is_wrong_and_the_refusal_repeats_none_of_it(
    house: House, text: str, line: int
) -> None:
    with pytest.raises(OperatorError, match=f"line {line}: ") as refused:
        take_in(house, text)
    assert not {ACCOUNT, PIN, SEED, "nobody", "123456", "JBSW"} & set(str(refused.value).replace(":", " ").split())
    assert house.accounts.find(ACCOUNT) is None
    assert not house.entries("accounts.taken_in")


def test_a_release_lets_every_factor_of_the_account_be_tried_again(house: House) -> None:
    counter = house.attempts  # type: ignore[attr-defined]
    for kind in FactorKind:
        for _ in range(MOST):
            counter.ask(claim(ACCOUNT), str(kind))
    office = house.office("os:operator")
    assert accounts.show(office, OfAccount(ACCOUNT)).locked
    assert customers.release(office, ReleaseAccount(ACCOUNT, "accounts", reason="passport seen"))
    assert not accounts.show(office, OfAccount(ACCOUNT)).locked
    assert ACCOUNT not in repr(house.entries("identity.released"))
