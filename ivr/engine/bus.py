"""What cells and hub tell each other, over one Unix socket a cell.

Each message is one frozen class; on the wire it is a JSON object on a line, its class in `"is"`. A message that does
not parse ends the connection (fail closed); a cell whose hub is gone serves on and reconnects.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# --- cell to hub ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CellHello:
    """First on every connection."""

    cell: int
    """Its number, 0 up."""
    pid: int
    sip: str
    """address:port of its SIP transport."""
    call_id: str | None = None
    """The call it carries (after a reconnect), if any."""
    publication: str = ""
    """Id of what it serves."""


@dataclass(frozen=True, slots=True)
class CellState:
    """What a cell does now."""

    cell: int
    state: str
    """idle, busy, draining."""
    call_id: str | None = None
    calls_served: int = 0


@dataclass(frozen=True, slots=True)
class KeysWanted:
    """The cell's stock of data keys runs low."""

    count: int


@dataclass(frozen=True, slots=True)
class KeysHeld:
    """Answer to KeysVoided: which keys wrapped the data keys that the cell still has, in stock or for its call."""

    kek_ids: tuple[str, ...]
    void: tuple[str, ...]
    """Those of KeysVoided, and of all before: what this answers."""


@dataclass(frozen=True, slots=True)
class CallSaved:
    """The call's record as it stands; sent when it begins, when it is answered and when it ends."""

    record: dict[str, object] = field(repr=False)
    """`CallRecord` as JSON."""
    final: bool = False


@dataclass(frozen=True, slots=True)
class DialogsHeld:
    """The SIP dialogs of the call that are up: what is needed to end each of them if the cell dies."""

    call_id: str
    dialogs: tuple[tuple[str, ...], ...] = field(repr=False)
    """`Dialog.words()` of each."""


@dataclass(frozen=True, slots=True)
class StepTold:
    """A step of a call, for the audit log. Owed until StepsKept names it or a later one."""

    call_id: str
    began: float
    """Wall clock at the call's start."""
    number: int
    """From 1, in the call's order."""
    at: float
    action: str
    details: dict[str, object] = field(repr=False)
    """What the log may hold: hashes, staff, our own documents."""


@dataclass(frozen=True, slots=True)
class AgentWanted:
    """The call waits for an agent."""

    call_id: str
    queue: str
    priority: int = 0
    language: str = ""
    waited: float = 0.0
    """Seconds that it waited already, when it is said again to a hub that was started anew."""


@dataclass(frozen=True, slots=True)
class AgentNotWanted:
    """The call left the queue, or ended."""

    call_id: str


@dataclass(frozen=True, slots=True)
class CallbackWanted:
    """The caller wants to be called back. Answered by CallbackAnswered."""

    call_id: str
    callback_id: int
    queue: str
    number: str = field(repr=False)
    language: str = ""


@dataclass(frozen=True, slots=True)
class AttemptWanted:
    """A caller tries to prove who they are, by an account. Answered by AttemptAnswered; lost with its connection."""

    call_id: str
    lookup_id: int
    account: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AttemptPassed:
    """They have proved it."""

    call_id: str
    account: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AttemptUnanswered:
    """The data source did not answer: nothing was learnt."""

    call_id: str
    account: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OfferResult:
    """What became of an offer."""

    call_id: str
    offer_id: str
    result: str
    """ringing, answered, held, retrieved, failed, ended."""
    code: int = 0
    """SIP status code of a failure."""
    agent: str = ""
    """Whom the offer holds; filled in by the cell's link, for a hub that was started again and does not know."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Someone must look at this now."""

    kind: str
    text: str
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """Growth of counters since the last message (Prometheus counters of the cell)."""

    counters: dict[str, float]


@dataclass(frozen=True, slots=True)
class StatusWanted:
    """The command line asks what the engine does now. Answered by StatusReport; needs no CellHello."""


@dataclass(frozen=True, slots=True)
class AgentsChanged:
    """The command line changed the directory of agents: read it again. Needs no CellHello."""


@dataclass(frozen=True, slots=True)
class KeysRotated:
    """The command line rotated the key, or is to retire one. Answered by StocksVoided; needs no CellHello."""

    old: tuple[str, ...]
    """Keys that wrap nothing new."""


@dataclass(frozen=True, slots=True)
class AgentTold:
    """The command line says what an agent does from now on. Answered by AgentTaken; needs no CellHello."""

    agent: str
    choice: str
    """login, logout, pause or resume."""
    reason: str = ""
    """Of a pause."""
    by: str = ""
    """Who said so: a member of staff."""


@dataclass(frozen=True, slots=True)
class WhyWanted:
    """The command line asks why a call waits. Answered by WhyReport; needs no CellHello."""

    call_id: str


@dataclass(frozen=True, slots=True)
class EdgeEnds:
    """The supervisor is about to end the edge: take from it what dies with it. Answered by EdgeSettled."""


# --- hub to cell ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeysIssued:
    """Data keys for coming recordings; base64 of key and wrapped key."""

    keys: tuple[tuple[str, str, str], ...] = field(repr=False)
    """(key, wrapped, kek_id)"""


@dataclass(frozen=True, slots=True)
class KeysVoided:
    """Data keys that these keys wrapped may be used for no new recording. Answered by KeysHeld."""

    kek_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StocksVoided:
    """What became of the cells' stocks."""

    held: tuple[str, ...]
    """Keys that some cell's data key still depends on: of a running call."""
    unheard: int
    """Cells that should be there and did not answer: nothing is known of them."""


@dataclass(frozen=True, slots=True)
class DialWord:
    """What a cell says to the edge when it dials: by it the edge tells a cell from other processes here."""

    word: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallStored:
    """A final CallSaved is durable in the database: the cell may forget it."""

    call_id: str


@dataclass(frozen=True, slots=True)
class StepsKept:
    """The call's steps up to this one are durable in the audit log."""

    call_id: str
    number: int


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What the engine does now, as plain data."""

    report: dict[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class AgentTaken:
    """What an agent does now, after what was told of them."""

    agent: str
    state: str
    """Empty: there is no such agent."""


@dataclass(frozen=True, slots=True)
class WhyReport:
    """Why a call waits, as plain data; empty when it does not wait."""

    report: dict[str, object]


@dataclass(frozen=True, slots=True)
class EdgeSettled:
    """What the edge had to tell was taken."""


@dataclass(frozen=True, slots=True)
class Queued:
    """The call is in the queue."""

    call_id: str
    queue: str
    position: int


@dataclass(frozen=True, slots=True)
class Offered:
    """An agent is reserved: ring this phone."""

    call_id: str
    offer_id: str
    agent: str
    uri: str


@dataclass(frozen=True, slots=True)
class CallbackAnswered:
    """Whether the callback request is durable."""

    call_id: str
    callback_id: int
    kept: bool


@dataclass(frozen=True, slots=True)
class AttemptAnswered:
    """Whether the attempt may be made."""

    call_id: str
    lookup_id: int
    allowed: bool


@dataclass(frozen=True, slots=True)
class NoAgent:
    """No agent will come."""

    call_id: str
    reason: str


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
    | AttemptWanted
    | AttemptPassed
    | AttemptUnanswered
    | OfferResult
    | Alarm
    | Counted
    | StatusWanted
    | AgentsChanged
    | KeysRotated
    | AgentTold
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
    | WhyReport
    | EdgeSettled
    | Queued
    | Offered
    | CallbackAnswered
    | AttemptAnswered
    | NoAgent
)
