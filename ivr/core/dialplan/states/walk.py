"""Walking the fields of states and of their parts, by what their types say (see `meaning`).

What there is to do in a field is worked out once for each class; afterwards a walk is a few calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints

from ivr.core.dialplan.expression import Expression
from ivr.core.dialplan.meaning import Leads, Names
from ivr.core.dialplan.parts import Choice, Prompt, Retry, Route

_Part = TypeVar("_Part")
_Marker = TypeVar("_Marker")
_EXPRESSION = frozenset(get_args(Expression))


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a state or of a part of one."""

    name: str
    hint: Any
    """As annotated, with what stands beside it."""
    marks: tuple[object, ...]
    """What stands beside it: `Leads`, `Counted`, …"""

    def mark(self, kind: type[_Marker]) -> _Marker | None:
        """The mark of this kind, if it has one."""
        return next((mark for mark in self.marks if isinstance(mark, kind)), None)

    @property
    def names(self) -> Names | None:
        """What it names, if it is a text or None."""
        for option in (self.hint, *_options(_bare(self.hint))):
            for mark in _marks(option):
                if isinstance(mark, Names):
                    return mark
        return None

    @property
    def act(self) -> Act | None:
        """What a change makes of its value; None: nothing."""
        return _act(self.hint)


class Change(Protocol):
    """What becomes of the things that states are made of."""

    def word(self, names: Names, word: str) -> str:
        """A text, by what it names."""
        ...

    def expression(self, tree: Expression) -> Expression:
        """A condition, or a value worked out."""
        ...

    def prompt(self, prompt: Prompt) -> Prompt:
        """What is said."""
        ...


Act = Callable[[Change, Any], Any]
"""What a change makes of a value."""


def fields_of(kind: Any) -> tuple[Field, ...]:
    """The fields that a dataclass, `kind`, is made with, in order."""
    return _fields_of(kind)


@cache
def _fields_of(kind: Any) -> tuple[Field, ...]:
    hints = get_type_hints(kind, include_extras=True)
    own = (item.name for item in fields(kind) if item.init)
    return tuple(Field(name, hints[name], _marks(hints[name])) for name in own)


def changed(part: _Part, change: Change) -> _Part:
    """A copy of a state, or of a part of one, with every name, condition and prompt changed."""
    kind: Any = type(part)
    return replace(part, **{name: act(change, getattr(part, name)) for name, act in _acts_of(kind)})  # type: ignore[type-var]


def prompts_in(part: object) -> Iterator[tuple[str, Prompt]]:
    """(field, prompt) for every prompt of a state, those of its retries among them."""
    for field in fields_of(type(part)):
        value = getattr(part, field.name)
        if isinstance(value, Prompt):
            yield field.name, value
        elif isinstance(value, Retry):
            for prompt in value.prompts:
                yield field.name, prompt


def words_in(part: object) -> Iterator[tuple[Names, str]]:
    """(what it names, text) for every name in a state, or in a part of one, but for its own."""
    seen: list[tuple[Names, str]] = []
    changed(part, _Listing(seen))
    yield from seen


def assigned(part: object) -> frozenset[str]:
    """Values that a state, or a part of one, may change."""
    return frozenset(word for names, word in words_in(part) if names is Names.ASSIGNED)


def leading(part: object) -> Iterator[tuple[Field, Leads]]:
    """The fields of a state that lead out of it."""
    for field in fields_of(type(part)):
        leads = field.mark(Leads)
        if leads is not None:
            yield field, leads


def rerouted(part: _Part, to: Callable[[str], str]) -> Iterator[tuple[_Part, str, str]]:
    """(the state with one way changed, which way, where it leads now), for every way that is written in it."""
    for field in fields_of(type(part)):
        value = getattr(part, field.name)
        if isinstance(value, tuple) and value and isinstance(value[0], Choice):
            for index, choice in enumerate(value):
                for one, _, other in rerouted(choice, to):
                    choices = (*value[:index], one, *value[index + 1 :])
                    yield _with(part, field, choices), f"choice {choice.name}", other
        elif field.mark(Leads) is not None and value is not None:
            for way, other in _ways_changed(value, to):
                yield _with(part, field, way), field.name, other


def _ways_changed(
    value: Route | Retry | str | Mapping[str, str], to: Callable[[str], str]
) -> Iterator[tuple[object, str]]:
    match value:
        case Route(branches=branches):
            for index, branch in enumerate(branches):
                other = to(branch.to)
                yield Route((*branches[:index], replace(branch, to=other), *branches[index + 1 :])), other
        case Retry(otherwise=target):
            yield replace(value, otherwise=to(target)), to(target)
        case str():
            yield to(value), to(value)
        case Mapping():
            for place, target in value.items():
                yield {**value, place: to(target)}, to(target)


def _with(part: _Part, field: Field, value: object) -> _Part:
    return replace(part, **{field.name: value})  # type: ignore[type-var]


@dataclass(frozen=True, slots=True)
class _Listing:
    """Changes nothing and remembers the texts."""

    seen: list[tuple[Names, str]]

    def word(self, names: Names, word: str) -> str:
        self.seen.append((names, word))
        return word

    def expression(self, tree: Expression) -> Expression:
        return tree

    def prompt(self, prompt: Prompt) -> Prompt:
        return prompt


# --- what there is to do in a field, by its type ----------------------------------------------------------------------


def _marks(hint: Any) -> tuple[object, ...]:
    return tuple(hint.__metadata__) if get_origin(hint) is Annotated else ()


def _bare(hint: Any) -> Any:
    """A type without what stands beside it."""
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _options(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else ()


@cache
def _acts_of(kind: Any) -> tuple[tuple[str, Act], ...]:
    found = ((field.name, _act(field.hint)) for field in fields_of(kind))
    return tuple((name, act) for name, act in found if act is not None)


@cache
def _act(hint: Any) -> Act | None:
    """What is done with a value of this type; None where there is nothing to do."""
    names = next((mark for mark in _marks(hint) if isinstance(mark, Names)), None)
    if names in (Names.ITSELF, Names.NOTHING):
        return None
    if names is not None:
        return lambda change, word: change.word(names, word)
    hint = _bare(hint)
    options = [option for option in _options(hint) if option is not NoneType]
    if _EXPRESSION.issuperset(options or [None]):
        return lambda change, tree: None if tree is None else change.expression(tree)
    if options:
        return _optional(*options)
    if get_origin(hint) is tuple:
        one = _act(get_args(hint)[0])
        return None if one is None else lambda change, value: tuple(one(change, item) for item in value)
    if get_origin(hint) is Mapping:
        return _mapping(*get_args(hint))
    if hint is Prompt:
        return lambda change, prompt: change.prompt(prompt)
    if isinstance(hint, type) and is_dataclass(hint) and _acts_of(hint):
        return lambda change, part: changed(part, change)
    return None


def _optional(hint: Any) -> Act | None:
    one = _act(hint)
    return None if one is None else lambda change, value: None if value is None else one(change, value)


def _mapping(key: Any, held: Any) -> Act | None:
    on_key, on_held = _act(key) or _unchanged, _act(held) or _unchanged
    if on_key is on_held is _unchanged:
        return None
    return lambda change, value: {on_key(change, name): on_held(change, item) for name, item in value.items()}


def _unchanged(change: Change, value: Any) -> Any:
    return value
