"""An agent's own desk: what they do, the call that they are in, and what they ask for in it.

Rule: whose desk it is follows from who acts and the directory alone, and which call is theirs from the hub. Another
agent's desk or call is denied, and the denial entered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ivr.core.call.flags import NOT_TOLD_AGENTS
from ivr.core.call.record import CallRecord
from ivr.core.call.scene import SCENES, TALKING
from ivr.core.orders.desk import DeskAct
from ivr.core.queueing.agent_state import AgentState
from ivr.core.queueing.choice import ChoiceKind, reason_of
from ivr.core.queueing.directory import AgentEntry
from ivr.core.queueing.figures import AgentFigures
from ivr.core.vault.search import ENDS, CallQuery, caller_keys
from ivr.engine.bus.desk import DeskAnswered, DeskAsked
from ivr.engine.bus.live import CallsReport, CallsWanted, LiveCall, WordsReport, WordsWanted
from ivr.engine.bus.staff import AgentTaken, AgentTold, StatusReport, StatusWanted
from ivr.engine.office.office import Asked, Desk, Office, does, one_of
from ivr.errors import IvrError, NotSetUpError, OperatorError

ORDERS: Final = (
    DeskAct.HOLD, DeskAct.BACK, DeskAct.CONSULT, DeskAct.CONFERENCE, DeskAct.TRANSFER, DeskAct.PASS_ON,
    DeskAct.ASSIST, DeskAct.CONFIRM,
)  # fmt: skip
"""What changes the scene."""
CONTACTS: Final = 5
"""Earlier calls of the same caller that are shown."""
_DIGITS: Final = re.compile("[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class AtDesk(Asked):
    """Something of one's own desk."""

    agent: str = ""
    """Whose it is taken to be, so that a page which was opened for another is refused; empty: one's own."""


@dataclass(frozen=True, slots=True)
class InCall(AtDesk):
    """Something in one's own call."""

    call: str = ""
    """Which one is meant, so that what was asked for in one is not done in the next; empty: the one that goes on."""
    digits: str = ""
    """The colleague's extension or the destination's digits, where one is rung; a place's keys for `assist`."""


@dataclass(frozen=True, slots=True)
class OwnDesk:
    """How an agent's desk stands."""

    agent: str
    state: str
    seconds: float
    """In that state."""
    reason: str
    """Of a pause."""
    by: str
    """Who said so."""
    today: AgentFigures
    queue: str
    """Through which the call came."""
    call: LiveCall | None
    """That they are in, or rung for."""
    ways: tuple[str, ...]
    """What they may ask for in it now: names of `DeskAct`."""
    colleagues: tuple[tuple[str, str], ...]
    """(Name, digits by which they are rung): agents with an extension."""
    reasons: tuple[str, ...]
    script: tuple[str, str] = field(repr=False)
    """(Text, its language) for the call; empty where the settings have none."""
    owes: str
    """The call of which they must say what came of it before they get the next; empty: none."""
    dispositions: tuple[str, ...]
    """That may be said of it."""
    registers: bool = True
    """Whether their phone registers, as a browser's does: it has no fixed address."""


@dataclass(frozen=True, slots=True)
class Contact:
    """An earlier call of the same caller, as far as an agent sees it."""

    at: float
    """Seconds since the epoch."""
    outcome: str
    agents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnCall:
    """The call that was opened."""

    call: str
    contacts: tuple[Contact, ...]
    """The newest first."""
    read: Callable[[int], WordsReport] = field(repr=False)
    """Lines that one has already -> those since, and what is being said. Raises EnvironmentFault, PeerError."""


@does("desk.show")
def show(desk: Desk, asked: AtDesk) -> OwnDesk:
    """How it stands. Raises OperatorError of somebody who is no agent, EnvironmentFault when no engine runs,
    PeerError."""
    own = own_agent(desk, asked)
    report = _report(desk)
    told = _of_agent(report, own)
    calls = _calls(desk) if told["call_id"] else ()
    call = next((_shown(one) for one in calls if one.call_id == told["call_id"]), None)
    language = call.stands.language if call is not None and call.stands is not None else ""
    talks = told["state"] in (AgentState.TALKING, AgentState.HELD)
    return OwnDesk(
        own.name,
        told["state"],
        told["seconds"],
        told["reason"],
        told["by"],
        AgentFigures(**report["today"]["agents"].get(own.name, {})),
        told["queue"],
        call,
        _ways(call) if talks else (),
        tuple((one.name, one.extension) for one in desk.ports.agents.read() if one.extension and one.name != own.name),
        desk.ports.guide.reasons,
        desk.ports.guide.script(told["queue"], language),
        told["owes"],
        desk.ports.guide.dispositions_of(told["owes_in"])[0] if told["owes"] else (),
        own.uri is None,
    )


