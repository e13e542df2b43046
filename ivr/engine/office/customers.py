"""Customers' accounts that are locked. The log names them by keyed hashes."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.dialplan.own_sources import ACCOUNTS
from ivr.core.identity.account import account_of, claim
from ivr.engine.office.office import Asked, Desk, does


@dataclass(frozen=True, slots=True)
class ReleaseAccount(Asked):
    """Let an account's proof be tried again."""

    account: str = field(repr=False)
    source: str
    """Data source that checks the proof."""


@does("accounts.release")
def release(desk: Desk, asked: ReleaseAccount) -> bool:
    """Hold nothing against an account any more; whether anything was. Raises EnvironmentFault."""
    counter = desk.ports.attempts
    if asked.source == ACCOUNTS:
        account = account_of(asked.account)
        with desk.entering(desk.ports.accounts.mark(account)):
            return counter.clear(claim(account))
    claimed = f"{asked.source}|{asked.account}"
    with desk.entering(counter.mark(claimed)):
        return counter.clear(claimed)
