"""Customers' PINs and one-time codes, where the engine keeps what checks them. The log names accounts by keyed hashes.

Rule: a secret comes in and never goes out: no act tells one, and none makes one that somebody would have to be told.
"""

from __future__ import annotations

import csv
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from ivr.core.identity.account import (
    SALT_BYTES,
    AccountSecrets,
    account_of,
    check_pin,
    claim,
    made_elsewhere,
    pin_hash,
    seed_of,
)
from ivr.engine.office.office import Asked, Desk, does
from ivr.errors import OperatorError

COLUMNS = ("account", "pin", "pin_hash", "seed")
"""Of a file that is taken in: `account`, and of the others those that are needed."""
CHANGED = "the account was changed at the same moment: try again"


@dataclass(frozen=True, slots=True)
class OfAccount(Asked):
    """Something of one account."""

    account: str = field(repr=False)
    """As it was typed."""


@dataclass(frozen=True, slots=True)
class SetAccountPin(OfAccount):
    """Give an account another PIN."""

    pin: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SetAccountSeed(OfAccount):
    """Tell what makes an account's one-time codes."""

    seed: str = field(default="", repr=False)
    """Base32, as an authenticator's application reads it."""


@dataclass(frozen=True, slots=True)
class TakeAccounts(Asked):
    """Take in many accounts."""

    text: str = field(repr=False)
    """CSV whose first line names `COLUMNS`."""
    progress: Callable[[int], None] = field(default=lambda done: None, repr=False)
    """Told how many are kept."""


@dataclass(frozen=True, slots=True)
class AccountShown:
    """How an account stands, without a secret."""

    pin_at: float | None
    """When its PIN was set, seconds since the epoch; None: it has none."""
    code: bool
    """Whether it has one-time codes."""
    locked: bool


@does("accounts.set_pin")
def set_pin(desk: Desk, asked: SetAccountPin) -> None:
    """Only what checks the PIN is kept. Raises OperatorError. A lock stays: releasing it is another act."""
    account = account_of(asked.account)
    check_pin(asked.pin, account)
    with desk.entering(desk.ports.accounts.mark(account)):
        _change(desk, account, lambda held: replace(held, pin=_hashed(asked.pin), pin_at=desk.wall()))


@does("accounts.set_seed")
def set_seed(desk: Desk, asked: SetAccountSeed) -> None:
    """From now on codes of this seed are taken, and none of an earlier one. Raises OperatorError."""
    account, seed = account_of(asked.account), seed_of(asked.seed)
    with desk.entering(desk.ports.accounts.mark(account)):
        _change(desk, account, lambda held: _seeded(held, seed))


@does("accounts.remove")
def remove(desk: Desk, asked: OfAccount) -> bool:
    """Keep nothing of an account any more; whether anything was kept. Raises OperatorError."""
    account = account_of(asked.account)
    with desk.entering(desk.ports.accounts.mark(account)):
        return desk.ports.accounts.remove(account)


@does("accounts.show")
def show(desk: Desk, asked: OfAccount) -> AccountShown:
    """How an account stands. Raises OperatorError."""
    account, ports = account_of(asked.account), desk.ports
    with desk.entering(ports.accounts.mark(account)):
        held = ports.accounts.find(account) or AccountSecrets()
        locked = ports.attempts.locked(claim(account))
    return AccountShown(held.pin_at if held.pin else None, bool(held.seed), locked)


@does("accounts.take_in")
def take_in(desk: Desk, asked: TakeAccounts) -> int:
    """Keep all of them; returns how many. Nothing is kept while a line is wrong. Raises OperatorError.

    Taking the same file in again changes nothing but the time of its PINs: one that broke off is begun anew.
    """
    rows = [_row(number, row) for number, row in _lines(asked.text)]
    with desk.entering("accounts", accounts=len(rows)):
        for done, (account, given) in enumerate(rows, 1):
            _change(desk, account, partial(given, now=desk.wall()))
            asked.progress(done)
    return len(rows)


class _Given(Protocol):
    def __call__(self, held: AccountSecrets, /, *, now: float) -> AccountSecrets: ...


def _lines(text: str) -> list[tuple[int, dict[str, str]]]:
    """Lines with their numbers. What is wrong is told by its line, never by what stands there."""
    reader = csv.reader(text.splitlines())
    head = tuple(name.strip() for name in next(reader, []))
    if "account" not in head or len(head) < 2 or not set(head) <= set(COLUMNS) or len(set(head)) < len(head):
        raise OperatorError(f"line 1: name the columns: account, and of {', '.join(COLUMNS[1:])} those that follow")
    found = []
    for number, row in enumerate(reader, 2):
        if len(row) != len(head):
            raise OperatorError(f"line {number}: it has {len(row)} columns, and the first line {len(head)}")
        found.append((number, {name: cell.strip() for name, cell in zip(head, row, strict=True)}))
    return found


def _row(number: int, row: dict[str, str]) -> tuple[str, _Given]:
    pin, kept, written = (row.get(name, "") for name in COLUMNS[1:])
    try:
        account = account_of(row["account"])
        if pin and kept:
            raise OperatorError("a PIN or its hash, not both")
        if not (pin or kept or written):
            raise OperatorError("nothing is said of the account")
        if pin:
            check_pin(pin, account)
        kept = made_elsewhere(kept) if kept else ""
        seed = seed_of(written) if written else ""
    except OperatorError as error:
        raise OperatorError(f"line {number}: {error}") from None

    def given(held: AccountSecrets, /, *, now: float) -> AccountSecrets:
        if pin or kept:
            held = replace(held, pin=_hashed(pin) if pin else kept, pin_at=now)
        return _seeded(held, seed) if seed else held

    return account, given


def _seeded(held: AccountSecrets, seed: str) -> AccountSecrets:
    """The same seed again makes no code good that was taken."""
    return held if held.seed == seed else replace(held, seed=seed, step=-1)


def _hashed(pin: str) -> str:
    return pin_hash(pin, salt=secrets.token_bytes(SALT_BYTES))


def _change(desk: Desk, account: str, change: Callable[[AccountSecrets], AccountSecrets]) -> None:
    before = desk.ports.accounts.find(account)
    if not desk.ports.accounts.put(account, change(before or AccountSecrets()), instead_of=before):
        raise OperatorError(CHANGED)
