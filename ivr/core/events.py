"""Every fact that reaches a call, in the past tense. One frozen class each; time comes beside them as `now`.

A call's journal is the list of these with their times: running it through `ivr.core.call` again gives the same
orders. Each fact stands in `ivr.core.orders`, beside the order that it answers.
"""

from __future__ import annotations

from ivr.core.orders.alerts import RuleFound
from ivr.core.orders.assist import AssistBegun
from ivr.core.orders.callback import CallbackFailed, CallbackKept
from ivr.core.orders.calls import CallAnswered, CallArrived, DrainRequested
from ivr.core.orders.colleague import ColleagueFound, ColleagueMissing
from ivr.core.orders.desk import AgentAsked, BackInQueue, CallerConfirmed, HandedOver, PartyPressed
from ivr.core.orders.keypad import DigitPressed, KeysMissed
from ivr.core.orders.legs import CallerVanished, LegHeld, LegHungUp, LegResumed, LineMeasured, MediaAstray, MediaMissing
from ivr.core.orders.listening import HypothesisReceived, RecognizerFailed, SpeechEnded, SpeechStarted, TranscriptReady
from ivr.core.orders.lookup import LookupDone, LookupFailed
from ivr.core.orders.playing import LossReported, PromptEnded, PromptStarted
from ivr.core.orders.queue import (
    AgentAnswered,
    AgentFailed,
    AgentOffered,
    AgentRinging,
    PlaceTold,
    QueueFailed,
    QueueJoined,
)
from ivr.core.orders.reading import AgentSaid, CallerOverheard
from ivr.core.orders.recording import PauseAsked, RecordingFailed, RecordingStarted, ResumeAsked
from ivr.core.orders.risk import CallsCounted
from ivr.core.orders.supervisor import SupervisorSent, SupervisorTurned
from ivr.core.orders.talk import TalkNearsEnd, TalkOver, WhisperEnded
from ivr.core.orders.transfer import TargetAnswered, TargetFailed
from ivr.core.orders.voice import (
    AgentVoiceJudged,
    DigitsDrawn,
    VoiceEnrolled,
    VoiceNotEnrolled,
    VoiceRecorded,
    VoiceScored,
    VoiceUnscored,
)

Event = (
    CallArrived
    | CallsCounted
    | RecordingStarted
    | RecordingFailed
    | CallAnswered
    | MediaMissing
    | CallerVanished
    | MediaAstray
    | PromptStarted
    | PromptEnded
    | LossReported
    | SpeechStarted
    | SpeechEnded
    | HypothesisReceived
    | TranscriptReady
    | RecognizerFailed
    | DigitPressed
    | KeysMissed
    | LookupDone
    | LookupFailed
    | VoiceScored
    | VoiceUnscored
    | DigitsDrawn
    | VoiceRecorded
    | VoiceEnrolled
    | VoiceNotEnrolled
    | QueueJoined
    | PlaceTold
    | AgentOffered
    | AgentRinging
    | AgentAnswered
    | AgentFailed
    | TargetAnswered
    | TargetFailed
    | CallbackKept
    | CallbackFailed
    | QueueFailed
    | LegHeld
    | LegResumed
    | LegHungUp
    | LineMeasured
    | PauseAsked
    | ResumeAsked
    | TalkNearsEnd
    | TalkOver
    | DrainRequested
    | AgentAsked
    | PartyPressed
    | ColleagueFound
    | ColleagueMissing
    | WhisperEnded
    | SupervisorSent
    | SupervisorTurned
    | HandedOver
    | AssistBegun
    | AgentSaid
    | CallerOverheard
    | RuleFound
    | BackInQueue
    | CallerConfirmed
    | AgentVoiceJudged
)
