"""What the hub needs to know, and what it works with. Built by the wiring; the engine reads no settings itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ivr.core.audit.denial import Denial
from ivr.core.audit.entry import AuditEntry
from ivr.core.call.record import CallRecord
from ivr.core.queueing.choice import AgentChoice
from ivr.core.queueing.directory import AgentEntry
from ivr.core.queueing.rules import QueueRules
from ivr.core.sip.dialog import Dialog, Farewell
from ivr.ports import AttemptCounter, CallbackStore, CallStore, Clock, KeyStore


class AgentDirectory(Protocol):
    """Who the agents are."""

    def read(self) -> tuple[AgentEntry, ...]:
        """All of them. Raises IvrError."""
        ...


class AgentChoices(Protocol):
    """What agents chose, kept over restarts."""

    def read(self) -> tuple[AgentChoice, ...]:
        """All of them. Raises IvrError."""
        ...

    def put(self, choice: AgentChoice) -> None:
        """Keep one, durably. Raises IvrError."""
        ...


class Edge(Protocol):
    """The edge as the hub sees it. Its calls may wait for seconds and raise PeerError."""

    def agents(self) -> Mapping[str, tuple[str, str | None]]:
        """Agents that it knows: each one's target and password hash."""
        ...

    def put_agent(self, entry: AgentEntry) -> None:
        """Let it know an agent."""
        ...

    def drop_agent(self, name: str) -> None:
        """Let it forget one."""
        ...

    def registered(self) -> frozenset[str]:
        """Agents whose phone is registered."""
        ...

    def cells(self) -> Mapping[int, str]:
        """Cells that are not free, and why: down, asked, suspect, busy, or the call that took them."""
        ...

    def free_cell(self, cell: int) -> None:
        """Note that the cell carries no call."""
        ...

    def word(self) -> str | None:
        """What a cell must say before it may dial; None when it was told none yet."""
        ...

    def put_word(self, word: str) -> None:
        """Cells must say this from now on."""
        ...

    def know_dialog(self, cell: int, dialog: Dialog) -> None:
        """Let a dialog of a cell's go on. Nothing happens if it is known."""
        ...

    def hang_up(self, bye: Farewell) -> None:
        """End a dialog whose cell died."""
        ...

    def denials(self) -> list[Denial]:
        """What it refused or dropped and was not told to forget."""
        ...

    def forget_denials(self, denials: Sequence[Denial]) -> None:
        """These are kept elsewhere."""
        ...

    def agent_uri(self, name: str) -> str:
        """Where a cell reaches the agent."""
        ...


@dataclass(frozen=True, slots=True)
class HubConfig:
    """Places and limits."""

    socket: Path
    alarms: Path
    metrics_host: str
    metrics_port: int
    run_id: str
    """Different at every start: makes offers' ids unique."""
    cells: int
    """How many should be there."""


@dataclass(frozen=True, slots=True)
class HubPorts:
    """Everything the hub touches."""

    keys: KeyStore
    calls: CallStore
    directory: AgentDirectory
    choices: AgentChoices
    edge: Edge | None
    """None: there is no edge; agents have fixed URIs."""
    queue_rules: Callable[[str], QueueRules]
    lost_records: Callable[[Callable[[Path, str], None]], Iterable[CallRecord]]
    """Ended calls that are on disk and not in the database; damage goes to the callback. May take minutes."""
    recover: Callable[[str], CallRecord]
    """The record of a call whose cell died, from what it had recorded. Raises IvrError."""
    callbacks: CallbackStore
    attempts: AttemptCounter
    audit: Callable[[Sequence[AuditEntry]], object]
    """Enter these into the audit log; durable when it returns. Raises IvrError."""
    known_steps: Callable[[str, float], Iterable[int]]
    """Steps of a call (its id, its start by the wall clock) that the audit log holds. Raises IvrError."""
    known_denials: Callable[[float], Iterable[AuditEntry]]
    """The audit log's entries of what the edge denied, since a time of the wall clock. Raises IvrError."""
    new_word: Callable[[], str]
    """A word that nobody guesses: cells say it to the edge when they dial."""
    chance: Callable[[], float]
    """A number in [0, 1), for queues that choose at random."""
    monotonic: Clock
    wall: Clock
    log: Callable[[str, Mapping[str, object]], None]
