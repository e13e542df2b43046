"""Dialplans as they are on disk: read for checking and publishing. What is served is never read from here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ivr.adapters.files.text import read_text
from ivr.apps.settings import Settings
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.states import TransferState
from ivr.errors import OperatorError


def check_transfers(dialplan: Dialplan, settings: Settings) -> None:
    """The settings name every destination of its transfers. Raises OperatorError: a dead transfer is not served."""
    for state in dialplan.states.values():
        if isinstance(state, TransferState) and state.destination not in settings.transfers:
            known = ", ".join(settings.transfers) or "none"
            raise OperatorError(
                f"{dialplan.source}: state '{state.name}' transfers to '{state.destination}', which the settings do "
                f'not name (they name {known}): write transfers: {{{state.destination}: "sip:..."}} into ivr.yaml'
            )


def read_dialplan(path: Path) -> Dialplan:
    """Load one file with what it includes from beside it. Raises DialplanError or OperatorError."""
    return read_dialplan_texts(path)[0]


def read_dialplan_texts(path: Path) -> tuple[Dialplan, dict[str, str]]:
    """A dialplan, and what was read for it: name below its directory -> text, the main file first."""
    texts = {path.name: read_text(path)}

    def include(name: str) -> str:
        return texts.setdefault(name, read_text(_beside(path, name)))

    return load_dialplan(texts[path.name], source=str(path), read_include=include), texts


def says(path: Path, main: str, texts: Mapping[str, str]) -> bool:
    """Whether a file and what it includes say what they did when `texts` were read: then nobody need parse them again.
    Raises OperatorError when one of them cannot be read."""
    return all(read_text(path if name == main else _beside(path, name)) == text for name, text in texts.items())


def _beside(path: Path, name: str) -> Path:
    included = (path.parent / name).resolve()
    if not included.is_relative_to(path.parent.resolve()):
        raise OperatorError(f"{path}: the included file {name} lies outside of the dialplan's directory; move it there")
    return included
