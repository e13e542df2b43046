"""The demo's bank is no worse than a real one where it matters."""

import json
import threading
import urllib.request
from collections.abc import Iterator

import pytest

from ivr.testing.bank import DEMO_ACCOUNTS, LOCK_SECONDS, WRONG_PINS, Bank, answer, serve_bank

ALEX = DEMO_ACCOUNTS[0]


@pytest.fixture
def url() -> Iterator[str]:
    server = serve_bank(0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_right_pin_opens_the_balance_over_http(url: str) -> None:
    body = json.dumps({"account": ALEX.account, "pin": ALEX.pin}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/balance", body), timeout=5) as response:
        reply = json.load(response)
    assert reply == {"found": True, "amount": "12345.67", "currency": "EUR", "customer": "c1001"}


def test_a_wrong_pin_and_an_unknown_account_look_the_same() -> None:
    bank = Bank()
    assert bank.balance(ALEX.account, "0000") == bank.balance("99999999", "0000") == {"found": False}


def test_wrong_pins_lock_the_account_for_a_while() -> None:
    now = 0.0
    bank = Bank((ALEX,), clock=lambda: now)
    for _ in range(WRONG_PINS):
        bank.balance(ALEX.account, "0000")
    assert bank.balance(ALEX.account, ALEX.pin)["found"] is False
    now = LOCK_SECONDS + 1
    assert bank.balance(ALEX.account, ALEX.pin)["found"] is True


def test_pins_are_not_kept() -> None:
    bank = Bank((ALEX,))
    assert ALEX.pin not in repr(vars(bank))
    assert all(ALEX.pin.encode() not in account.pin_hash for account in bank._accounts.values())


def test_an_order_gets_a_reference_and_is_noted() -> None:
    bank = Bank()
    reply = bank.order(ALEX.account, ALEX.customer)
    assert bank.orders[0]["reference"] == reply["reference"]


@pytest.mark.parametrize("wrong", [{"account": "99999999"}, {"customer": "c1002"}, {"amount": "NaN"}, {"amount": "-1"}])
def test_an_order_that_cannot_be_is_an_error_not_an_answer(wrong: dict[str, str]) -> None:
    bank = Bank()
    body = json.dumps({"account": ALEX.account, "customer": ALEX.customer, **wrong}).encode()
    assert answer(bank, "/order", body)[0] == 400
    assert bank.orders == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"account": 1, "sql": 2}'])
def test_questions_of_another_form_are_refused(body: bytes) -> None:
    assert answer(Bank(), "/balance", body)[0] == 400
    assert answer(Bank(), "/drop", body)[0] == 404
