"""The kinds of states, a file each: what is written of a state, each field with its meaning in its type.

Never here: what runs a state (`runtime`), what YAML says of one (`language`), what is proved of it (`proof`).
A new kind stands in `State`; mypy and tests name all that must know of it (docs/architecture.md).
Imports of dialplan: parts, meaning, expression.
"""

from __future__ import annotations

from ivr.core.dialplan.states.ask import AskState
from ivr.core.dialplan.states.branch import BranchState
from ivr.core.dialplan.states.callback import CallbackState
from ivr.core.dialplan.states.dialog import EnterState, ReturnState
from ivr.core.dialplan.states.disclose import DiscloseForState, DiscloseState
from ivr.core.dialplan.states.end import EndState
from ivr.core.dialplan.states.enrol import EnrolState
from ivr.core.dialplan.states.lookup import LookupState
from ivr.core.dialplan.states.queue import QueueState
from ivr.core.dialplan.states.say import SayState
from ivr.core.dialplan.states.step_up import StepUpState
from ivr.core.dialplan.states.transfer import TransferState
from ivr.core.dialplan.states.voice import VoiceState
from ivr.core.dialplan.states.voicemail import VoicemailState

State = (
    SayState
    | AskState
    | DiscloseState
    | DiscloseForState
    | LookupState
    | VoiceState
    | EnrolState
    | StepUpState
    | BranchState
    | QueueState
    | TransferState
    | VoicemailState
    | CallbackState
    | EnterState
    | ReturnState
    | EndState
)

__all__ = [
    "AskState",
    "BranchState",
    "CallbackState",
    "DiscloseForState",
    "DiscloseState",
    "EndState",
    "EnrolState",
    "EnterState",
    "LookupState",
    "QueueState",
    "ReturnState",
    "SayState",
    "State",
    "StepUpState",
    "TransferState",
    "VoiceState",
    "VoicemailState",
]
