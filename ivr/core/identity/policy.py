"""Which factors make which level of identity, and how long each counts: the table of one dialplan's policy.

A level is never kept by itself: it is what the factors that still count come to, at the risk of this moment. So it
falls when one of them has run out, and a step up asks for that one only.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from ivr.core.identity.level import Level
from ivr.core.identity.risk import Risk
from ivr.core.typed import Written


class Means(Written):
    """By what a factor is proved."""

    KEYS = "keys"
    """A lookup checks what was keyed in: a PIN, an answer, a code of an application or of a message."""
    VOICE = "voice"
    AGENT = "agent"
    """An agent says in their talk that they know who calls, and why: by papers that were sent, or by questions."""
    NETWORK = "network"
    """The network says that the call comes from the customer's number. A hint: numbers can be forged."""


NEVER_ALONE = frozenset({Means.VOICE, Means.NETWORK})
"""What proves nothing that matters without another: a voice can be copied, a number forged."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One way of proving who somebody is."""

    means: Means
    seconds: float = math.inf
    """For which it counts."""
    after_hold: bool = True
    """Whether it still counts when the caller held the line: another may have come to the telephone."""
    after_transfer: bool = True
    """Whether it still counts after a talk with an agent, or with the target of a transfer."""
    number: str = ""
    """Of the network: the value that holds the customer's number."""


@dataclass(frozen=True, slots=True)
class Combination:
    """Factors that come to a level together."""

    level: Level
    factors: tuple[str, ...]
    """In the order in which they are asked for."""
    risk: Risk = Risk.HIGH
    """The highest at which they do."""


@dataclass(frozen=True)
class Policy:
    """Of one dialplan."""

    name: str
    version: str
    factors: Mapping[str, Factor]
    combinations: tuple[Combination, ...]

    def __hash__(self) -> int:
        """Of its name: a policy is compared by what it says."""
        return hash((self.name, self.version))

    @property
    def is_plain(self) -> bool:
        """Whether the dialplan has none of its own: each proof is a level, for the whole call."""
        return self is PLAIN

    @property
    def hints(self) -> Mapping[str, str]:
        """Factor that nobody proves -> the value with the number that the call must come from."""
        return {name: factor.number for name, factor in self.factors.items() if factor.means is Means.NETWORK}

    def level(self, held: Collection[str], risk: Risk) -> Level:
        """What these factors come to."""
        found = Level.NONE
        for one in self.combinations:
            if one.level.reaches(found) and risk.within(one.risk) and all(name in held for name in one.factors):
                found = one.level
        return found

    def lacking(self, level: Level, held: Collection[str], risk: Risk, askable: Collection[str]) -> str | None:
        """The factor to ask for next on the shortest way to a level; None: no way leads there."""
        best: list[str] | None = None
        for one in self.combinations:
            missing = [name for name in one.factors if name not in held]
            fits = one.level.reaches(level) and risk.within(one.risk) and all(name in askable for name in missing)
            if fits and missing and (best is None or len(missing) < len(best)):
                best = missing
        return None if best is None else best[0]

    def spent(self, factor: str, at: float, now: float) -> bool:
        """Whether the time of a factor that was proved then is over."""
        return now - at >= self.factors[factor].seconds

    def not_after(self, *, hold: bool) -> frozenset[str]:
        """Factors that a hold ends, or else a talk."""
        return frozenset(
            name for name, one in self.factors.items() if not (one.after_hold if hold else one.after_transfer)
        )

    # --- for the proof ---

    def levels(self, held: frozenset[str]) -> tuple[Level, ...]:
        """All that these factors may come to, whatever the risk is and the network says."""
        return _levels(self, held)

    def fading(self, longest: float) -> frozenset[str]:
        """Factors that may end while the caller waits. `longest`: seconds that a call may last."""
        held = self.not_after(hold=True)
        return held | {name for name, one in self.factors.items() if one.seconds < longest}


@cache
def _levels(policy: Policy, held: frozenset[str]) -> tuple[Level, ...]:
    hints = subsets(frozenset(policy.hints))
    found = {policy.level(held | more, risk) for more in hints for risk in Risk}
    return tuple(level for level in Level if level in found)


def subsets(names: frozenset[str]) -> Iterator[frozenset[str]]:
    """All of them, the empty one first."""
    for size in range(len(names) + 1):
        yield from map(frozenset, combinations(sorted(names), size))


PLAIN = Policy(
    "",
    "",
    {str(level): Factor(Means.KEYS) for level in Level if level is not Level.NONE},
    tuple(Combination(level, (str(level),)) for level in Level if level is not Level.NONE),
)
"""Of a dialplan that has no policy: what a state proves is the level that it names."""
