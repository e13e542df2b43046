"""How long somebody waits after failures. Rule: a wait grows, ends by itself, and keeps nobody out for good.

Failures count for three: the account at this address, the address, the account. Who came in from this address before
waits for the first alone: so a stranger who fails on purpose, from elsewhere or beside them, does not keep them out,
and whoever shares their address guesses no faster. A try is counted before it is judged: many at once are many.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

KNOWN_SECONDS = 90 * 86400.0
"""For so long an address is one from which somebody came in."""
FORGET_SECONDS = 86400.0
"""Failures older than the last by this count no more."""


class Counted(StrEnum):
    """For whom a failure counts."""

    PAIR = "account at address"
    ADDRESS = "address"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Rule:
    """How a wait grows."""

    free: int
    """Failures that cost nothing."""
    most: float
    """Longest wait, seconds."""


RULES = {
    Counted.PAIR: Rule(free=4, most=900.0),
    Counted.ADDRESS: Rule(free=20, most=900.0),
    Counted.ACCOUNT: Rule(free=20, most=900.0),
}
"""At the longest wait 100 tries of one account take a day (NIST SP 800-63B, 5.2.2: growing waits, 100 in a row)."""


@dataclass(frozen=True, slots=True)
class Tries:
    """Failures, and what follows from them."""

    failures: int = 0
    last_at: float = 0.0
    """Seconds since the epoch."""
    known_at: float = 0.0
    """When somebody came in; 0: never."""

    def wait(self, rule: Rule, *, now: float) -> float:
        """Seconds until another try is judged."""
        # By a clock that was set back the last try is still to come, perhaps for a year: one is judged, by the new one.
        if self.failures < rule.free or now < self.last_at:
            return 0.0
        pause = min(rule.most, 2.0 ** min(self.failures - rule.free, 30))
        return max(0.0, self.last_at + pause - now)

    def failed(self, *, now: float) -> Tries:
        """One more."""
        stale = now - self.last_at >= FORGET_SECONDS
        return replace(self, failures=1 if stale else self.failures + 1, last_at=now)

    def known(self, *, now: float) -> bool:
        """Whether somebody came in lately."""
        return self.known_at > 0 and now - self.known_at < KNOWN_SECONDS


def counting(tries: dict[Counted, Tries], *, now: float) -> tuple[dict[Counted, Tries], float]:
    """What is kept of one more try, and the seconds to wait instead; while there are some nothing is counted."""
    kinds = (Counted.PAIR,) if tries[Counted.PAIR].known(now=now) else tuple(Counted)
    wait = max(tries[kind].wait(RULES[kind], now=now) for kind in kinds)
    if wait > 0:
        return tries, wait
    return {kind: one.failed(now=now) if kind in kinds else one for kind, one in tries.items()}, 0.0


def came_in(tries: dict[Counted, Tries], *, now: float) -> dict[Counted, Tries]:
    """What is kept once somebody proved who they are: the account's failures are over, and the address is known.

    The address keeps its failures, but for this try where it was counted: else whoever owns one account would guess
    others' for ever.
    """
    address = tries[Counted.ADDRESS]
    if not tries[Counted.PAIR].known(now=now):
        address = replace(address, failures=max(0, address.failures - 1))
    return {Counted.PAIR: Tries(known_at=now), Counted.ADDRESS: address, Counted.ACCOUNT: Tries()}
