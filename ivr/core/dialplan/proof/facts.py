"""What may be so at a place of the product: facts, and what a step does to them.

Each fact is a field of bits in one large integer: first whether the fact may be so there at all, then, for each
question, whether the command `back` may lead to it in a call of which the fact is so. A step moves whole fields: what
was heard is unheard in another language. So all facts, and where they can go back to, are gone through together.

A demand under a condition has two facts more: its disclosure may be unheard, or heard, while the condition is not known
not to hold. The first of them is what must not be so where the demand counts. A value that the condition reads is set:
whatever is unheard may be demanded again. The call takes a branch on which the condition cannot hold, or all that was
demanded was played: it is settled.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ivr.core.dialplan.expression import Expression, names
from ivr.core.dialplan.model import RECORDING, Demand, Dialplan
from ivr.core.dialplan.proof.conditions import implies, normal

Steps = tuple[tuple[int, tuple[tuple[int, int], ...]], ...]
"""What happens to the fields, one after the other: bits that stay, and (bits to move, how far up) for the rest."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a step in the product means for facts."""

    disclosure: str | None = None
    acknowledged: bool | None = None
    """Of that disclosure; None: it was not played."""
    switched: bool = False
    """To another language."""
    recorded: bool | None = None
    """From here on; None: as before."""
    assigned: frozenset[str] = frozenset()
    """Values that conditions of demands read and that may be others now."""
    closed: frozenset[int] = frozenset()
    """Numbers of the conditions that are known not to hold: the branch that was taken says so."""
    met: tuple[str, int] | None = None
    """A rule, and how many of its demands are met."""


OTHERS = 200
"""Fields that may lie behind those of facts; no change touches them."""


