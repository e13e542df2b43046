"""The ways out of every state of a dialplan, with their real names: each shape is explored once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ivr.core.dialplan.expression import Expression, Name, Operation
from ivr.core.dialplan.model import Dialplan, own_names
from ivr.core.dialplan.parts import Branch, Choice, Route
from ivr.core.dialplan.proof.act import Act, ActKind
from ivr.core.dialplan.proof.enacted import EXAMPLE
from ivr.core.dialplan.proof.local import all_known, explore
from ivr.core.dialplan.proof.probe import Exit
from ivr.core.dialplan.proof.shape import Member, Shape
from ivr.core.dialplan.states import DiscloseForState, DiscloseState, EnterState, SayState, State

ALL = 1 << 30
"""More demands than any rule has."""
_OWN = "/"
"""Stands for what the names of a dialog's use begin with."""


def ways_out(dialplan: Dialplan) -> tuple[dict[str, list[Exit]], int]:
    """State -> its exits; and how many situations were gone through."""
    exits: dict[str, list[Exit]] = {}
    situations = 0
    known: dict[tuple[str, str], tuple[str, list[Exit]]] = {}
    values = all_known(dialplan)
    keeping = (state for state in dialplan.states.values() if isinstance(state, SayState | DiscloseState))
    ahead = any(state.type_ahead for state in keeping)
    for name, state in dialplan.states.items():
        exits[name] = []
        # The uses of a dialog differ in the names of values alone.
        own = own_names(state)
        of = state.dialog if isinstance(state, EnterState) else dialplan.defined.get(name, "")
        for shape, met in _shapes(state, dialplan):
            key = (of, shape.key.replace(own, _OWN) if own else shape.key)
            if key not in known:
                found, count = explore(shape, dialplan, ahead=ahead, values=values)
                known[key] = own, found
                situations += count
            there, found = known[key]
            for each in found:
                exits[name] += _placed(_renamed(each, there, own), shape, state, met)
    return exits, situations


def _shapes(state: State, dialplan: Dialplan) -> Iterator[tuple[Shape, tuple[str, int] | None]]:
    """The shapes to explore a state in: more than one where it may play this disclosure or that."""
    if not isinstance(state, DiscloseForState):
        yield Shape(state, dialplan), None
        return
    for number, demand in enumerate(dialplan.protect[state.target].demands):
        yield Shape(state, dialplan, demand.disclosure), (state.target, number)


def _renamed(found: Exit, there: str, here: str) -> Exit:
    """The exit of a dialog's state at another use of that dialog."""
    if there == here:
        return found

    def name(word: str) -> str:
        return here + word.removeprefix(there) if word.startswith(there) else word

    def condition(tree: Expression) -> Expression:
        if isinstance(tree, Operation):
            return replace(tree, operands=tuple(map(condition, tree.operands)))
        return Name(name(tree.name)) if isinstance(tree, Name) else tree

    old = found.effect
    effect = replace(
        old,
        assigned=frozenset(map(name, old.assigned)),
        gained=frozenset(map(name, old.gained)),
        lost=frozenset(map(name, old.lost)),
        identified=old.identified and (old.identified[0], frozenset(map(name, old.identified[1]))),
        fresh=frozenset(map(name, old.fresh)),
        shared=frozenset((name(inner), name(outer)) for inner, outer in old.shared),
    )
    if not isinstance(found.to, Route):
        return replace(found, effect=effect)
    branches = (Branch(branch.condition and condition(branch.condition), branch.to) for branch in found.to.branches)
    return replace(found, to=Route(tuple(branches)), effect=effect)


def _placed(found: Exit, shape: Shape, state: State, met: tuple[str, int] | None) -> Iterator[Exit]:
    """The exit with real names in the place of placeholders, for each choice that may lead there.

    `met`: the demands met before its disclosure is played.
    """
    played = found.effect.acknowledged is not None
    disclosure = shape.discloses if played else None
    if isinstance(state, DiscloseForState) and found.effect.settled:
        met = (state.target, ALL)
    first = found.to.branches[0].to if isinstance(found.to, Route) else found.to
    chosen, members = next(((one, members) for one, members in shape.choices if one.go.branches[0].to == first), _NONE)
    for member in members:
        targets = shape.targets if member is None else {**shape.targets, **member.targets}
        story = tuple(_named_act(act, shape, chosen, member) for act in found.story)
        to: str | Route
        if isinstance(found.to, Route):
            to = Route(tuple(Branch(each.condition, targets.get(each.to, each.to)) for each in found.to.branches))
        else:
            to = targets.get(found.to, found.to)
        yield replace(found, to=to, disclosure=disclosure, met=met, story=story)


_NONE: tuple[Choice | None, tuple[Member | None, ...]] = (None, (None,))


def _named_act(act: Act, shape: Shape, chosen: Choice | None, member: Member | None) -> Act:
    """A choice is c0, c1, ... in a shape, its key and its words are the shape's too. `chosen` is this member."""
    for choice, members in shape.choices:
        real = (member if choice is chosen and member is not None else members[0]).choice
        if act.kind is ActKind.WORDS and act.detail == choice.name:
            return replace(act, detail=real.name)
        if act.kind is ActKind.SAID and act.detail == f"{EXAMPLE}{choice.name}":
            return replace(act, detail=f"what means '{real.name}'")
        if act.kind in (ActKind.KEY, ActKind.AHEAD) and act.detail == choice.press and real.press is not None:
            return replace(act, detail=real.press)
        for words, there in ((choice.hear, real.hear), (choice.like, real.like)):
            if act.kind is ActKind.SAID_AHEAD and any(act.detail in phrases for phrases in words.values()):
                return replace(act, detail=next(phrases[0] for phrases in there.values() if phrases))
    return act
