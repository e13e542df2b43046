"""Every order that the core gives, in the imperative. The cell carries them out and answers with events.

Each order stands in `ivr.core.orders`, beside what answers it.
"""

from __future__ import annotations

from ivr.core.orders.assist import Rejoin
from ivr.core.orders.callback import KeepCallback
from ivr.core.orders.calls import AcceptCall, HangUp, RejectCall, SendProgress
from ivr.core.orders.colleague import FindColleague
from ivr.core.orders.desk import SendKeys, Signal, TalkChanged, TellDesk
from ivr.core.orders.evidence import Evidence, RaiseAlarm
from ivr.core.orders.listening import Listen, StopListening
from ivr.core.orders.lookup import StartLookup
from ivr.core.orders.playing import Beep, PlayMusic, PlayPrompt, StopMusic, StopPrompt
from ivr.core.orders.queue import CancelAgent, DialAgent, Enqueue, LeaveQueue
from ivr.core.orders.reading import DisclosureRead
from ivr.core.orders.recording import PauseRecording, ResumeRecording, StartRecording
from ivr.core.orders.risk import CountCalls
from ivr.core.orders.talk import Bridge, Hear, Unbridge, Whisper
from ivr.core.orders.transfer import CancelTarget, DialTarget
from ivr.core.orders.voice import CollectVoice, CompareVoice, DrawDigits, EnrolVoice, RecordVoice, StopVoice

Command = (
    SendProgress
    | AcceptCall
    | RejectCall
    | StartRecording
    | PauseRecording
    | ResumeRecording
    | Beep
    | PlayPrompt
    | StopPrompt
    | Listen
    | StopListening
    | StartLookup
    | CountCalls
    | CollectVoice
    | CompareVoice
    | RecordVoice
    | EnrolVoice
    | StopVoice
    | DrawDigits
    | Enqueue
    | LeaveQueue
    | PlayMusic
    | StopMusic
    | DialAgent
    | CancelAgent
    | DialTarget
    | CancelTarget
    | KeepCallback
    | Bridge
    | Unbridge
    | HangUp
    | RaiseAlarm
    | Evidence
    | Hear
    | Whisper
    | Signal
    | SendKeys
    | FindColleague
    | TellDesk
    | TalkChanged
    | Rejoin
    | DisclosureRead
)