class Facts:
    """The fields of one dialplan's facts, for so many questions."""

    def __init__(self, dialplan: Dialplan, questions: int = 0) -> None:
        self._rules = {target: rule.demands for target, rule in dialplan.protect.items()}
        owed = (rule for target in dialplan.line for rule in dialplan.rules(target))
        demands = [demand for rule in (*self._rules.values(), *(rule.demands for rule in owed)) for demand in rule]
        disclosures = list(dict.fromkeys([RECORDING, *(demand.disclosure for demand in demands)]))
        pairs = list(dict.fromkeys((each.disclosure, each.condition) for each in demands if each.condition is not None))
        self._conditions = conditions = list(dict.fromkeys(tree for _, tree in pairs))
        self._settling = [normal(tree, negated=True) for tree in conditions]
        self.read: frozenset[str] = frozenset().union(*map(names, conditions))
        """Values that the conditions of demands read."""
        self.width = 1 + questions
        """Bits of a field."""
        self._field = (1 << self.width) - 1
        self._steps: dict[Change, Steps] = {}
        # Heard lies one block above unheard, for disclosures and for demands: another language moves all down at once.
        self._kinds = len(disclosures) + len(pairs)
        self._unheard = {name: (1 + number) * self.width for number, name in enumerate(disclosures)}
        """Of the recording: refused. Its field lies first: another language leaves it as it is."""
        anywhere = {name for name, disclosure in dialplan.disclosures.items() if disclosure.in_any_language}
        self._disclosed = [at for name, at in self._unheard.items() if name != RECORDING]
        self._in_language = [at for name, at in self._unheard.items() if name not in anywhere | {RECORDING}]
        base = 1 + len(disclosures)
        self._missing = {pair: (base + number) * self.width for number, pair in enumerate(pairs)}
        """(Disclosure, condition) -> field of: unheard, and the condition may hold."""
        self._block = self._kinds * self.width
        self.own = 1 + 2 * self._kinds
        """How many fields there are; behind them, others may keep fields of their own."""
        count = self.own + OTHERS
        self.here = sum(1 << (number * self.width) for number in range(count))
        """The first bit of each field: the fact may be so."""
        self._all = (1 << (count * self.width)) - 1

    def start(self) -> int:
        """Nothing is heard, nothing is known, the call is recorded."""
        unheard = sum(1 << at for at in (0, *self._disclosed, *self._missing.values()))
        return unheard | 1 << self._unheard[RECORDING] + self._block

    def bit(self, demand: Demand) -> int:
        """Set where the demand may not be met."""
        if demand.condition is None:
            return 1 << self._unheard[demand.disclosure]
        return 1 << self._missing[demand.disclosure, demand.condition]

    def gate(self, met: tuple[str, int] | None) -> int:
        """Bit of the first demand that is not met, for which its disclosure is played; 0 where there is none."""
        missing = self._rules[met[0]][met[1] :] if met is not None else ()
        return self.bit(missing[0]) if missing else 0

    def barred(self, met: tuple[str, int] | None) -> int:
        """Bits of the demands that would come first, were they missing: then no call can take the step."""
        if met is None:
            return 0
        demands = self._rules[met[0]]
        same = {None, demands[met[1]].condition} if met[1] < len(demands) else {None}
        return sum({self.bit(demand) for demand in demands[: met[1]] if demand.condition in same})

    def fields(self, demands: Iterable[Demand]) -> int:
        """All the fields that matter for these demands, and the one of every call."""
        found = self._field
        for demand in demands:
            found |= (self._field | self._field << self._block) << self._unheard[demand.disclosure]
            if demand.condition is not None:
                at = self._missing[demand.disclosure, demand.condition]
                found |= (self._field | self._field << self._block) << at
        return found

    def whole(self, firsts: int) -> int:
        """The whole fields whose first bits these are."""
        return (firsts << self.width) - firsts

    def questions(self, fields: int) -> int:
        """Bits of the questions that `back` may lead to in any of these fields: the first question is bit 0."""
        found = 0
        while fields:
            found |= fields & self._field
            fields >>= self.width
        return found >> 1

    def closed(self, known: Expression) -> frozenset[int]:
        """Numbers of the conditions that cannot hold where this one does."""
        return frozenset(number for number, tree in enumerate(self._settling) if implies(known, tree))

    # --- steps ---

    def steps(self, change: Change) -> Steps:
        """What a change does to the fields."""
        found = self._steps.get(change)
        if found is None:
            found = self._steps[change] = tuple(self._step(*part) for part in self._parts(change) if any(part))
        return found

    def _step(self, clear: list[int], moves: list[tuple[int, int]]) -> tuple[int, tuple[tuple[int, int], ...]]:
        """As masks; fields that move equally far move together."""
        stay = self._all
        for at in clear:
            stay &= ~(self._field << at)
        far: dict[int, int] = {}
        for source, to in moves:
            far[to - source] = far.get(to - source, 0) | self._field << source
        return stay, tuple((mask, distance) for distance, mask in far.items())

    def _parts(self, change: Change) -> list[Part]:
        """What happens, one after the other."""
        parts: list[Part] = []
        if change.met is not None:
            # Those in whose calls one of them is missing do not take this step.
            demands = self._rules[change.met[0]][: change.met[1]]
            parts.append(([self.bit(demand).bit_length() - 1 for demand in demands], []))
        if change.switched:
            parts.append(self._turned([*self._in_language, *self._missing.values()], heard=False))
        # A warning that is acknowledged is left at once: whatever language it ended in, that is the one spoken since.
        if change.acknowledged is not None:
            parts.append(self._turned(self._of(change.disclosure), heard=change.acknowledged))
        if change.recorded is not None:
            parts.append(self._turned([self._unheard[RECORDING]], heard=change.recorded))
        again = {pair: at for pair, at in self._missing.items() if names(pair[1]) & change.assigned}
        moves = [
            (self._unheard[pair[0]] + block, at + block) for pair, at in again.items() for block in (0, self._block)
        ]
        parts.append(([], moves))
        closed = [at for pair, at in self._missing.items() if self._conditions.index(pair[1]) in change.closed]
        parts.append(([at + block for at in closed for block in (0, self._block)], []))
        return parts

    def _turned(self, fields: list[int], *, heard: bool) -> Part:
        """These are heard now, or unheard."""
        start, end = (0, self._block) if heard else (self._block, 0)
        return [at + start for at in fields], [(at + start, at + end) for at in fields]

    def _of(self, disclosure: str | None) -> list[int]:
        """Fields of what is unheard of one disclosure."""
        found = [at for name, at in self._unheard.items() if name == disclosure]
        return [*found, *(at for pair, at in self._missing.items() if pair[0] == disclosure)]


Part = tuple[list[int], list[tuple[int, int]]]
"""Fields to clear, and (from, to) of the fields to add elsewhere."""


def moved(fields: int, steps: Steps) -> int:
    """The fields after these steps."""
    for stay, moves in steps:
        added = 0
        for mask, distance in moves:
            added |= (fields & mask) << distance if distance > 0 else (fields & mask) >> -distance
        fields = fields & stay | added
    return fields
