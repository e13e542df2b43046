"""Every message of the bus."""

from __future__ import annotations

from ivr.engine.bus.alarms import AlarmAcknowledged, AlarmSettled, AlarmsReport, AlarmsWanted
from ivr.engine.bus.attempts import (
    AccountProofTaken,
    AccountProofWanted,
    AttemptAnswered,
    AttemptPassed,
    AttemptUnanswered,
    AttemptWanted,
)
from ivr.engine.bus.callbacks import CallbackAnswered, CallbackWanted, CalleeDue, CalleeRefused
from ivr.engine.bus.calls import CallSaved, CallStored, DialogsHeld, StepsKept, StepTold
from ivr.engine.bus.cells import Alarm, CellHello, CellState, Counted
from ivr.engine.bus.counts import CountTold, CountWanted
from ivr.engine.bus.desk import (
    ColleagueOffered,
    ColleagueRefused,
    ColleagueWanted,
    DeskAnswered,
    DeskAsked,
    DeskOrdered,
    DeskTold,
    PhoneKeyMade,
    PhoneKeyTaken,
    SupervisorAsked,
    SupervisorOffered,
)
from ivr.engine.bus.edge import DialWord, EdgeEnds, EdgeSettled
from ivr.engine.bus.hosts import (
    FilePart,
    FileWanted,
    JournalPart,
    JournalsHeld,
    JournalTaken,
    ServedTold,
    ServedWanted,
)
from ivr.engine.bus.inspector import InspectorTold
from ivr.engine.bus.live import (
    CallsReport,
    CallStands,
    CallsWanted,
    OwnCallFound,
    OwnCallWanted,
    RulesFound,
    TalkSaid,
    WordsReport,
    WordsWanted,
)
from ivr.engine.bus.queue import AgentNotWanted, AgentWanted, NoAgent, Offered, OfferResult, PlaceTold, Queued
from ivr.engine.bus.shipping import ShippingTold
from ivr.engine.bus.staff import (
    AgentProofWanted,
    AgentProved,
    AgentsChanged,
    AgentTaken,
    AgentTold,
    DispositionTold,
    MessageHeard,
    StatusReport,
    StatusWanted,
    WhyReport,
    WhyWanted,
)
from ivr.engine.bus.stock import KeysHeld, KeysIssued, KeysRotated, KeysVoided, KeysWanted, StocksVoided

Message = (
    CellHello
    | CellState
    | KeysWanted
    | KeysHeld
    | CallSaved
    | DialogsHeld
    | StepTold
    | AgentWanted
    | AgentNotWanted
    | CallbackWanted
    | CountWanted
    | AttemptWanted
    | AttemptPassed
    | AttemptUnanswered
    | OfferResult
    | Alarm
    | Counted
    | StatusWanted
    | AgentsChanged
    | MessageHeard
    | KeysRotated
    | AgentTold
    | DispositionTold
    | AgentProofWanted
    | AccountProofWanted
    | WhyWanted
    | EdgeEnds
    | KeysIssued
    | KeysVoided
    | StocksVoided
    | DialWord
    | CallStored
    | StepsKept
    | StatusReport
    | AgentTaken
    | AgentProved
    | AccountProofTaken
    | WhyReport
    | EdgeSettled
    | Queued
    | PlaceTold
    | Offered
    | CallbackAnswered
    | CalleeDue
    | CalleeRefused
    | CountTold
    | AttemptAnswered
    | NoAgent
    | ColleagueWanted
    | ColleagueOffered
    | ColleagueRefused
    | DeskTold
    | DeskOrdered
    | DeskAsked
    | DeskAnswered
    | PhoneKeyMade
    | PhoneKeyTaken
    | SupervisorAsked
    | SupervisorOffered
    | CallStands
    | TalkSaid
    | RulesFound
    | CallsWanted
    | CallsReport
    | OwnCallWanted
    | OwnCallFound
    | WordsWanted
    | WordsReport
    | AlarmsWanted
    | AlarmsReport
    | AlarmAcknowledged
    | AlarmSettled
    | InspectorTold
    | ShippingTold
    | ServedWanted
    | ServedTold
    | FileWanted
    | FilePart
    | JournalPart
    | JournalTaken
    | JournalsHeld
)
