"""The demo's bank: what the dialplans that ship ask, over HTTP and JSON, on loopback, with made-up customers.

It behaves as the real thing must: PINs are held only as salted scrypt hashes, a few wrong ones lock the account for a
while, an unknown account and a wrong PIN look the same, and nothing that it is asked is logged.

    python -m ivr.demo.bank --port 8600
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ivr.demo.codes import Codes
from ivr.demo.products import Cards, Loans, Profiles

WRONG_PINS = 3
"""Wrong PINs in a row that lock an account."""
LOCK_SECONDS = 900.0
"""How long it stays locked."""
SCRYPT_COST = 2**13
"""N of RFC 7914: 8 MB and some 20 ms a guess, enough for data that anyone may know."""
BODY_LIMIT = 4096
"""Longest question in bytes."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """What the demo prints, so that a person can try it. Real banks have no such list."""

    account: str
    pin: str
    customer: str
    amount: Decimal
    currency: str = "EUR"
    card: str | None = None
    """Last four digits of its card."""
    owed: Decimal | None = None
    """What is owed of its loan."""
    suits: bool | None = None
    """Whether the fund suits the customer; None: nobody asked yet."""
    important: bool = False
    """Whether the customer is served by experts."""


DEMO_ACCOUNTS = (
    DemoAccount("10000001", "2468", "c1001", Decimal("12345.67"), card="4821", owed=Decimal(18200), suits=True),
    DemoAccount("10000002", "1357", "c1002", Decimal("250000.00"), card="7730", suits=False, important=True),
    DemoAccount("10000003", "8642", "c1003", Decimal("88.08")),
    DemoAccount("10000004", "9753", "c1004", Decimal("4200.00"), suits=True),
)


@dataclass(slots=True)
class _Account:
    customer: str
    amount: Decimal
    currency: str
    salt: bytes = field(repr=False)
    pin_hash: bytes = field(repr=False)
    wrong_pins: int = 0
    locked_until: float = 0.0


def _hash(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=SCRYPT_COST, r=8, p=1)


class Bank:
    """Customers, their balances and their orders, in memory."""

    def __init__(
        self,
        accounts: tuple[DemoAccount, ...] = DEMO_ACCOUNTS,
        *,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._accounts: dict[str, _Account] = {}
        self.orders: list[dict[str, str]] = []
        for demo in accounts:
            salt = secrets.token_bytes(16)
            kept = _Account(demo.customer, demo.amount, demo.currency, salt, _hash(demo.pin, salt))
            self._accounts[demo.account] = kept
        self.codes = Codes(demo.customer for demo in accounts)
        owners = {demo.account: demo.customer for demo in accounts}
        self.profiles = Profiles(
            {demo.customer: demo.suits for demo in accounts if demo.suits is not None},
            frozenset(demo.customer for demo in accounts if demo.important),
        )
        self.cards = Cards(owners, {demo.account: demo.card for demo in accounts if demo.card}, today)
        self.loans = Loans(owners, {demo.account: demo.owed for demo in accounts if demo.owed}, today)

    def balance(self, account: str, pin: str) -> dict[str, object]:
        """What is on an account, for its PIN."""
        held = self._opened(account, pin)
        if held is None:
            return {"found": False}
        return {"found": True, "amount": f"{held.amount:.2f}", "currency": held.currency, "customer": held.customer}

    def identify(self, account: str, pin: str) -> dict[str, object]:
        """Whose account it is, for its PIN."""
        held = self._opened(account, pin)
        return {"found": False} if held is None else {"found": True, "customer": held.customer}

    def _opened(self, account: str, pin: str) -> _Account | None:
        with self._lock:
            held = self._accounts.get(account)
            if held is None or self._clock() < held.locked_until:
                return None
            if hmac.compare_digest(_hash(pin, held.salt), held.pin_hash):
                held.wrong_pins = 0
                return held
            held.wrong_pins += 1
            if held.wrong_pins >= WRONG_PINS:
                held.wrong_pins, held.locked_until = 0, self._clock() + LOCK_SECONDS
            return None

    def customer(self, account: str) -> dict[str, object]:
        """Whose account it claims to be. Proves nothing."""
        held = self._accounts.get(account)
        return {"found": held is not None, "customer": held.customer if held else ""}

    def order(self, account: str, customer: str, product: str = "fund", amount: str = "0") -> dict[str, object]:
        """Note an order; its reference is what the caller is told. Raises ValueError for one that cannot be."""
        with self._lock:
            held = self._accounts.get(account)
            try:
                value = Decimal(amount)
            except InvalidOperation as error:
                raise ValueError("no such amount") from error
            if held is None or held.customer != customer or not product or not value.is_finite() or value < 0:
                raise ValueError("no such order")
            reference = f"{secrets.randbelow(900_000) + 100_000}"
            self.orders.append({"account": account, "product": product, "amount": amount, "reference": reference})
            return {"reference": reference}


def answer(bank: Bank, path: str, body: bytes) -> tuple[int, dict[str, object]]:
    """HTTP status and JSON object for a POST."""
    queries: dict[str, Callable[..., dict[str, object]]] = {
        "/balance": bank.balance,
        "/customer": bank.customer,
        "/order": bank.order,
        "/identify": bank.identify,
        "/code": bank.codes.code,
        "/suitability": bank.profiles.suitability,
        "/profile": bank.profiles.profile,
        "/standing": bank.profiles.standing,
        "/card": bank.cards.card,
        "/payment": bank.cards.payment,
        "/block": bank.cards.block,
        "/replace": bank.cards.replace,
        "/loan": bank.loans.loan,
        "/early_quote": bank.loans.early_quote,
        "/repay": bank.loans.repay,
    }
    if path not in queries:
        return 404, {"error": "no such query"}
    try:
        params = json.loads(body)
        return 200, queries[path](**{str(name): str(value) for name, value in params.items()})
    except (ValueError, TypeError, AttributeError):
        return 400, {"error": "the parameters do not fit"}


class _Handler(BaseHTTPRequestHandler):
    bank: Bank
    timeout = 5.0
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > BODY_LIMIT:
            self._send(413, {"error": "a question has a length, and is short"})
            self.close_connection = True
            return
        self._send(*answer(self.bank, self.path, self.rfile.read(int(length))))

    def do_GET(self) -> None:
        self._send(*((200, {"ok": True}) if self.path == "/health" else (404, {"error": "POST a query"})))

    def _send(self, status: int, reply: dict[str, object]) -> None:
        body = json.dumps(reply).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: questions hold PINs."""


def serve_bank(port: int, *, bank: Bank | None = None) -> ThreadingHTTPServer:
    """A server on 127.0.0.1, not yet running: call `serve_forever`. Port 0 picks a free one."""
    handler = type("Handler", (_Handler,), {"bank": bank or Bank()})
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


def run(port: int) -> None:
    """Serve until the process ends."""
    serve_bank(port).serve_forever(poll_interval=3600.0)  # it looks whether it is to end, and a signal ends it


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The demo's bank, on 127.0.0.1.")
    parser.add_argument("--port", type=int, required=True)
    run(parser.parse_args().port)
