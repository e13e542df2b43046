"""Attempts at an account's proof over all calls: so many, then none for a while, whoever asks.

Counted when asked, not when answered: who hangs up, or kills the process, before the answer has used one all the same.
One that the source did not answer is given back: nobody learnt anything by it. A proof that succeeds clears the count.
The lock ends by itself, each one later than the last; an operator may end it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST: Final = 5
"""Attempts without a success before the account is locked: more than one call has (three)."""
LOCK_SECONDS: Final = 3600.0
"""Of the first lock; each further one is twice as long."""
LONGEST_SECONDS: Final = 86_400.0
FORGET_SECONDS: Final = 7 * 86_400.0
"""After so long without an attempt nothing is held against an account."""


@dataclass(frozen=True, slots=True)
class Tries:
    """What is held against one account."""

    count: int = 0
    """Attempts since the last success or lock."""
    locks: int = 0
    """Locks in a row."""
    last_at: float = 0.0
    """Wall clock of the last attempt, seconds since the epoch."""
    locked_until: float = 0.0

    def by(self, now: float) -> Tries:
        """The same by a clock that was set back since: a lock begins anew, and lasts no longer than it was made for."""
        back = max(0.0, self.last_at - now)
        return Tries(self.count, self.locks, self.last_at - back, max(0.0, self.locked_until - back)) if back else self

    def stale(self, now: float) -> bool:
        """Whether it may be forgotten."""
        return now >= self.locked_until and now - self.last_at >= FORGET_SECONDS


def asked(tries: Tries | None, now: float) -> tuple[Tries, bool]:
    """One more attempt is asked for: what is held from now on, and whether it may be made."""
    held = Tries() if tries is None or tries.stale(now) else tries.by(now)
    if now < held.locked_until:
        return held, False
    count = held.count + 1
    if count < MOST:
        return Tries(count, held.locks, now), True
    pause = min(LONGEST_SECONDS, LOCK_SECONDS * 2**held.locks)
    return Tries(0, held.locks + 1, now, now + pause), True  # the last one may be made; success clears the lock


def given_back(tries: Tries) -> Tries:
    """The latest attempt was not answered: what is held without it."""
    if tries.count:
        return Tries(tries.count - 1, tries.locks, tries.last_at, tries.locked_until)
    return Tries(MOST - 1, tries.locks - 1, tries.last_at) if tries.locks else tries
