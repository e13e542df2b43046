"""Putting a dialog's state where it is used: names of its states and values get the use site before them.

Fields are told by their names. `ROLES` says of every field that holds text what it names; a test refuses a kind of
state with a field that it does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

from ivr.core.dialplan.expression import Expression, Literal, Name, Operation
from ivr.core.dialplan.model import State
from ivr.core.dialplan.parts import Piece, Prompt, Route, ValueSpec
from ivr.core.orders.playing import Clip

STATE, TARGET, VALUE, DAY, OTHER = "state", "target", "value", "day", "other"
ROLES: dict[str, str] = {
    **dict.fromkeys(("to", "otherwise", "failed", "again", "unscored", "after", "empty"), STATE),
    "target": TARGET,
    **dict.fromkeys(("into", "customer", "number"), VALUE),
    **dict.fromkeys(("first", "last"), DAY),
    **dict.fromkeys(("press", "terminator", "point", "language", "disclosure", "words", "cause"), OTHER),
    **dict.fromkeys(("source", "query", "queue", "destination", "mailbox", "end", "once"), OTHER),
}
"""What a field of a state, or of a part of one, names. `name` is the state's own, or a choice's."""
KEYS: dict[str, tuple[str, str]] = {
    "given": (OTHER, VALUE),
    "keep": (VALUE, OTHER),
    "sets": (VALUE, OTHER),
    "like": (OTHER, OTHER),
    "hear": (OTHER, OTHER),
    "pieces": (OTHER, OTHER),
}
"""What the keys and the values of a mapping name, where they are text."""
ASSIGNED = frozenset({"into", "keep", "sets"})
"""Fields that name what a state changes."""

_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Placing:
    """One use site."""

    prefix: str
    """Name of the use site with a slash; empty for the dialplan itself."""
    shared: frozenset[str]
    """Values that are the same everywhere."""

    def value(self, name: str) -> str:
        """A value's name there."""
        return name if name in self.shared else self.prefix + name

    def currency(self, currency: str | None, own: Mapping[str, ValueSpec]) -> str | None:
        """The name of the value that holds a currency, or the currency itself."""
        return self.value(currency) if currency is not None and currency in own else currency

    def expression(self, tree: Expression) -> Expression:
        """A condition there."""
        if isinstance(tree, Name):
            return Name(self.value(tree.name))
        if isinstance(tree, Operation):
            return replace(tree, operands=tuple(map(self.expression, tree.operands)))
        return tree

    def route(self, route: Route) -> Route:
        """Ways on from there."""
        return self._part(route)

    def state(self, state: State) -> State:
        """A state there."""
        return replace(self._part(state), name=self.prefix + state.name)

    def _part(self, part: _Part) -> _Part:
        """A copy with every name put there."""
        assert is_dataclass(part)
        changed = {item.name: self._field(item.name, getattr(part, item.name)) for item in fields(part) if item.init}
        return replace(part, **changed)  # type: ignore[type-var]

    def _field(self, name: str, value: Any) -> Any:
        if isinstance(value, Literal | Name | Operation):
            return self.expression(value)
        if isinstance(value, Prompt) and not any(piece.values for pieces in value.pieces.values() for piece in pieces):
            return value
        if isinstance(value, Piece):
            return self._piece(value)
        if isinstance(value, Mapping):
            keys, held = KEYS[name]
            return {self._word(keys, key): self._word(held, self._field("", item)) for key, item in value.items()}
        if isinstance(value, tuple):
            return tuple(self._field("", item) for item in value)
        if isinstance(value, str):
            return self._word(ROLES.get(name, OTHER), value)
        return self._part(value) if is_dataclass(value) and not isinstance(value, Clip | type) else value

    def _word(self, role: str, word: Any) -> Any:
        if not isinstance(word, str) or not word:
            return word
        if role == DAY:  # an ISO date, or the name of the value that holds one
            role = OTHER if word[0].isdigit() else VALUE
        if role == TARGET:  # a state, or source.query
            role = OTHER if "." in word else STATE
        return self.prefix + word if role == STATE else self.value(word) if role == VALUE else word

    def _piece(self, piece: Piece) -> Piece:
        text = piece.clip.text
        for name in piece.values:
            text = text.replace("{" + name + "}", "{" + self.value(name) + "}")
        return replace(piece, clip=replace(piece.clip, text=text), values=tuple(map(self.value, piece.values)))


def assigned(part: object) -> frozenset[str]:
    """Values that a state, or a part of one, may change."""
    found: set[str] = set()
    for item in fields(part) if is_dataclass(part) and not isinstance(part, type) else ():
        value = getattr(part, item.name)
        if item.name in ASSIGNED:
            found.update([value] if isinstance(value, str) else value)
        elif isinstance(value, tuple):
            found.update(name for one in value for name in assigned(one))
        else:
            found |= assigned(value)
    return frozenset(found)
