"""The demo's bank is no worse than a real one where it matters."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from datetime import date

import pytest

from ivr.core.dialplan.states import LookupState
from ivr.demo.bank import DEMO_ACCOUNTS, LOCK_SECONDS, WRONG_PINS, Bank, answer, serve_bank
from ivr.demo.codes import Codes
from tests.unit.dialplan.desk import shipped

ALEX = DEMO_ACCOUNTS[0]
KNOWN = {
    "account": ALEX.account,
    "pin": ALEX.pin,
    "customer": ALEX.customer,
    "sum": "5000",
    "day": date.today().isoformat(),
}


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


def test_a_card_is_blocked_for_its_customer_only_and_stays_so() -> None:
    bank = Bank(today=lambda: date(2026, 11, 21))
    assert bank.cards.card(ALEX.account) == {"found": True, "ending": ALEX.card, "active": True}
    with pytest.raises(ValueError, match="no such card"):
        bank.cards.block(ALEX.account, "c1002")
    assert bank.cards.card(ALEX.account)["active"] is True
    assert str(bank.cards.block(ALEX.account, ALEX.customer)["reference"]).isdigit()
    assert bank.cards.block(ALEX.account, ALEX.customer)
    assert bank.cards.card(ALEX.account)["active"] is False
    assert bank.cards.payment(ALEX.account)["day"] == "2026-11-20"
    assert bank.cards.card("99999999") == bank.cards.payment("99999999") == {"found": False}


def test_a_new_card_takes_the_place_of_the_old_one() -> None:
    bank = Bank(today=lambda: date(2026, 11, 28))
    assert bank.cards.replace(ALEX.account, ALEX.customer)["arrives"] == "2026-12-05"
    assert bank.cards.card(ALEX.account)["active"] is True
    assert bank.cards.card(ALEX.account)["ending"] != ALEX.card


def test_early_repayment_is_quoted_within_limits_and_lessens_the_loan() -> None:
    bank = Bank(today=lambda: date(2026, 12, 31))
    assert bank.loans.loan(ALEX.account)["due"] == "2027-01-01"
    day = "2027-02-15"
    quoted = bank.loans.early_quote(ALEX.account, "5000.50", day)
    assert (quoted["compensation"], quoted["total"]) == ("50.00", "5050.50")
    for amount, on in (
        ("99.99", day),
        ("18200.01", day),
        ("-500", day),
        ("5000", "2026-12-30"),
        ("5000", "2028-02-15"),
    ):
        assert bank.loans.early_quote(ALEX.account, amount, on) == {"possible": False}
        with pytest.raises(ValueError, match="no such repayment"):
            bank.loans.repay(ALEX.account, ALEX.customer, amount, on)
    for amount, on in (("all", day), ("NaN", day), ("0.001", day), ("5000", "soon")):
        with pytest.raises(ValueError, match=r"no sum|isoformat"):
            bank.loans.repay(ALEX.account, ALEX.customer, amount, on)
    with pytest.raises(ValueError, match="no such repayment"):
        bank.loans.repay(ALEX.account, "c1002", "5000", day)
    told = bank.loans.repay(ALEX.account, ALEX.customer, "5000", day)["reference"]
    assert told == bank.loans.orders[0]["reference"]
    assert bank.loans.loan(ALEX.account)["outstanding"] == "13200.00"


def test_wrong_pins_count_wherever_they_are_tried() -> None:
    bank = Bank((ALEX,), clock=lambda: 0.0)
    assert bank.identify(ALEX.account, ALEX.pin) == {"found": True, "customer": ALEX.customer}
    for _ in range(WRONG_PINS):
        bank.identify(ALEX.account, "0000")
    assert bank.balance(ALEX.account, ALEX.pin) == bank.identify(ALEX.account, ALEX.pin) == {"found": False}


@pytest.mark.parametrize("name", ["wealth.yaml", "card.yaml", "loan.yaml"])
def test_the_dialplans_that_ship_ask_only_what_the_bank_answers(name: str) -> None:
    lookups = [state for state in shipped(name).states.values() if isinstance(state, LookupState)]
    assert lookups
    for state in lookups:
        given = {name: KNOWN.get(name, "1") for name in state.given}
        status, reply = answer(Bank((ALEX,)), f"/{state.query}", json.dumps(given).encode())
        assert status == 200, state.query
        assert set(state.keep.values()) <= set(reply), state.query


def test_who_was_never_asked_has_no_profile_until_they_were() -> None:
    bank = Bank()
    known = [bank.profiles.suitability(account.customer) for account in DEMO_ACCOUNTS[:3]]
    assert known == [{"found": True, "suitable": True}, {"found": True, "suitable": False}, {"found": False}]
    assert bank.profiles.profile("c1003") == {"suitable": True}
    assert bank.profiles.suitability("c1003") == {"found": True, "suitable": True}


def test_a_code_of_the_application_is_taken_once_of_its_customer_only() -> None:
    now = [59.0]
    codes = Codes([ALEX.customer], wall=lambda: now[0])
    assert codes.code(ALEX.customer, "287082") == {"found": True}  # RFC 6238, appendix B, six digits
    assert codes.code(ALEX.customer, "287082") == {"found": False}
    assert codes.code("nobody", "287082") == {"found": False}
    now[0] = 1111111109.0
    assert codes.code(ALEX.customer, "081804") == {"found": True}
