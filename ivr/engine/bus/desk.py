"""What agents and supervisors do in a running call."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.orders.desk import DeskAct
from ivr.core.orders.supervisor import SupervisorMode


@dataclass(frozen=True, slots=True)
class ColleagueWanted:
    """An agent asks for a colleague. Answered by ColleagueOffered or ColleagueRefused."""

    call_id: str
    request: int
    digits: str
    """The colleague's extension."""


@dataclass(frozen=True, slots=True)
class ColleagueOffered:
    """The colleague is kept for this call: ring this phone."""

    call_id: str
    request: int
    offer_id: str
    agent: str
    uri: str


@dataclass(frozen=True, slots=True)
class ColleagueRefused:
    """Nobody has this extension, or they are not free."""

    call_id: str
    request: int


@dataclass(frozen=True, slots=True)
class DeskTold:
    """An agent chose, by their phone, what they do after this call."""

    call_id: str
    agent: str
    choice: DeskAct
    """AWAY, LOG_OUT or READY."""
    reason: str = ""
    """Digits that stand for one; empty: none was given."""


@dataclass(frozen=True, slots=True)
class DeskOrdered:
    """A console's order to a call, as by the agent's own keys."""

    call_id: str
    offer_id: str
    act: DeskAct
    argument: str = ""


@dataclass(frozen=True, slots=True)
class DeskAsked:
    """Somebody asks for something in the call that an agent is in. Answered by DeskAnswered; needs no CellHello."""

    agent: str
    act: DeskAct
    argument: str = ""
    by: str = ""
    """Who asks: a member of staff."""
    call_id: str = ""
    """The call that they mean: not one that the agent is in by now. Empty: whichever it is."""


@dataclass(frozen=True, slots=True)
class SupervisorAsked:
    """Somebody wants to be on the line of an agent. Answered by DeskAnswered; needs no CellHello."""

    agent: str
    supervisor: str
    """Whose phone is rung: a name in the directory."""
    mode: SupervisorMode
    by: str = ""


@dataclass(frozen=True, slots=True)
class PhoneKeyMade:
    """An agent's browser may register, for minutes, with a password of this hash. Answered by PhoneKeyTaken; needs no
    CellHello."""

    agent: str
    ha1: str = field(repr=False)
    """MD5(name:realm:password) (RFC 2617 3.2.2.2)."""


@dataclass(frozen=True, slots=True)
class PhoneKeyTaken:
    """Whether the edge knows it now."""

    agent: str
    """Empty: it does not."""


@dataclass(frozen=True, slots=True)
class DeskAnswered:
    """Whether it was passed on to the call."""

    call_id: str
    """Empty: it was not."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SupervisorOffered:
    """Ring this supervisor's phone, or let them be on the line in another way."""

    call_id: str
    offer_id: str
    agent: str
    """The supervisor."""
    uri: str
    """Empty: they are on the line already."""
    mode: SupervisorMode