def _shown(call: LiveCall) -> LiveCall:
    """A call as its agent may see it."""
    stands = call.stands
    if stands is None:
        return call
    return replace(call, stands=replace(stands, flags=tuple(one for one in stands.flags if one not in NOT_TOLD_AGENTS)))


@does("desk.follow")
def follow(desk: Desk, asked: InCall) -> OwnCall:
    """Open what was said in one's own call, and when this caller called before; entered once. Raises as `show`."""
    own = own_agent(desk, asked)
    call, hub = _own_call(desk, own, asked), desk.ports.hub
    with desk.entering(call, agent=own.name):
        return OwnCall(call, _contacts(desk, call), lambda known: hub.ask(WordsWanted(call, known), WordsReport))


def _choosing(choice: ChoiceKind) -> Callable[[Office, AtDesk], str]:
    @does(f"desk.{choice}")
    def choose(desk: Desk, asked: AtDesk) -> str:
        """What one does from now on, which the hub enters; returns one's state. Raises as `show`."""
        own = own_agent(desk, asked)
        reason = reason_of(desk.reason) if choice is ChoiceKind.PAUSE else ""
        state = desk.ports.hub.ask(AgentTold(own.name, choice, reason, desk.actor.name, own=True), AgentTaken).state
        if not state:
            raise OperatorError(_UNKNOWN.format(name=own.name))
        return state

    return choose


login, logout, pause, resume = map(_choosing, ChoiceKind)


def _ordering(act: DeskAct) -> Callable[[Office, InCall], str]:
    @does(f"desk.{act}")
    def order(desk: Desk, asked: InCall) -> str:
        """Pass it on to one's own call, as by keys, which the hub enters; returns the call. Raises as `show`."""
        own = own_agent(desk, asked)
        if act in _RINGING and not _DIGITS.fullmatch(asked.digits):
            raise OperatorError("say whom to ring: an extension of 1 to 12 digits")
        call, live = _at(desk, own, asked, act)
        if act is DeskAct.ASSIST and asked.digits not in _places(live):
            places = ", ".join(_places(live))
            raise OperatorError(f"there is no such place: say one of {places}")
        digits = asked.digits if act in _WITH_DIGITS else ""
        return _pass_on(desk, own, call, act, digits)

    return order


@does("desk.confirm")
def confirm(desk: Desk, asked: InCall) -> str:
    """Say in one's own call that one knows who calls, and why: a factor of the dialplan's policy is proved; returns the
    call. Raises as `show`."""
    own = own_agent(desk, asked)
    call, _ = _at(desk, own, asked, DeskAct.CONFIRM)
    with desk.entering(call, agent=own.name):
        return _pass_on(desk, own, call, DeskAct.CONFIRM)


def _at(desk: Desk, own: AgentEntry, asked: InCall, act: DeskAct) -> tuple[str, LiveCall | None]:
    """One's own call, where this may be asked for in it as it stands."""
    call = _own_call(desk, own, asked)
    live = next((one for one in _calls(desk) if one.call_id == call), None)
    if act not in _ways(live):
        raise OperatorError(f"{str(act).replace('_', ' ')} cannot be done now: {_so_far(live)}")
    return call, live


def _pass_on(desk: Desk, own: AgentEntry, call: str, act: DeskAct, digits: str = "") -> str:
    answer = desk.ports.hub.ask(DeskAsked(own.name, act, digits, desk.actor.name, call), DeskAnswered)
    if not answer.call_id:
        raise OperatorError(f"{answer.reason}: nothing was done")
    return answer.call_id


