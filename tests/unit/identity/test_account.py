"""What checks a PIN and a code of an account: which PINs are taken, and what is right, once."""

from __future__ import annotations

import base64

import pytest

from ivr.core.identity.account import (
    AccountSecrets,
    account_of,
    check_pin,
    is_pin,
    made_elsewhere,
    pin_hash,
    seed_of,
)
from ivr.core.identity.totp import STEP_SECONDS, code
from ivr.errors import OperatorError

SEED = bytes(range(20))
NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    "pin",
    [
        *("1234", "12345", "1234567890123", "48291x", "４８２９１３", " 482913", ""),
        *("123456", "987654", "890123", "210987", "777777", "121212", "123123", "445544"),
        *("345678", "876543"),
    ],
)
def test_a_pin_that_is_tried_first_is_not_taken_and_not_repeated_in_the_refusal(pin: str) -> None:
    with pytest.raises(OperatorError) as refused:
        check_pin(pin, "12345678")
    assert not pin or pin not in str(refused.value)


@pytest.mark.parametrize("pin", ["482913", "112358", "271828182845"])
def test_another_pin_is(pin: str) -> None:
    check_pin(pin, "10000001")


def test_a_pin_is_known_by_its_hash_and_two_hashes_of_one_differ() -> None:
    kept, other = (pin_hash("482913", salt=bytes([number] * 16)) for number in (1, 2))
    assert kept != other
    assert "482913" not in kept
    assert is_pin("482913", kept)
    for wrong in ("482914", "", "4829130", "482913\n", "４８２９１３"):
        assert not is_pin(wrong, kept), wrong
    assert not is_pin("482913", "")
    assert not is_pin("", "")


def test_a_hash_that_the_bank_has_already_is_taken_and_one_that_would_cost_us_too_much_is_not() -> None:
    kept = pin_hash("4711", salt=bytes(16))
    assert made_elsewhere(kept) == kept
    assert is_pin("4711", kept), "of whatever length it was chosen with"
    for wrong in (
        kept.replace("argon2id", "argon2i"),
        kept.replace("m=19456", "m=999999"),
        kept.replace("t=2", "t=99"),
        kept.replace("p=1", "p=9"),
        kept.replace("p=1", "p=0"),
        kept.replace("m=19456", "m=1"),
        kept + "=",
        "4711",
    ):
        with pytest.raises(OperatorError):
            made_elsewhere(wrong)


def test_a_code_is_taken_once_and_within_its_time() -> None:
    held = AccountSecrets(seed=seed_of(base64.b32encode(SEED).decode()))
    at = int(NOW // STEP_SECONDS)
    after = held.coded(code(SEED, at), now=NOW)
    assert after is not None
    assert after.coded(code(SEED, at), now=NOW) is None, "a second time"
    assert after.coded(code(SEED, at - 1), now=NOW) is None, "one before it"
    assert held.coded(code(SEED, at - 2), now=NOW) is None
    assert held.coded(code(SEED, at + 2), now=NOW) is None
    later = after.coded(code(SEED, at + 1), now=NOW)
    assert later is not None
    assert later.step == at + 1


def test_who_has_no_codes_passes_with_none() -> None:
    nobody = AccountSecrets()
    assert nobody.coded(code(bytes(20), int(NOW // STEP_SECONDS)), now=NOW) is None
    assert nobody.coded("", now=NOW) is None


def test_seeds_and_accounts_are_read_as_people_write_them() -> None:
    assert seed_of("jbsw y3dp ehpk 3pxp jbsw y3dp eb======") == seed_of("JBSWY3DPEHPK3PXPJBSWY3DPEB")
    assert account_of(" 1000 0001 ") == "10000001"
    for wrong in ("", "JBSW", "not base32!", "A" * 200):
        with pytest.raises(OperatorError):
            seed_of(wrong)
    for wrong in ("", "a" * 35, "1|2", "ü"):
        with pytest.raises(OperatorError):
            account_of(wrong)


def test_nothing_of_it_shows_in_its_printed_form() -> None:
    assert "argon2" not in repr(AccountSecrets(pin_hash("482913", salt=bytes(16)), 1.0, SEED.hex(), 3))
    assert SEED.hex() not in repr(AccountSecrets(seed=SEED.hex()))
