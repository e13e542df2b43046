"""Recording and the caller's consent: a call that must be recorded is not led on by a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from ivr.core.dialplan.flow import graph, reachable
from ivr.core.dialplan.language.build import Places
from ivr.core.dialplan.language.finding import Finding
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.states import (
    AskState,
    BranchState,
    CallbackState,
    DiscloseForState,
    DiscloseState,
    EndState,
    EnrolState,
    EnterState,
    LookupState,
    QueueState,
    ReturnState,
    SayState,
    State,
    StepUpState,
    TransferState,
    VoicemailState,
    VoiceState,
)


def _lets_go(state: State) -> bool:
    """Whether nothing is asked there and nobody is put through."""
    match state:
        case SayState() | BranchState() | StepUpState() | EnterState() | ReturnState() | EndState():
            return True
        case AskState() | DiscloseState() | DiscloseForState() | LookupState() | VoiceState() | EnrolState():
            return False
        case QueueState() | TransferState() | CallbackState() | VoicemailState():
            return False
        case _:
            assert_never(state)


def consent(dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """Questions for consent fit what the dialplan says of recording. Every target must exist."""
    questions = [state for state in dialplan.states.values() if isinstance(state, AskState) and state.consent]
    if dialplan.recording == "consent":
        if not questions:
            hint = "Add a state with consent: recording, or leave recording: out."
            yield places.at(("recording",)).finding("D211", "nobody is ever asked for consent.", hint)
        return
    forward = {name: [way.target for way in out] for name, out in graph(dialplan).items()}
    for state in questions:
        for path, target in _refusals(state):
            after = reachable([target], forward)
            if not all(_lets_go(dialplan.states[name]) for name in after):
                text = f"who refuses is led on to '{target}', and this dialplan's calls must be recorded."
                hint = "Lead to a hang_up:, or write recording: consent in the dialplan's head."
                yield places.at(("states", state.name, *path)).finding("D210", text, hint)


def _refusals(state: AskState) -> Iterator[tuple[tuple[str, ...], str]]:
    """(where it is written, where it leads)"""
    refused = {target for choice in state.choices if choice.consents is False for target in choice.go.targets()}
    yield from ((("no",), target) for target in sorted(refused))
    for kind, retry in (("silence", state.silence), ("nomatch", state.nomatch)):
        if retry.otherwise not in refused:
            yield (kind, "otherwise"), retry.otherwise
