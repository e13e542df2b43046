"""Every phrase that a dialplan waits for, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr.core.dialplan.messages import NO, YES
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.states import AskState


def phrases(dialplan: Dialplan, language: str) -> Iterator[tuple[str, str]]:
    """(where, phrase) of what its author wrote for a language; the engine's own words for yes and no are not theirs."""
    own = {*YES.get(language, ()), *NO.get(language, ())}
    for where, hear in _written(dialplan):
        for phrase in hear.get(language, ()):
            if phrase not in own:
                yield where, phrase


def _written(dialplan: Dialplan) -> Iterator[tuple[str, Mapping[str, tuple[str, ...]]]]:
    for command in dialplan.commands:
        yield f"command '{command.name}'", command.hear
    for name, disclosure in dialplan.disclosures.items():
        if disclosure.acknowledge is not None:
            yield f"the acknowledgement of '{name}'", disclosure.acknowledge.hear
    for name, state in dialplan.states.items():
        for choice in state.choices if isinstance(state, AskState) else ():
            yield f"'{choice.name}' of state '{dialplan.definition(name)}'", choice.hear
    yield "words: yes", dialplan.yes
    yield "words: no", dialplan.no
