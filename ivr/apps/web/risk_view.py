"""A call's risk as people see it: the score, and what each signal gave, who said so and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ivr.core.identity.risk import SOURCES, Signal
from ivr.core.orders.evidence import RiskScored

SIGNALS: Final[Mapping[Signal, str]] = {
    Signal.WITHHELD: "number withheld",
    Signal.UNVOUCHED: "no trunk vouches for the number",
    Signal.DIVERTED: "first sent elsewhere",
    Signal.ATTESTATION: "the network's word on the number",
    Signal.NEW_NUMBER: "number that never called before",
    Signal.MANY_CALLS: "many calls from the number",
    Signal.ACCOUNT_CALLS: "many calls about the account",
    Signal.ODD_HOUR: "unusual hour",
    Signal.FAILURES: "failed proofs of identity",
    Signal.BANK: "the bank's own risk engine",
    Signal.MISMATCH: "not the customer's number",
    Signal.DURESS: "words of somebody under duress",
    Signal.SCRIPTED: "words that were written down for them",
    Signal.WATCHLIST: "voice like one of the watchlist",
}
"""What each is called on a page."""


@dataclass(frozen=True, slots=True)
class SignalShown:
    """What one signal gave."""

    signal: str
    meaning: str
    source: str
    """Who said so."""
    points: int | None
    """None: they have not answered."""
    at: float | None
    """Since when: seconds since the epoch; None: the call was never answered."""


@dataclass(frozen=True, slots=True)
class RiskShown:
    """What the risk of a call comes to."""

    risk: str
    """low, medium, high or unknown."""
    points: int
    """0 to 100."""
    signals: tuple[SignalShown, ...]
    """What gave points or has not answered first."""


def risk_shown(scored: RiskScored | None, answered_at: float | None) -> RiskShown | None:
    """As pages show it; None: the dialplan has no table."""
    if scored is None:
        return None
    shown = (
        SignalShown(
            str(one.signal),
            SIGNALS[one.signal],
            str(SOURCES[one.signal]),
            one.points,
            None if answered_at is None else answered_at + one.at,
        )
        for one in scored.gave
    )
    return RiskShown(str(scored.risk), scored.points, tuple(sorted(shown, key=lambda one: one.points == 0)))
