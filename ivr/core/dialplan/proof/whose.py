"""Who the caller may be after a step: what proves an identity, what takes it away, what wears it out.

Where the prover does not know it takes both: whether time ran out or the line was held, what the risk is, whether the
network vouches for the number, whether two proofs are of one person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr.core.dialplan.proof.probe import Effect
from ivr.core.identity.level import Level
from ivr.core.identity.policy import Policy, subsets
from ivr.core.identity.risk import RiskTable

Identity = tuple[Level, frozenset[str], frozenset[str], frozenset[str]]
"""Level, the values that it may rest on, those of them on which it does for certain, and the factors that count."""
NOBODY: Identity = (Level.NONE, frozenset(), frozenset(), frozenset())
LEFT = "/"
"""Stands, among the values that an identity may rest on, for those of dialogs that were left. Each is forgotten before
it is used again; told apart, they would multiply with every use of a dialog."""


class Whose:
    """What steps make of identities under one policy."""

    def __init__(self, policy: Policy, risk: RiskTable, longest: float, resting: Mapping[str, frozenset[str]]) -> None:
        """`longest`: seconds that a call may last; `resting`: value -> all that it may have been looked up with."""
        self._policy = policy
        self._waiting = policy.fading(longest)
        self._talking = self._waiting | policy.not_after(hold=False)
        self._resting = resting
        self._read = frozenset(policy.hints.values()) | risk.values
        self._counted = frozenset({risk.counted})

    def fades(self, *, talks: bool) -> frozenset[str] | None:
        """Factors that may end in a state where time passes; None: a dialplan without a policy, nothing ends there."""
        return None if self._policy.is_plain else self._talking if talks else self._waiting

    def after(self, identity: Identity, effect: Effect, fading: frozenset[str] | None) -> list[Identity]:
        """Who the caller may be after a step that begins as `identity`."""
        if fading is None and not self._policy.is_plain and self._read & effect.assigned:
            # Whether the network vouches for them, or the risk, may change; and for earlier calls a state waits.
            fading = self._waiting if self._counted & effect.assigned else frozenset()
        found = [identity] if fading is None else list(dict.fromkeys(self._faded(identity, fading)))
        if not (effect.assigned or effect.fresh or effect.shared or effect.identified):
            return found
        moved = [after for each in found for after in self._moved(each, effect)]
        if effect.identified is not None:
            moved = [after for each in moved for after in self._proved(each, *effect.identified)]
        return list(dict.fromkeys(moved))

    def _faded(self, identity: Identity, fading: frozenset[str]) -> Iterator[Identity]:
        _, bound, surely, factors = identity
        for gone in subsets(factors & fading):
            left = factors - gone
            rests = frozenset[str]() if gone else surely  # on which of them the others rest is not told apart
            for level in self._policy.levels(left) if left else ():
                yield level, bound, rests, left
            if not left:
                yield NOBODY

    def _moved(self, identity: Identity, effect: Effect) -> list[Identity]:
        """What was assigned may take an identity away."""
        level, bound, surely, factors = identity
        handed = frozenset(outer for inner, outer in effect.shared if inner in bound)
        still_theirs = frozenset(outer for inner, outer in effect.shared if inner in surely)
        after = [NOBODY if effect.fresh & surely else (level, bound | handed, surely | still_theirs, factors)]
        if (effect.assigned - still_theirs) & bound or (effect.fresh and LEFT in bound):
            after.append(NOBODY)
        return after

    def _proved(self, identity: Identity, factor: str, by: frozenset[str]) -> Iterator[Identity]:
        level, bound, surely, factors = identity
        resting = frozenset().union(*(self._resting.get(name, frozenset({name})) for name in by))
        if self._policy.is_plain:
            reached = Level(factor)
            yield reached if reached.reaches(level) else level, bound | resting, surely | by, factors
            return
        anew = factor in factors  # then nothing rests on what it was proved by before
        if factors:
            joined = factors | {factor}
            for level in self._policy.levels(joined):
                yield level, bound | resting, by if anew else surely | by, joined
        if not factors or anew or not surely & by:
            for level in self._policy.levels(frozenset({factor})):
                yield level, resting, by, frozenset({factor})
