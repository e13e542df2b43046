"""How surely it is known who calls, and what that rests on.

Rules: an identity lasts only as long as every value that it rests on: if one of them is known anew or known no longer,
nobody is identified. Its level is what the policy makes of the factors that still count. Never changed in place: each
method returns what is so afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ivr.core.identity.level import Level
from ivr.core.identity.policy import PLAIN, Policy
from ivr.core.identity.risk import Risk


@dataclass(frozen=True, slots=True)
class Proved:
    """Of one factor."""

    at: float
    """Seconds on the call's clock."""
    by: frozenset[str]
    """Values that say whose proof it is."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Of one call's caller."""

    proved: Mapping[str, Proved] = field(default_factory=dict)
    """Factor -> what is known of its proof."""
    origin: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Value -> the values that it was looked up with."""
    tries: Mapping[str, int] = field(default_factory=dict)
    """Proof, as its dialplan defines it -> attempts used in this call."""
    challenges: frozenset[str] = field(default=frozenset(), repr=False)
    """Digits that the caller was asked to say in this call: never the same ones twice."""
    policy: Policy = PLAIN
    risk: Risk = Risk.UNKNOWN
    hints: frozenset[str] = frozenset()
    """Factors that the network vouches for."""

    @property
    def level(self) -> Level:
        """What the factors that still count come to now."""
        return self.policy.level(self.proved.keys() | self.hints, self.risk)

    @property
    def bound(self) -> frozenset[str]:
        """Values that say whose identity it is."""
        return frozenset().union(*(one.by for one in self.proved.values()))

    def roots(self, names: frozenset[str]) -> frozenset[str]:
        """These values and all that they were looked up with."""
        return names.union(*(self.origin.get(name, frozenset()) for name in names))

    def learned(self, name: str, origin: frozenset[str]) -> Identity:
        """A value is known anew."""
        return self._doubted(name, {**self.origin, name: origin})

    def forgot(self, name: str) -> Identity:
        """A value is known no longer."""
        return self._doubted(name, self._without(name))

    def dropped(self, name: str) -> Identity:
        """A secret has served: it is gone, and what it proved stays."""
        return replace(self, origin=self._without(name)) if name in self.origin else self

    def handed_on(self, inner: str, outer: str, *, known: bool) -> Identity:
        """What rests on a value rests on another one too from here on: it is still the same person.

        `known`: whether the value is.
        """
        origin = {**self.origin, outer: self.roots(frozenset({inner}))} if known else self.origin
        proved = {
            name: replace(one, by=one.by | {outer}) if inner in one.by else one for name, one in self.proved.items()
        }
        return replace(self, origin=origin, proved=proved)

    def reached(self, factor: str, by: frozenset[str], at: float = 0.0) -> Identity:
        """A factor is proved: the caller is who these values say. Nothing that counts is taken away.

        What was proved of other values may be of another person: where factors count together, it counts no longer.
        """
        roots = self.roots(by)
        others = {name: one for name, one in self.proved.items() if name != factor}
        if self.policy.is_plain:
            roots |= self.proved[factor].by if factor in self.proved else frozenset()
        elif others and all(one.by.isdisjoint(roots) for one in others.values()):
            others = {}
        tries = {name: count for name, count in self.tries.items() if name != asking(factor)}
        return replace(self, proved={**others, factor: Proved(at, roots)}, tries=tries)

    def without(self, factors: frozenset[str]) -> Identity:
        """These factors count no longer."""
        left = {name: one for name, one in self.proved.items() if name not in factors}
        return self if len(left) == len(self.proved) else replace(self, proved=left)

    def lost(self) -> Identity:
        """It counts no longer who they are."""
        return replace(self, proved={})

    def tried(self, proof: str) -> Identity:
        """One more attempt at a proof is used."""
        return replace(self, tries={**self.tries, proof: self.tries.get(proof, 0) + 1})

    def challenged(self, digits: str) -> Identity:
        """The caller is asked to say these digits."""
        return replace(self, challenges=self.challenges | {digits})

    def _doubted(self, name: str, origin: Mapping[str, frozenset[str]]) -> Identity:
        proved: Mapping[str, Proved] = {} if name in self.bound else self.proved
        return replace(self, proved=proved, origin=origin)

    def _without(self, name: str) -> Mapping[str, frozenset[str]]:
        if name not in self.origin:
            return self.origin
        return {other: roots for other, roots in self.origin.items() if other != name}


def asking(factor: str) -> str:
    """What stands among the tries for how often a step up has asked for a factor in vain."""
    return f"?{factor}"
