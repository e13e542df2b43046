"""How likely it is that a caller means harm: what is known of the call, by a table that people read.

Rules: what nobody has said is unknown, and unknown is as bad as high. Signals of the call itself only make it worse: no
caller lowers their own risk.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ivr.core.typed import Written


class Risk(Written):
    """Of a call."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    UNKNOWN = "unknown"
    """Whoever knows has not answered: never taken for low."""

    def within(self, most: Risk) -> bool:
        """Whether it is no higher than `most`."""
        return _RANK[self] <= _RANK[most]


_RANK = {Risk.LOW: 0, Risk.MEDIUM: 1, Risk.HIGH: 2, Risk.UNKNOWN: 2}


class Signal(Written):
    """What a call shows by itself."""

    WITHHELD = "withheld"
    """The caller's number is not told, or there is none."""
    UNVOUCHED = "unvouched"
    """No trunk vouches for the number: it is what the caller's phone wrote."""
    DIVERTED = "diverted"
    """The call was first sent elsewhere."""
    FAILURES = "failures"
    """Attempts at proofs were used up in this call, `FAILURES` of them or more."""


FAILURES = 3


@dataclass(frozen=True, slots=True)
class RiskTable:
    """How a dialplan's policy comes to the risk of a call."""

    value: str
    """The value in which the bank's own answer stands: low, medium or high."""
    signals: Mapping[Signal, Risk]
    """What a signal makes of it at least."""

    def risk(self, answer: object, seen: Collection[Signal]) -> Risk:
        """Of a call. `answer`: what the value holds; anything but the three words is unknown."""
        told = Risk(answer) if isinstance(answer, str) and answer in _WORDS else Risk.UNKNOWN
        least = [self.signals[signal] for signal in seen if signal in self.signals]
        return max([told, *least], key=_RANK.__getitem__)


_WORDS = frozenset(map(str, Risk))
NOTHING_TOLD = RiskTable("", {})
"""Of a policy without a table: the risk is unknown."""


def signals_of(*, number: bool, vouched: bool, diverted: bool) -> frozenset[Signal]:
    """What the network says of a call. `number`: whether the caller has one."""
    found = {Signal.WITHHELD: not number, Signal.UNVOUCHED: number and not vouched, Signal.DIVERTED: diverted}
    return frozenset(signal for signal, seen in found.items() if seen)
