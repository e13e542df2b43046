"""Calls that go on now: how each stands, and its words for whoever may follow them. Nothing of it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ivr.core.call.scene import Scene
from ivr.core.call.transcript import Span
from ivr.core.dialplan.runtime.readings import ReadingStands
from ivr.core.identity.level import Level
from ivr.core.orders.alerts import RuleFound
from ivr.core.orders.evidence import Alerted, Consent, RiskScored


@dataclass(frozen=True, slots=True)
class CallStands:
    """Where the dialplan is; sent when it changes."""

    call_id: str
    states: tuple[str, ...]
    """Entered last, in order; the last one is where it is."""
    since: float
    """When it entered that one; wall clock, seconds since the epoch."""
    language: str = ""
    identity: Level = Level.NONE
    identity_by: str = ""
    """The dialplan's state in which that level was reached."""
    consent: Consent = Consent.UNASKED
    flags: tuple[str, ...] = ()
    """What somebody should look at: `ivr.core.call.flags`."""
    scene: Scene = Scene.APART
    """What goes on between caller and agent."""
    agent_paused: bool = False
    """The agent has paused the recording."""
    assists: tuple[str, ...] = ()
    """Keys of the places where the agent may let the line take over."""
    confirms: bool = False
    """Whether the agent may say that they know who calls."""
    missing: tuple[str, ...] = ()
    """Disclosures of these places that the caller has not heard yet."""
    risk: RiskScored | None = None
    """What it came to; None: its dialplan has no table."""
    readings: tuple[ReadingStands, ...] = ()
    """Those of them that the agent may read to the caller, and how far they are. A warning's text is the same in every
    call."""
    alerts: tuple[Alerted, ...] = ()
    """What rules found in the agent's talk, and what the line did not say for a rule; the latest ones."""


@dataclass(frozen=True, slots=True)
class TalkSaid:
    """Somebody says something in an agent's talk, for the rules that are run over it. Answered by RulesFound where they
    find anything. Nothing of it is kept."""

    call_id: str
    dialplan: str
    """Name of the line."""
    jurisdiction: str
    language: str
    state: str
    disclosures: tuple[str, ...]
    """That were heard."""
    answers: dict[str, Any] = field(repr=False)
    """`source.query.field` -> what an official source answered last."""
    said: tuple[Span, ...] = field(repr=False)
    """The last one is new; those before it are what was said until then."""


@dataclass(frozen=True, slots=True)
class RulesFound:
    """What the rules found in it."""

    call_id: str
    found: tuple[RuleFound, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallsWanted:
    """Somebody asks which calls go on. Answered by CallsReport; needs no CellHello."""


@dataclass(frozen=True, slots=True)
class LiveCall:
    """One call, as far as people may see it without opening anything."""

    call_id: str
    caller: str
    """Masked."""
    called: str
    dialplan: str
    """name@version."""
    started_at: float
    """Wall clock, seconds since the epoch."""
    answered_at: float | None
    stands: CallStands | None
    """None: its cell has said nothing of it yet."""
    agents: tuple[tuple[str, str], ...] = ()
    """(Name, state) of each who is in it, or rung for it."""
    queue: str = ""
    """Where it waits."""
    place: int = 0
    """1: next."""
    called_back: bool = False
    """We dialled them."""


@dataclass(frozen=True, slots=True)
class CallsReport:
    """Each call that goes on, the oldest first."""

    calls: tuple[LiveCall, ...]


@dataclass(frozen=True, slots=True)
class WordsWanted:
    """Somebody follows a call's words. The hub asks its cell the same. Answered by WordsReport; needs no CellHello."""

    call_id: str
    known: int = 0
    """Lines that they have already."""
    request: int = 0
    """Between hub and cell: which question the answer is to."""


@dataclass(frozen=True, slots=True)
class OwnCallWanted:
    """A browser that calls asks for its own call. Answered by OwnCallFound; needs no CellHello."""

    caller: str = field(repr=False)
    """The user part of its address, which follows from a token that nobody else knows."""


@dataclass(frozen=True, slots=True)
class OwnCallFound:
    """Which call it is."""

    call_id: str = ""
    """Empty: none goes on."""


@dataclass(frozen=True, slots=True)
class WordsReport:
    """What was said since, and what is being said."""

    call_id: str
    request: int = 0
    running: bool = True
    """False: the call is over, or its cell does not answer."""
    known: int = 0
    """Lines before these."""
    lines: tuple[Span, ...] = field(default=(), repr=False)
    hearing: str = field(default="", repr=False)
    """What the recognizer believes so far of an utterance of the caller's that goes on."""
    agent: str = field(default="", repr=False)
    """The same of the agent's."""
    saying: str = field(default="", repr=False)
    """What is being played to the caller."""
    withheld: str = ""
    """Why nothing of the caller's is told now: `secret` or `unrecorded`; empty: it is told."""
