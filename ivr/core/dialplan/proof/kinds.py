"""What the proof must try in each kind of state, besides what can happen anywhere: the one table that it has of them.

A kind that is not in it does not pass mypy: what is left out here would never be explored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from ivr.core.dialplan.expression import names
from ivr.core.dialplan.proof.act import Act, ActKind
from ivr.core.dialplan.proof.enacted import REPORTS, TARGET_CODES, WITHHELD
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


@dataclass(frozen=True, slots=True)
class Trial:
    """What must be tried in a state."""

    own: tuple[Act, ...] = ()
    """What can happen there at any time."""
    reports: tuple[str, ...] = ("full", "failed")
    """Ends of a prompt that make a difference; how much of it was heard matters to a warning alone."""
    asks: bool = False
    """Whether it asks something: what was typed or said ahead may answer it."""
    keeps: bool = False
    """Whether what is pressed and said there is only kept for the next question, which is explored with each of it."""
    presses: str | None = None
    """A key that means something there, though nothing is asked."""
    tries: int = 0
    """How many attempts may have been used before it is entered."""
    may_be_settled: bool = False
    """Whether it does otherwise when what it plays was heard before."""
    may_stay: bool = False
    """Whether an agent may be on the line already when it is entered."""
    may_be_read: bool = False
    """Whether such an agent may just have read what it plays."""
    uses: frozenset[str] = frozenset()
    """Values that decide, by being known or not, how it can be left, besides those that it says."""


def trial_of(state: State) -> Trial:
    """What must be tried there."""
    match state:
        case SayState():
            return Trial(keeps=True)
        case AskState():
            return Trial(asks=True)
        case DiscloseState(asks=asks):
            return Trial(asks=asks, keeps=not asks, reports=_OF_WARNINGS, may_be_read=asks)
        case DiscloseForState():
            return Trial(asks=True, reports=_OF_WARNINGS, may_be_settled=True, may_be_read=True)
        case LookupState():
            return Trial(tries=state.attempts, uses=frozenset(state.given.values()))
        case VoiceState():
            return Trial(tries=state.attempts, uses=frozenset({state.customer}))
        case EnrolState():
            return Trial(uses=frozenset({state.customer}))
        case QueueState():
            places = tuple(Act(ActKind.HAND_OVER, keys) for keys in state.hand_over)
            ways = tuple(Act(ActKind.OVERFLOW, way) for way in state.overflow)
            assists = tuple(Act(ActKind.ASSIST, keys) for keys in state.assist)
            knows = (Act(ActKind.CONFIRM),) if state.confirms is not None else ()
            return Trial(
                own=_QUEUE + places + assists + ways + knows,
                presses=state.press,
                may_stay=bool(assists),
                uses=frozenset() if state.customer is None else frozenset({state.customer}),
            )
        case TransferState():
            return Trial(own=_TRANSFER)
        case CallbackState():
            return Trial(own=_CALLBACK, uses=frozenset() if state.number is None else frozenset({state.number}))
        case VoicemailState():
            return Trial(own=(Act(ActKind.GONE),))
        case BranchState() | StepUpState() | EnterState() | ReturnState() | EndState():
            return Trial()  # nothing is awaited there but the end of a last prompt
        case _:
            assert_never(state)


def waits(state: State) -> bool:
    """Whether time passes there, and the caller may hold the line or talk with somebody."""
    return not isinstance(state, BranchState | StepUpState | EnterState | ReturnState)


def made_in(state: State) -> Mapping[str, frozenset[str]]:
    """Value that it sets out of others -> those that it is made of, or was looked up with."""
    match state:
        case LookupState():
            return dict.fromkeys(state.keep, frozenset(state.given.values()))
        case BranchState():
            return {name: names(tree) for name, tree in state.sets.items()}
        case EnterState():
            return {name: names(tree) for name, tree in state.given.items()}
        case ReturnState():
            return {outer: frozenset({inner}) for outer, inner in state.keep.items()}
        case (
            AskState()
            | VoiceState()
            | EnrolState()
            | QueueState()
            | TransferState()
            | CallbackState()
            | VoicemailState()
        ):
            return {}
        case SayState() | DiscloseState() | DiscloseForState() | StepUpState() | EndState():
            return {}
        case _:
            assert_never(state)


_OF_WARNINGS = tuple(name for name in REPORTS if name != WITHHELD)
_QUEUE = tuple(
    Act(kind)
    for kind in (
        ActKind.OFFER,
        ActKind.AGENT,
        ActKind.AGENT_FAILS,
        ActKind.AGENT_ENDS,
        ActKind.AGENT_READS,
        ActKind.BACK_IN_QUEUE,
        ActKind.QUEUE_FAILS,
        ActKind.GONE,
    )
)
_TRANSFER = (
    *(Act(ActKind.TARGET_FAILS, detail) for detail in TARGET_CODES),
    *map(Act, (ActKind.TARGET, ActKind.TARGET_ENDS, ActKind.STALE_TARGET, ActKind.GONE)),
)
_CALLBACK = tuple(map(Act, (ActKind.KEPT, ActKind.NOT_KEPT, ActKind.STALE_KEPT, ActKind.GONE)))
