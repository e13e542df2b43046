"""What the demo's bank has beside accounts: cards, loans, and what suits whom. In memory.

Each method is one query; an answer tells nothing of whether the caller may hear it: that is the dialplan's to protect.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

POST_DAYS = 7
"""A new card takes so long."""
INSTALMENT = Decimal("412.50")
EARLY_LEAST = Decimal(100)
EARLY_DAYS = 366
COMPENSATION = Decimal("0.01")
"""Of what is repaid early: the most that article 29 of directive (EU) 2023/2225 allows."""

Answer = dict[str, object]


def reference() -> str:
    """Six digits that the caller is told."""
    return f"{secrets.randbelow(900_000) + 100_000}"


@dataclass(slots=True)
class _Card:
    ending: str
    active: bool = True


class Cards:
    """One card an account."""

    def __init__(self, owners: Mapping[str, str], endings: Mapping[str, str], today: Callable[[], date]) -> None:
        """`owners`: account -> customer; `endings`: account -> last four digits of its card."""
        self._owners, self._today = owners, today
        self._cards = {account: _Card(ending) for account, ending in endings.items()}
        self._blocked: dict[tuple[str, str], Answer] = {}
        """Orders by account and key: what was answered."""

    def card(self, account: str) -> Answer:
        """The account's card."""
        held = self._cards.get(account)
        if held is None:
            return {"found": False}
        return {"found": True, "ending": held.ending, "active": held.active}

    def payment(self, account: str) -> Answer:
        """The last payment with it."""
        if account not in self._cards:
            return {"found": False}
        day = self._today() - timedelta(days=1)
        return {"found": True, "amount": "249.90", "currency": "EUR", "day": day.isoformat(), "shop": "Shoe World"}

    def block(self, account: str, customer: str, order_key: str = "") -> Answer:
        """Block it; the same order asked again has the same reference. Raises ValueError when it is not theirs."""
        self._theirs(account, customer).active = False
        key = (account, order_key)
        if order_key and key in self._blocked:
            return self._blocked[key]
        return self._blocked.setdefault(key, {"reference": reference()}) if order_key else {"reference": reference()}

    def replace(self, account: str, customer: str) -> Answer:
        """Order a new one; the old one is blocked. Raises ValueError when it is not the customer's."""
        self._theirs(account, customer)
        self._cards[account] = _Card(f"{secrets.randbelow(9000) + 1000}")
        return {"reference": reference(), "arrives": (self._today() + timedelta(days=POST_DAYS)).isoformat()}

    def _theirs(self, account: str, customer: str) -> _Card:
        held = self._cards.get(account)
        if held is None or self._owners.get(account) != customer:
            raise ValueError("no such card")
        return held


class Loans:
    """One loan an account, in euros."""

    def __init__(self, owners: Mapping[str, str], owed: Mapping[str, Decimal], today: Callable[[], date]) -> None:
        """`owners`: account -> customer; `owed`: account -> what is owed after the next instalment."""
        self._owners, self._today = owners, today
        self._owed = dict(owed)
        self.orders: list[dict[str, str]] = []

    def loan(self, account: str) -> Answer:
        """The account's loan."""
        owed = self._owed.get(account)
        if owed is None:
            return {"found": False}
        return {
            "found": True,
            "due": self._due(),
            "instalment": f"{INSTALMENT:.2f}",
            "outstanding": f"{owed:.2f}",
            "currency": "EUR",
        }

    def early_quote(self, account: str, sum: str, day: str) -> Answer:
        """What it costs to repay a sum early, on a day (ISO 8601). Raises ValueError when they are neither."""
        amount = _money(sum)
        ahead = (date.fromisoformat(day) - self._today()).days
        possible = EARLY_LEAST <= amount <= self._owed.get(account, Decimal(0)) and 0 <= ahead <= EARLY_DAYS
        if not possible:
            return {"possible": False}
        compensation = amount * COMPENSATION
        return {"possible": True, "compensation": f"{compensation:.2f}", "total": f"{amount + compensation:.2f}"}

    def repay(self, account: str, customer: str, sum: str, day: str) -> Answer:
        """Order it. Raises ValueError when it cannot be, or the loan is not the customer's."""
        if self._owners.get(account) != customer or self.early_quote(account, sum, day)["possible"] is not True:
            raise ValueError("no such repayment")
        self._owed[account] -= _money(sum)
        self.orders.append({"account": account, "sum": sum, "day": day, "reference": reference()})
        return {"reference": self.orders[-1]["reference"]}

    def _due(self) -> str:
        """The first of next month."""
        return (self._today().replace(day=1) + timedelta(days=32)).replace(day=1).isoformat()


class Profiles:
    """Whether the fund suits a customer, and who is important."""

    def __init__(self, suits: Mapping[str, bool], important: frozenset[str] = frozenset()) -> None:
        """`suits`: customer -> what was found when they were asked."""
        self._suits = dict(suits)
        self._important = important

    def standing(self, customer: str) -> Answer:
        """Whether experts serve the customer."""
        return {"important": customer in self._important}

    def suitability(self, customer: str) -> Answer:
        """What is known of a customer."""
        if customer not in self._suits:
            return {"found": False}
        return {"found": True, "suitable": self._suits[customer]}

    def profile(self, customer: str) -> Answer:
        """Keep that a customer can do without the money and bear to lose it."""
        self._suits[customer] = True
        return {"suitable": True}


def _money(text: str) -> Decimal:
    """Whole cents. Raises ValueError."""
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise ValueError("no sum of money") from error
    if not amount.is_finite() or amount != round(amount, 2):
        raise ValueError("no sum of money")
    return amount
