"""Sub-dialogs: defined once, expanded at every use into states of their own, so that nothing that runs or proves a
dialplan knows of them (compare VoiceXML 2.0, section 2.3.4, where a subdialog runs in a context of its own).

At the use site `verify` the dialog's state `ask_pin` becomes `verify/ask_pin`, its value `pin` becomes `verify/pin`.
A dialog sees its own values and the engine's, no others, and leads to its own states, no others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ivr.core.dialplan.expression import Expression, names
from ivr.core.dialplan.language.placing import Placing
from ivr.core.dialplan.language.source import Path
from ivr.core.dialplan.meaning import AssignedName, OwnName, Word
from ivr.core.dialplan.parts import Branch, Route, ValueSpec
from ivr.core.dialplan.states import EnterState, ReturnState, State

MAX_STATES = 50_000
"""States after expansion: dialogs within dialogs multiply."""


@dataclass(frozen=True, slots=True)
class DialogUse:
    """A state that runs a dialog, before expansion."""

    name: OwnName
    dialog: Word
    given: Mapping[Word, Expression]
    """Parameter -> what it is given."""
    keep: Mapping[AssignedName, Word]
    """Value's name -> result."""
    returns: Mapping[Word, Route]
    """Outcome -> the way on."""
    served: bool = False


@dataclass(frozen=True, slots=True)
class Dialog:
    """A dialog as written: names as its author gave them."""

    name: str
    parameters: Mapping[str, ValueSpec]
    values: Mapping[str, ValueSpec]
    """All that it knows of its own: parameters, values, results."""
    results: frozenset[str]
    start: str
    states: Mapping[str, State | DialogUse]

    @property
    def outcomes(self) -> tuple[str, ...]:
        """What it may return."""
        found = (state.outcome for state in self.states.values() if isinstance(state, ReturnState))
        return tuple(dict.fromkeys(found))

    def used(self) -> set[str]:
        """Dialogs that it runs itself."""
        return {state.dialog for state in self.states.values() if isinstance(state, DialogUse)}


@dataclass(slots=True)
class Expansion:
    """What becomes of a dialplan's states and dialogs."""

    dialogs: Mapping[str, Dialog]
    shared: frozenset[str]
    """Values that dialogs see too: the engine's own."""
    values: dict[str, ValueSpec]
    states: dict[str, State] = field(default_factory=dict)
    defined: dict[str, str] = field(default_factory=dict)
    """State at a use site -> dialog/state."""
    places: dict[Path, Path] = field(default_factory=dict)
    """Path of what was expanded -> where it is written."""

    def expand(self, states: Mapping[str, State | DialogUse]) -> None:
        """All of a dialplan's own states, and what they use."""
        for name, state in states.items():
            if isinstance(state, DialogUse):
                self._enter(state, Placing("", self.shared), ("states", name))
            else:
                self.states[name] = state

    @property
    def is_too_large(self) -> bool:
        """Whether expansion was given up."""
        return len(self.states) > MAX_STATES

    def _enter(self, use: DialogUse, outer: Placing, written: Path) -> None:
        """The state that a dialog is entered by, and all states of that dialog."""
        dialog, site = self.dialogs[use.dialog], outer.prefix + use.name
        inner = Placing(site + "/", self.shared)
        secrets = frozenset(name for name, spec in self.values.items() if spec.secret)
        given = {inner.value(name): outer.expression(tree) for name, tree in use.given.items()}
        for name, spec in dialog.values.items():
            self.values[inner.value(name)] = replace(
                spec, name=inner.value(name), currency=inner.currency(spec.currency, dialog.values)
            )
            self.places["values", inner.value(name)] = ("dialogs", dialog.name, _section(dialog, name), name)
        self.states[site] = EnterState(
            site,
            dialog.name,
            given,
            tuple(inner.value(name) for name in dialog.values),
            tuple(sorted(frozenset().union(*map(names, given.values())) & secrets)),
            Route((Branch(None, inner.prefix + dialog.start),)),
            served=use.served,
        )
        if outer.prefix:
            self.places["states", site] = written
        for name, state in dialog.states.items():
            if self.is_too_large:
                return
            self._place(dialog, state, use, (outer, inner), ("dialogs", dialog.name, "states", name))

    def _place(
        self,
        dialog: Dialog,
        state: State | DialogUse,
        use: DialogUse,
        scopes: tuple[Placing, Placing],
        written: Path,
    ) -> None:
        outer, inner = scopes
        name = inner.prefix + state.name
        self.defined[name] = f"{dialog.name}/{state.name}"
        if isinstance(state, DialogUse):
            self._enter(state, inner, written)
            return
        self.places["states", name] = written
        if isinstance(state, ReturnState):
            keep = {outer.value(kept): inner.value(result) for kept, result in use.keep.items()}
            drops = tuple(inner.value(own) for own, spec in dialog.values.items() if spec.secret)
            way = outer.route(use.returns[state.outcome])
            self.states[name] = replace(state, name=name, site=outer.prefix + use.name, keep=keep, drops=drops, go=way)
        else:
            self.states[name] = inner.state(state)


def _section(dialog: Dialog, name: str) -> str:
    return "parameters" if name in dialog.parameters else "results" if name in dialog.results else "values"


def circles(dialogs: Mapping[str, Dialog]) -> Iterator[list[str]]:
    """Every dialog that runs itself: the walk from it back to it."""
    for first in dialogs:
        before: dict[str, str] = {}
        queue = [first]
        for name in queue:
            for other in sorted(dialogs[name].used() & dialogs.keys()):
                if other == first:
                    walk = [name]
                    while walk[-1] != first:
                        walk.append(before[walk[-1]])
                    yield [*reversed(walk), first]
                    queue.clear()
                    break
                if other not in before:
                    before[other] = name
                    queue.append(other)
