"""Which step runs a state: each kind has its own."""

from __future__ import annotations

from typing import assert_never

from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.runtime.session import Step
from ivr.core.dialplan.runtime.step import BranchStep, EndStep, SayStep
from ivr.core.dialplan.runtime.step_ask import AskStep
from ivr.core.dialplan.runtime.step_callback import CallbackStep
from ivr.core.dialplan.runtime.step_challenge import ChallengeStep
from ivr.core.dialplan.runtime.step_dialog import EnterStep, ReturnStep
from ivr.core.dialplan.runtime.step_disclose import DiscloseForStep, disclosing
from ivr.core.dialplan.runtime.step_enrol import EnrolStep
from ivr.core.dialplan.runtime.step_lookup import LookupStep
from ivr.core.dialplan.runtime.step_queue import QueueStep
from ivr.core.dialplan.runtime.step_transfer import TransferStep
from ivr.core.dialplan.runtime.step_up import StepUpStep
from ivr.core.dialplan.runtime.step_voice import VoiceStep
from ivr.core.dialplan.runtime.step_voicemail import VoicemailStep
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


def step_for(state: State, dialplan: Dialplan) -> Step:
    """What runs a state."""
    match state:
        case SayState():
            return SayStep(state)
        case AskState():
            return AskStep(state)
        case DiscloseForState():
            return DiscloseForStep(state)
        case LookupState():
            return LookupStep(state)
        case VoiceState():
            return ChallengeStep(state) if state.challenge else VoiceStep(state)
        case EnrolState():
            return EnrolStep(state)
        case BranchState():
            return BranchStep(state)
        case StepUpState():
            return StepUpStep(state)
        case QueueState():
            return QueueStep(state)
        case TransferState():
            return TransferStep(state)
        case CallbackState():
            return CallbackStep(state)
        case VoicemailState():
            return VoicemailStep(state)
        case EnterState():
            return EnterStep(state)
        case ReturnState():
            return ReturnStep(state)
        case EndState():
            return EndStep(state)
        case DiscloseState(disclosure=name):
            return disclosing(state, dialplan.disclosures[name])
        case _:
            assert_never(state)
