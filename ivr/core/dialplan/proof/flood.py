"""The whole product gone through: every place that can be reached, and all that may be so there.

A step is gone again only when something new may be so where it begins, until nothing new is found. The command `back`
has places of its own, one for each dialog, language, identity and set of values known: what goes back comes together
there, and is sent on to each question that lies behind any of it. That makes a thousand states with `back` quick.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ivr.core.dialplan.model import way_in
from ivr.core.dialplan.proof.callers import Callers, Passage, dialog_of
from ivr.core.dialplan.proof.facts import Steps, moved
from ivr.core.dialplan.proof.probe import BACK
from ivr.core.dialplan.proof.product import Place, Product
from ivr.core.dialplan.proof.whose import Identity


@dataclass(slots=True, eq=False)
class _Here:
    """One place."""

    place: Place
    question: int
    """Number of the question that is asked there, from 1; 0: none."""
    facts: int = 0
    """What may be so, and which questions lie behind then."""
    last: int = 0
    """The question that was asked last, in each field."""
    behind: int = 0
    """Of a place of `back`: the questions it leads to, in each field."""
    ways: dict[int, _Here | None] = field(default_factory=dict)
    """Of a place of `back`: number of a question -> the place that is entered for it."""
    steps: list[_Step] = field(default_factory=list)
    is_back: bool = False
    """One of those that the command `back` has of its own."""
    order: int = -1
    """Places are left in this order: what leads here comes before, but for loops. -1: not in order yet."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One step, ready to be gone."""

    to: _Here
    moves: Steps
    callers: Passage | None
    """What becomes of identities that places do not tell apart; None: nothing."""
    gate: int
    """Bit without which it cannot be gone; 0: it always can."""
    cut: bool
    """A disclosure was played: only the question before it lies behind."""

    def taken(self, fields: int) -> int:
        """The fields after it."""
        fields = moved(fields, self.moves)
        return fields if self.callers is None else self.callers.after(fields)


