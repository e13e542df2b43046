"""Accounts whose proof was tried too often. An account's number is sent in a form, and shown to nobody."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from ivr.apps.web.console import Done
from ivr.apps.web.operation import operation
from ivr.apps.web.pages.calls import Because
from ivr.apps.web.visit import Visit
from ivr.engine.office import customers as office


class Account(Because):
    """Which account may be tried again."""

    account: str = Field(min_length=1, max_length=64, repr=False)
    source: str = Field(default="bank", min_length=1, max_length=64)
    """Data source that checks the proof."""


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """Nothing is listed: which accounts are locked is told to nobody."""


@operation("GET", "/accounts", scope="accounts.release", page="accounts.html")
def accounts_page(visit: Visit) -> AccountsPage:
    """Where an account is released."""
    return AccountsPage()


@operation("POST", "/accounts/release", scope="accounts.release")
def accounts_release(visit: Visit, asked: Account) -> Done:
    """Hold nothing against an account any more."""
    wanted = office.ReleaseAccount(asked.account.strip(), asked.source.strip(), reason=asked.reason)
    if office.release(visit.office, wanted):
        return Done(visit.language.text("It may be tried again."), "/accounts")
    return Done(visit.language.text("Nothing was held against it."), "/accounts")
