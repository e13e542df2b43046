"""From the shape of dialogs to their definitions, and what can be said of a definition before it is used."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.core.dialplan.language.build import Builder
from ivr.core.dialplan.language.build_states import StateBuilder, value_specs
from ivr.core.dialplan.language.dialogs import Dialog, DialogUse, circles
from ivr.core.dialplan.language.likeness import meant
from ivr.core.dialplan.language.schema_file import DialogIn, FileIn
from ivr.core.dialplan.language.source import Path
from ivr.core.dialplan.parts import Prompt
from ivr.core.dialplan.states import State
from ivr.core.dialplan.states.walk import assigned

_SECTIONS = ("parameters", "values", "results")


def build_dialogs(
    file: FileIn, builder: Builder, common: dict[str, Prompt], shared: frozenset[str]
) -> dict[str, Dialog]:
    """Every dialog of a file. What is wrong with one is noted once, however often it is used."""
    found = {name: _build(name, written, file, builder, common) for name, written in file.dialogs.items()}
    for dialog in found.values():
        _check(dialog, file.dialogs[dialog.name], builder, shared)
    for walk in circles(found):
        path: Path = ("dialogs", walk[0])
        builder.wrong(path, "D201", f"a dialog runs itself: {' > '.join(walk)}.", "Lead back inside it.", key=True)
    return found


def check_uses(states: Mapping[str, State | DialogUse], dialogs: Mapping[str, Dialog], builder: Builder) -> None:
    """Uses fit their dialogs, and every dialog of the dialplan's own file is used."""
    _uses(states, dialogs, builder, ("states",))
    for dialog in dialogs.values():
        _uses(dialog.states, dialogs, builder, ("dialogs", dialog.name, "states"))
    reached: set[str] = set()
    waiting = [state.dialog for state in states.values() if isinstance(state, DialogUse)]
    while waiting:
        name = waiting.pop()
        if name in dialogs and name not in reached:
            reached.add(name)
            waiting.extend(dialogs[name].used())
    for name in dialogs.keys() - reached:
        if builder.places.in_main(("dialogs", name)):
            text = f"the dialog '{name}' is never used."
            builder.wrong(("dialogs", name), "D202", text, f"Add a state with dialog: {name}, or delete it.", key=True)


def _build(name: str, written: DialogIn, file: FileIn, builder: Builder, common: dict[str, Prompt]) -> Dialog:
    own = {**written.parameters, **written.values, **written.results}
    defaults = file.defaults.model_copy(
        update={
            "otherwise": written.otherwise,
            # The ways out of the dialplan's defaults lead to states that a dialog cannot lead to.
            "silence": file.defaults.silence.model_copy(update={"otherwise": None}),
            "nomatch": file.defaults.nomatch.model_copy(update={"otherwise": None}),
        }
    )
    inside = file.model_copy(update={"values": own, "defaults": defaults})
    states = StateBuilder(builder, inside, common, at=("dialogs", name, "states"))
    return Dialog(
        name,
        value_specs(written.parameters),
        value_specs(own),
        frozenset(written.results),
        written.start,
        {state: states.build(state, item) for state, item in written.states.items()},
    )


def _check(dialog: Dialog, written: DialogIn, builder: Builder, shared: frozenset[str]) -> None:
    path: Path = ("dialogs", dialog.name)
    if dialog.start not in dialog.states:
        hint = meant(dialog.start, dialog.states, "Name one of the dialog's.")
        builder.wrong((*path, "start"), "D170", f"no state is named '{dialog.start}'.", hint)
    declared: set[str] = set()
    for section in _SECTIONS:
        for name in getattr(written, section):
            if name in shared:
                text = f"'{name}' is a name of the engine's own."
                builder.wrong((*path, section, name), "D140", text, "Choose another.", key=True)
            if name in declared:
                text = f"'{name}' is here a second time."
                builder.wrong((*path, section, name), "D205", text, "A result needs no place under values:.", key=True)
            declared.add(name)
    for name in sorted(dialog.results):
        if dialog.values[name].secret:
            text = f"'{name}' is secret."
            builder.wrong((*path, "results", name), "D145", text, "A secret is not handed back.", key=True)
    for state in dialog.states.values():
        for name in sorted(assigned(state) & dialog.parameters.keys()):
            text = f"the parameter '{name}' is changed here."
            hint = "An identity that rests on it would be somebody else's: keep this in a value of its own."
            builder.wrong((*path, "states", state.name), "D204", text, hint, key=True)


def _uses(states: Mapping[str, State | DialogUse], dialogs: Mapping[str, Dialog], builder: Builder, at: Path) -> None:
    for state in states.values():
        if not isinstance(state, DialogUse):
            continue
        path: Path = (*at, state.name)
        dialog = dialogs.get(state.dialog)
        if dialog is None:
            text = f"no dialog is named '{state.dialog}'."
            hint = meant(state.dialog, dialogs, "Write it under dialogs:, or include its file.")
            builder.wrong((*path, "dialog"), "D200", text, hint)
            continue
        _compare(builder, (*path, "returns"), state.returns, dialog.outcomes, "D203", "outcome")
        _compare(builder, (*path, "given"), state.given, tuple(dialog.parameters), "D206", "parameter")
        for kept, result in state.keep.items():
            if result not in dialog.results:
                known = ", ".join(sorted(dialog.results)) or "none"
                text = f"the dialog '{dialog.name}' has no result '{result}'."
                hint = meant(result, dialog.results, f"Its results are: {known}.")
                builder.wrong((*path, "keep", kept), "D207", text, hint)


def _compare(
    builder: Builder, path: Path, written: Mapping[str, object], wanted: tuple[str, ...], code: str, what: str
) -> None:
    for name in wanted:
        if name not in written:
            text = f"the dialog's {what} '{name}' is not in {path[-1]}:."
            builder.wrong(path, code, text, f"Add {name}: to {path[-1]}:.", key=True)
    for name in written:
        if name not in wanted:
            known = ", ".join(wanted) or "none"
            hint = meant(name, wanted, f"It has: {known}.")
            builder.wrong((*path, name), code, f"the dialog has no {what} '{name}'.", hint, key=True)
