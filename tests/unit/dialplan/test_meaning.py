"""What a state's fields mean stands in their types: nobody forgets to say it, and what walks them needs no names."""

import dataclasses
import typing
from typing import Annotated, Any, get_args, get_origin

import pytest

from ivr.core.dialplan.expression import Literal, Name, Operation
from ivr.core.dialplan.language.dialogs import DialogUse
from ivr.core.dialplan.meaning import Names
from ivr.core.dialplan.states import State
from ivr.core.dialplan.states.walk import fields_of
from ivr.core.orders.playing import Clip

KINDS = (*get_args(State), DialogUse)
NO_NAMES_OF_THE_DIALPLAN: set[type] = {Clip, Literal, Name, Operation}
"""What is said as it is, and expressions, which are changed as a whole."""


def parts_of(kind: type) -> set[type]:
    """A dataclass and every one that its fields hold, at any depth."""
    found: set[type] = set()
    waiting: list[Any] = [kind]
    while waiting:
        item = waiting.pop()
        waiting.extend(get_args(item))
        if isinstance(item, type) and dataclasses.is_dataclass(item) and item not in found | NO_NAMES_OF_THE_DIALPLAN:
            found.add(item)
            waiting.extend(typing.get_type_hints(item).values())
    return found


def bare(hint: Any) -> bool:
    """Whether it holds a text of which nobody says what it names."""
    if hint is str:
        return True
    if get_origin(hint) is Annotated:
        inner, *marks = get_args(hint)
        return not any(isinstance(mark, Names) for mark in marks) and bare(inner)
    return any(bare(one) for one in get_args(hint))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_text_of_a_state_says_what_it_names(kind: type) -> None:
    for part in parts_of(kind):
        for field in fields_of(part):
            assert not bare(field.hint), f"{part.__name__}.{field.name}: say in its type what it names (see meaning.py)"


def test_a_bare_text_is_seen_wherever_it_stands() -> None:
    assert bare(dict[str, Annotated[str, Names.VALUE]])
    assert bare(tuple[str, ...] | None)
    assert not bare(dict[Annotated[str, Names.NOTHING], Annotated[str, Names.VALUE] | None])
