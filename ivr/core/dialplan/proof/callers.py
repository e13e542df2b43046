"""Identities that the places of a loose product do not tell apart: each is a field behind those of the facts.

What a step makes of an identity does not depend on what was heard, so the fields move on their own. Which steps a call
takes may depend on both, and that is lost here: what is found may be more than what can happen, never less.
"""

from __future__ import annotations

from ivr.core.dialplan.expression import names
from ivr.core.dialplan.parts import Route
from ivr.core.dialplan.proof.facts import OTHERS
from ivr.core.dialplan.proof.probe import BACK, Effect
from ivr.core.dialplan.proof.product import Move, Product
from ivr.core.dialplan.proof.whose import NOBODY, Identity

_UNCHANGED = Effect()


class TooManyError(Exception):
    """More identities than fields: the places have to tell them apart."""


class Callers:
    """Numbers of the identities that callers may have in each dialog."""

    def __init__(self, product: Product) -> None:
        self._product = product
        self.before = product.facts.own * product.facts.width
        """Bits of the facts."""
        self.width = product.facts.width
        self._identities: dict[str, list[Identity]] = {}
        self._passages: dict[tuple[object, ...], Passage] = {}

    def start(self) -> int:
        """Nobody is known."""
        return 1 << self.before + self.width * self.number(dialog_of(self._product.dialplan.start), NOBODY)

    def number(self, dialog: str, identity: Identity) -> int:
        """Of its field in the states of a dialog."""
        there = self._identities.setdefault(dialog, [])
        if identity not in there:
            if len(there) == OTHERS:
                raise TooManyError
            there.append(identity)
        return there.index(identity)

    def identity(self, dialog: str, number: int) -> Identity:
        """That has this field in the states of a dialog."""
        return self._identities[dialog][number]

    def among(self, state: str, fields: int) -> list[Identity]:
        """Who the caller may be in a state where these fields are."""
        known = self._identities.get(dialog_of(state), [])
        return [each for n, each in enumerate(known) if fields >> self.before + n * self.width & 1]

    def passage(self, state: str, step: Move) -> Passage | None:
        """What a step from a state makes of identities; None: nothing."""
        effect, here = step.way.effect, dialog_of(state)
        to = f"{here}_" if step.to[0] == BACK else step.to[0]
        there = dialog_of(to)
        route, asks = step.way.to, False
        if isinstance(route, Route) and len(route.branches) > 1:
            asks = any(branch.condition and "identity" in names(branch.condition) for branch in route.branches)
        fading = self._product.fades(state)
        changes = effect.assigned or effect.fresh or effect.identified or fading is not None
        if here == there and not asks and not changes:
            return None
        key = (effect, here, there, fading, (step.way, step.branch, step.to[1]) if asks else None)
        if key not in self._passages:
            self._passages[key] = Passage(self._product, self, effect, fading, (here, there), step if asks else None)
        return self._passages[key]

    def out(self, dialog: str, outer: str) -> Passage:
        """What leaving a dialog makes of identities."""
        key = (dialog, outer)
        if key not in self._passages:
            self._passages[key] = Passage(self._product, self, _UNCHANGED, None, key, None)
        return self._passages[key]


class Passage:
    """What becomes of identities on some steps."""

    def __init__(
        self,
        product: Product,
        callers: Callers,
        effect: Effect,
        fading: frozenset[str] | None,
        dialogs: tuple[str, str],
        asks: Move | None,
    ) -> None:
        """`fading`: factors that may have ended before; `dialogs`: where it begins and ends."""
        self._product = product
        self._callers = callers
        self._effect, self._fading = effect, fading
        self._from, self._to = dialogs
        self._asks = asks
        self._ways: dict[int, tuple[int, ...]] = {}

    def after(self, fields: int) -> int:
        """The fields after it."""
        before, width = self._callers.before, self._callers.width
        others, whole, number, found = fields >> before, (1 << width) - 1, 0, 0
        facts = fields ^ others << before
        while others:
            one = others & whole
            if one:
                for to in self._ways.get(number) or self._way(number):
                    found |= one << to * width
            others >>= width
            number += 1
        return facts | found << before

    def _way(self, number: int) -> tuple[int, ...]:
        identity = self._callers.identity(self._from, number)
        found: list[int] = []
        for whose in self._product.identities(identity, self._effect, self._fading):
            asks = self._asks
            if asks is None or self._product.may_take(asks.way, asks.branch, asks.to[1], whose):
                inside, _ = self._product.inside(f"{self._to}_", whose, frozenset())
                assert inside is not None
                found.append(self._callers.number(self._to, inside))
        self._ways[number] = tuple(found)
        return self._ways[number]


def dialog_of(state: str) -> str:
    """The dialog that a state is in, with a slash; empty for none."""
    return state[: state.rfind("/") + 1]
