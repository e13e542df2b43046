"""What people ask of a running hub, or tell it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.core.queueing.choice import ChoiceKind


@dataclass(frozen=True, slots=True)
class StatusWanted:
    """The command line asks what the engine does now. Answered by StatusReport; needs no CellHello."""


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What the engine does now, as plain data."""

    report: dict[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class AgentsChanged:
    """The command line changed the directory of agents: read it again. Needs no CellHello."""


@dataclass(frozen=True, slots=True)
class AgentTold:
    """What an agent does from now on, by the command line or by their own phone. Answered by AgentTaken; needs no
    CellHello."""

    agent: str
    choice: ChoiceKind
    reason: str = ""
    """Of a pause."""
    by: str = ""
    """Who said so: a member of staff, or the agent."""
    own: bool = False
    """The agent said so, by their desk or their phone."""


@dataclass(frozen=True, slots=True)
class DispositionTold:
    """An agent said what came of a call that they took. Needs no CellHello."""

    agent: str
    call_id: str


@dataclass(frozen=True, slots=True)
class MessageHeard:
    """Somebody listened to what was left in a call. Needs no CellHello."""

    call_id: str
    mailbox: str = ""
    """Where it was left; empty: they listened to the whole call."""


@dataclass(frozen=True, slots=True)
class AgentTaken:
    """What an agent does now, after what was told of them."""

    agent: str
    state: str
    """Empty: there is no such agent."""


@dataclass(frozen=True, slots=True)
class AgentProofWanted:
    """A call asks whose extension and PIN somebody keyed in. Answered by AgentProved; needs no CellHello."""

    extension: str = field(repr=False)
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AgentProved:
    """Whose they are."""

    agent: str
    """Empty: nobody's."""


@dataclass(frozen=True, slots=True)
class WhyWanted:
    """The command line asks why a call waits. Answered by WhyReport; needs no CellHello."""

    call_id: str


@dataclass(frozen=True, slots=True)
class WhyReport:
    """Why a call waits, as plain data; empty when it does not wait."""

    report: dict[str, object]
