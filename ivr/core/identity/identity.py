"""How surely it is known who calls, and what that rests on.

Rule: an identity lasts only as long as every value that it rests on: if one of them is known anew or known no longer,
nobody is identified. Never changed in place: each method returns what is so afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ivr.core.identity.level import Level


@dataclass(frozen=True, slots=True)
class Identity:
    """Of one call's caller."""

    level: Level = Level.NONE
    bound: frozenset[str] = frozenset()
    """Values that say whose identity it is."""
    origin: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Value -> the values that it was looked up with."""
    tries: Mapping[str, int] = field(default_factory=dict)
    """Proof, as its dialplan defines it -> attempts used in this call."""
    challenges: frozenset[str] = field(default=frozenset(), repr=False)
    """Digits that the caller was asked to say in this call: never the same ones twice."""

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
        return replace(self, origin=origin, bound=self.bound | {outer})

    def reached(self, level: Level, by: frozenset[str]) -> Identity:
        """The caller is who these values say. A lower level takes nothing away."""
        higher = level if level.reaches(self.level) else self.level
        return replace(self, level=higher, bound=self.bound | self.roots(by))

    def lost(self) -> Identity:
        """It counts no longer who they are."""
        return replace(self, level=Level.NONE, bound=frozenset())

    def tried(self, proof: str) -> Identity:
        """One more attempt at a proof is used."""
        return replace(self, tries={**self.tries, proof: self.tries.get(proof, 0) + 1})

    def challenged(self, digits: str) -> Identity:
        """The caller is asked to say these digits."""
        return replace(self, challenges=self.challenges | {digits})

    def _doubted(self, name: str, origin: Mapping[str, frozenset[str]]) -> Identity:
        gone = name in self.bound
        level, bound = (Level.NONE, frozenset[str]()) if gone else (self.level, self.bound)
        return Identity(level, bound, origin, self.tries, self.challenges)

    def _without(self, name: str) -> Mapping[str, frozenset[str]]:
        if name not in self.origin:
            return self.origin
        return {other: roots for other, roots in self.origin.items() if other != name}