def _ways(call: LiveCall | None) -> tuple[DeskAct, ...]:
    """What may be asked for as a call stands. The call itself decides: it may have gone on by then."""
    if call is None or call.stands is None or call.stands.scene not in TALKING:
        return ()
    recording = DeskAct.RESUME_RECORDING if call.stands.agent_paused else DeskAct.PAUSE_RECORDING
    acts = SCENES[call.stands.scene]
    lacking = {DeskAct.ASSIST} if not _places(call) else set()
    lacking |= {DeskAct.CONFIRM} if not call.stands.confirms else set()
    return (*(act for act in ORDERS if act in acts and act not in lacking), recording)


def _places(call: LiveCall | None) -> tuple[str, ...]:
    """Keys of the places where the line may take over."""
    return () if call is None or call.stands is None else call.stands.assists


def _so_far(call: LiveCall | None) -> str:
    """How a call stands, for people."""
    if call is None or call.stands is None or call.stands.scene not in TALKING:
        return "you do not talk with the caller"
    paused = ", and the recording is paused" if call.stands.agent_paused else ""
    return f"what goes on is {call.stands.scene}{paused}"


_RINGING = frozenset({DeskAct.CONSULT, DeskAct.PASS_ON})
_WITH_DIGITS = _RINGING | {DeskAct.ASSIST}
hold, back = _ordering(DeskAct.HOLD), _ordering(DeskAct.BACK)
consult, conference = _ordering(DeskAct.CONSULT), _ordering(DeskAct.CONFERENCE)
transfer, pass_on = _ordering(DeskAct.TRANSFER), _ordering(DeskAct.PASS_ON)
assist = _ordering(DeskAct.ASSIST)
pause_recording, resume_recording = _ordering(DeskAct.PAUSE_RECORDING), _ordering(DeskAct.RESUME_RECORDING)
_UNKNOWN = "the engine does not know {name} yet: try again in a second"


def own_agent(desk: Desk, asked: AtDesk) -> AgentEntry:
    """Who acts, as an agent. Raises NotSetUpError when they are none, DeniedError of somebody else's desk."""
    entries, person = desk.ports.agents.read(), desk.actor.name
    own = next((one for one in entries if one.user == person), None)
    if asked.agent and (own is None or own.name != asked.agent):
        whose = one_of(asked.agent, (one.name for one in entries))
        raise desk.denied(f"this is not the desk of {person}: each agent has their own alone", agent=whose)
    if own is None:
        raise NotSetUpError(f"you are no agent yet: an operator says which, by ivr agents add NAME --user {person}")
    return own


def _own_call(desk: Desk, own: AgentEntry, asked: InCall) -> str:
    """The call that they are in or rung for. Raises OperatorError when there is none, DeniedError of another."""
    call: str = _of_agent(_report(desk), own)["call_id"] or ""
    if asked.call and asked.call != call and any(one.call_id == asked.call for one in _calls(desk)):
        raise desk.denied("this call is not yours: each agent sees the call alone that they are in", call=asked.call)
    if not call or asked.call not in ("", call):
        raise OperatorError(f"{own.name} is in no such call any more: nothing was done")
    return call


def _contacts(desk: Desk, call: str) -> tuple[Contact, ...]:
    """Calls of the same number before. Nobody is taken for another who withholds theirs."""
    with suppress(IvrError):  # the record is not there yet, or does not open: the call is served all the same
        calls = desk.ports.calls
        caller = calls.get(call).caller
        if any(len(key) > ENDS.start and key.startswith("~") for key in caller_keys(caller)):
            found = calls.search(CallQuery(caller=caller), limit=CONTACTS + 1)
            return tuple(map(_contact, (one for one in found if one.call_id != call)))[:CONTACTS]
    return ()


def _contact(record: CallRecord) -> Contact:
    return Contact(record.started_at, str(record.outcome), record.agents)


def _report(desk: Desk) -> dict[str, Any]:
    return desk.ports.hub.ask(StatusWanted(), StatusReport).report


def _calls(desk: Desk) -> tuple[LiveCall, ...]:
    return desk.ports.hub.ask(CallsWanted(), CallsReport).calls


def _of_agent(report: Mapping[str, Any], own: AgentEntry) -> dict[str, Any]:
    told = next((one for one in report["agents"] if one["name"] == own.name), None)
    if told is None:
        raise OperatorError(_UNKNOWN.format(name=own.name))
    return dict(told)
