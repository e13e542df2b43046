"""Putting a dialog's state where it is used: names of its states and values get the use site before them.

What a field names stands in its type (`ivr.core.dialplan.meaning`), so no field is known by its name here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ivr.core.dialplan.expression import Expression, Name, Operation
from ivr.core.dialplan.meaning import Names
from ivr.core.dialplan.parts import Piece, Prompt, Route, ValueSpec
from ivr.core.dialplan.states import State
from ivr.core.dialplan.states.walk import changed


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

    def route(self, route: Route) -> Route:
        """Ways on from there."""
        return changed(route, self)

    def state(self, state: State) -> State:
        """A state there."""
        return replace(changed(state, self), name=self.prefix + state.name)

    # --- what becomes of the things that a state is made of ---

    def word(self, names: Names, word: str) -> str:
        """A text there."""
        match names:
            case Names.STATE:
                return self.prefix + word if word else word
            case Names.TARGET:  # source.query is the same everywhere
                return word if "." in word else self.prefix + word
            case Names.VALUE | Names.ASSIGNED:
                return self.value(word) if word else word
            case Names.DAY:
                return word if word[:1].isdigit() else self.value(word)
            case _:
                return word

    def expression(self, tree: Expression) -> Expression:
        """A condition there."""
        if isinstance(tree, Name):
            return Name(self.value(tree.name))
        if isinstance(tree, Operation):
            return replace(tree, operands=tuple(map(self.expression, tree.operands)))
        return tree

    def prompt(self, prompt: Prompt) -> Prompt:
        """What is said there."""
        if not any(piece.values for pieces in prompt.pieces.values() for piece in pieces):
            return prompt
        return Prompt({language: tuple(map(self._piece, pieces)) for language, pieces in prompt.pieces.items()})

    def _piece(self, piece: Piece) -> Piece:
        text = piece.clip.text
        for name in piece.values:
            text = text.replace("{" + name + "}", "{" + self.value(name) + "}")
        return replace(piece, clip=replace(piece.clip, text=text), values=tuple(map(self.value, piece.values)))