class Flood:
    """What may be so at each place."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.facts = product.facts
        self._callers = Callers(product) if product.is_loose and product.by_identity else None
        self._numbers = {name: number for number, name in enumerate(product.questions, 1)}
        self._asked: dict[str, list[tuple[int, str]]] = {}
        self._all: dict[Place, _Here] = {}
        self._ordered: list[_Here] = []
        self._new = bytearray()
        """1 for each of these where something new may be so, or is to be sent back."""
        self._back: dict[Place, _Here] = {}
        """Places of `back` that something new came to."""
        start = self._found(product.start())
        start.facts = self.facts.start() | (0 if self._callers is None else self._callers.start())
        self._new[start.order] = 1
        while self._back or 1 in self._new:
            self._sweep()

    def _sweep(self) -> None:
        """Once forward through all that is new, then back: loops take another sweep."""
        at = self._new.find(1)
        while at >= 0:
            self._new[at] = 0
            self._leave(self._ordered[at])
            at = self._new.find(1, at + 1)
        while self._back:
            back, self._back = self._back, {}
            for here in back.values():
                self._go_back(here)

    def __len__(self) -> int:
        """How many places can be reached."""
        return len(self.places())

    def places(self) -> list[tuple[Place, int]]:
        """Each place that can be reached, and the facts there."""
        return [(place, here.facts) for place, here in self._all.items() if here.facts and not here.is_back]

    def identities(self, place: Place, facts: int) -> list[Identity]:
        """Who the caller may be at a place where this is so: more than one where places do not tell it."""
        if self._callers is None:
            return [] if place[2] is None else [place[2]]
        return self._callers.among(place[0], facts)

    def at(self, place: Place) -> int:
        """The facts at a place; none where it cannot be reached."""
        here = self._all.get(place)
        return 0 if here is None else here.facts

    def back_to(self, place: Place, fields: int) -> list[str]:
        """Questions that `back` may lead to from a place, in a call of which one of these facts is so."""
        here = self._all[place]
        questions = self.facts.questions((here.last if self._discloses(place) else here.facts) & fields)
        named = [name for n, name in enumerate(self.product.questions) if questions >> n & 1 and name != place[0]]
        return self._ways_in(named, place[0])

    def _ways_in(self, questions: Iterable[str], here: str) -> list[str]:
        """The states to enter for getting to these questions from here; none that is protected."""
        found = dict.fromkeys(way_in(name, here) for name in questions)
        return [name for name in found if name not in self.product.dialplan.protect]

    def _discloses(self, place: Place) -> bool:
        return any(found.disclosure is not None for found in self.product.exits[place[0]])

    # --- the graph ---

    def _found(self, place: Place) -> _Here:
        """A place, with all that lies behind it in order."""
        here = self._here(place)
        if here.order < 0:
            after: list[_Here] = []
            here.order = 0
            path: list[tuple[_Here, Iterator[_Step]]] = [(here, iter(self._steps(here)))]
            while path:
                at, rest = path[-1]
                to = next((step.to for step in rest if step.to.order < 0), None)
                if to is None:
                    after.append(at)
                    path.pop()
                else:
                    to.order = 0
                    path.append((to, iter(self._steps(to))))
            for each in reversed(after):
                each.order = len(self._ordered)
                self._ordered.append(each)
            self._new.extend(bytes(len(after)))
        return here

    def _here(self, place: Place) -> _Here:
        found = self._all.get(place)
        if found is None:
            number = self._numbers.get(place[0], 0)
            found = self._all[place] = _Here(place, number, is_back=place[0].startswith(BACK))
        return found

    def _steps(self, here: _Here) -> list[_Step]:
        if not here.is_back:
            found: dict[tuple[Place, Steps, Passage | None, int, bool], _Step] = {}
            for step in self.product.steps(here.place):
                cut, gate = step.change.disclosure is not None, self.facts.gate(step.change.met)
                moves = self.facts.steps(step.change)
                callers = None if self._callers is None else self._callers.passage(here.place[0], step)
                to = step.to if step.to[0] != BACK else (BACK + dialog_of(here.place[0]), *step.to[1:])
                key = (to, moves, callers, gate, cut)
                if key not in found:
                    found[key] = _Step(self._here(to), moves, callers, gate, cut)
            here.steps = list(found.values())
        return here.steps

    # --- the facts ---

    def _leave(self, here: _Here) -> None:
        """Go every step from here."""
        facts_here, new = here.facts, self._new
        first = facts_here & self.facts.here
        newest = first << here.question if here.question else here.last
        older = facts_here | newest
        for step in here.steps:
            if step.gate and not facts_here & step.gate:
                continue
            facts, last, to = (first | newest) if step.cut else older, newest, step.to
            if to.is_back:
                own = self.facts.here << here.question if here.question else 0
                behind = (here.last if step.cut else facts_here & ~first) & ~own
                self._send_back(to, *(step.taken(fields) for fields in (behind, facts, last)))
                continue
            if step.moves or step.callers is not None:
                facts, last = step.taken(facts), step.taken(last)
            facts |= to.facts
            last |= to.last
            if facts != to.facts or last != to.last:
                to.facts, to.last = facts, last
                new[to.order] = 1

    def _send_back(self, here: _Here, behind: int, facts: int, last: int) -> None:
        """Something may go back; it is sent on after the sweep."""
        behind |= here.behind
        facts |= here.facts
        last |= here.last
        if behind != here.behind or facts != here.facts or last != here.last:
            here.behind, here.facts, here.last = behind, facts, last
            self._back[here.place] = here

    def _go_back(self, here: _Here) -> None:
        """On to each question, with what may be so in the calls that have it behind them; first out of a dialog."""
        dialog = here.place[0].removeprefix(BACK)
        own = self._asked_in(dialog)
        if dialog:
            outer = dialog_of(dialog[:-1])
            place = self.product.place(f"{outer}_", *here.place[1:])
            inside = sum(self.facts.here << number for number, _ in own)
            out = [self._moved_out(dialog, outer, fields) for fields in (here.behind & ~inside, here.facts, here.last)]
            self._send_back(self._here((BACK + outer, *place[1:])), *out)
        for number, name in own:
            first = here.behind >> number & self.facts.here
            if not first:
                continue
            if number not in here.ways:
                here.ways[number] = self._way_back(here.place, name)
            to = here.ways[number]
            if to is None:
                continue
            fields = self.facts.whole(first)
            there = dialog_of(to.place[0])
            facts = to.facts | self._moved_out(dialog, there, here.facts & fields | first)
            last = to.last | self._moved_out(dialog, there, here.last & fields)
            if facts != to.facts or last != to.last:
                to.facts, to.last = facts, last
                self._new[to.order] = 1

    def _moved_out(self, dialog: str, outer: str, fields: int) -> int:
        return fields if self._callers is None or dialog == outer else self._callers.out(dialog, outer).after(fields)

    def _asked_in(self, dialog: str) -> list[tuple[int, str]]:
        """Numbers and names of the questions of a dialog, and of those in it; of all of them where there is none."""
        if dialog not in self._asked:
            self._asked[dialog] = [(n, name) for name, n in self._numbers.items() if name.startswith(dialog)]
        return self._asked[dialog]

    def _way_back(self, back: Place, question: str) -> _Here | None:
        """The place that a place of `back` leads to for a question; None where that is protected."""
        # `_` stands for any state of the dialog that is gone back from: another one is begun again.
        ways = self._ways_in([question], back[0].removeprefix(BACK) + "_")
        return self._found(self.product.place(ways[0], *back[1:])) if ways else None
