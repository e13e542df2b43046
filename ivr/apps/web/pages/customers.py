"""Customers' PINs and one-time codes, and accounts that were tried too often.

An account's number, PIN and seed are sent in a form, and shown to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because
from ivr.apps.web.visit import Visit
from ivr.engine.office import accounts, customers

Number = Annotated[str, Field(min_length=1, max_length=64, repr=False)]


class NamedAccount(BaseModel):
    """Which account."""

    account: Number


class ChangedAccount(NamedAccount, Because):
    """Which account, and why."""


class AccountPin(ChangedAccount):
    """Another PIN."""

    pin: str = Field(min_length=1, max_length=12, repr=False)


class AccountSeed(ChangedAccount):
    """What makes its one-time codes."""

    seed: str = Field(min_length=1, max_length=200, repr=False)
    """Base32."""


class ManyAccounts(Because):
    """Accounts to take in."""

    accounts: str = Field(min_length=1, max_length=40_000, repr=False)
    """CSV: its first line names its columns."""


class Account(ChangedAccount):
    """Which account may be tried again."""

    source: str = Field(default="bank", min_length=1, max_length=64)
    """Data source that checks the proof."""


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """Nothing is listed: which accounts are locked is told to nobody."""


@dataclass(frozen=True, slots=True)
class AccountShown:
    """How an account stands."""

    pin_at: float | None
    """When its PIN was set, seconds since the epoch; none: it has none."""
    code: bool
    """Whether it has one-time codes."""
    locked: bool


@operation("GET", "/accounts", scope="accounts.release", page="accounts.html")
def accounts_page(visit: Visit) -> AccountsPage:
    """Where an account is released."""
    return AccountsPage()


@operation("POST", "/accounts/release", scope="accounts.release")
def accounts_release(visit: Visit, asked: Account) -> Done:
    """Hold nothing against an account any more."""
    wanted = customers.ReleaseAccount(asked.account.strip(), asked.source.strip(), reason=asked.reason)
    if customers.release(visit.office, wanted):
        return Done(visit.language.text("It may be tried again."), "/accounts")
    return Done(visit.language.text("Nothing was held against it."), "/accounts")


@operation("POST", "/accounts/show", scope="accounts.show", page="account_stands.html")
def accounts_show(visit: Visit, asked: NamedAccount) -> AccountShown:
    """How an account stands. A POST: its number stands in no address, and so in no log on the way."""
    shown = accounts.show(visit.office, accounts.OfAccount(asked.account))
    return AccountShown(shown.pin_at, shown.code, shown.locked)


@operation("POST", "/accounts/pin", scope="accounts.set_pin")
def accounts_set_pin(visit: Visit, asked: AccountPin) -> Done:
    """Give an account another PIN. Only what checks it is kept."""
    accounts.set_pin(visit.office, accounts.SetAccountPin(asked.account, asked.pin, reason=asked.reason))
    return Done(visit.language.text("It has a new PIN."), "/accounts")


@operation("POST", "/accounts/seed", scope="accounts.set_seed")
def accounts_set_seed(visit: Visit, asked: AccountSeed) -> Done:
    """Tell what makes an account's one-time codes."""
    accounts.set_seed(visit.office, accounts.SetAccountSeed(asked.account, asked.seed, reason=asked.reason))
    return Done(visit.language.text("Its codes are taken."), "/accounts")


@operation("POST", "/accounts/take-in", scope="accounts.take_in")
def accounts_take_in(visit: Visit, asked: ManyAccounts) -> Done:
    """Take in some hundred accounts; more of them at the command line."""
    done = accounts.take_in(visit.office, accounts.TakeAccounts(asked.accounts, reason=asked.reason))
    return Done(visit.language.text("{number} accounts are kept.", number=str(done)), "/accounts")


@operation("POST", "/accounts/remove", scope="accounts.remove")
def accounts_remove(visit: Visit, asked: ChangedAccount) -> Done:
    """Keep nothing of an account any more."""
    if accounts.remove(visit.office, accounts.OfAccount(asked.account, reason=asked.reason)):
        return Done(visit.language.text("It is removed."), "/accounts")
    return Done(visit.language.text("Nothing was kept of it."), "/accounts")
