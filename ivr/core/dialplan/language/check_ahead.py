"""What is kept while something is said must be no secret: it would lie among what is no secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

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
    StepUpState,
    TransferState,
    VoicemailState,
    VoiceState,
)


def findings(state: SayState | DiscloseState, dialplan: Dialplan, places: Places) -> Iterator[Finding]:
    """Of a state that keeps what comes ahead, if the next question is secret."""
    if any(_asks_secret(target, dialplan, set()) for target in state.go.targets()):
        hint = "Leave type_ahead out: keys pressed early would be kept as if they were no secret."
        mark = places.at(("states", state.name, "type_ahead"))
        yield mark.finding("D151", "the next question is secret.", hint)


def _asks_secret(name: str, dialplan: Dialplan, seen: set[str]) -> bool:
    """Whether a secret question may follow before any other question."""
    state = dialplan.states.get(name)
    if state is None or name in seen:
        return False
    seen.add(name)
    match state:
        case AskState():
            return state.entry is not None and state.entry.secret
        case SayState() | BranchState() | LookupState() | EnterState() | ReturnState() | DiscloseState(asks=False):
            return any(_asks_secret(target, dialplan, seen) for target in state.go.targets())
        case DiscloseState() | DiscloseForState() | VoiceState() | EnrolState() | QueueState() | TransferState():
            return False  # what was keyed in ahead is forgotten there, or hidden
        case StepUpState():
            return any(_asks_secret(target, dialplan, seen) for target in state.ways.targets())
        case CallbackState() | VoicemailState() | EndState():
            return False
        case _:
            assert_never(state)
