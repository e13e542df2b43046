"""What the office works with. Built by the wiring; the office reads no settings itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from ivr.core.identity.voiceprint import Voiceprint
from ivr.engine.bus.client import HubClient
from ivr.ports.agents import AgentRegister
from ivr.ports.attempts import AttemptCounter
from ivr.ports.audit import ProvableLog
from ivr.ports.callbacks import CallbackStore
from ivr.ports.people import People
from ivr.ports.queues import QueueLines
from ivr.ports.roles import RoleBook
from ivr.ports.voiceprints import Voiceprints


class OfficePorts(Protocol):
    """Everything that acts touch. Each is opened when an act first asks for it, and once: raises IvrError then."""

    @property
    def begun(self) -> bool:
        """Whether there is a key store. Before, there is no log, and so no role."""
        ...

    @property
    def log(self) -> ProvableLog:
        """The audit log."""
        ...

    @property
    def roles(self) -> RoleBook:
        """Who holds which role."""
        ...

    @property
    def people(self) -> People:
        """Who may be given one."""
        ...

    @property
    def demanded(self) -> Sequence[str]:
        """Rules for two persons that the settings name."""
        ...

    def call_named(self, typed: str) -> str:
        """The id of the call that was named, by it or by its recording's id; empty when there is none."""
        ...

    @property
    def callbacks(self) -> CallbackStore:
        """Callback requests."""
        ...

    @property
    def attempts(self) -> AttemptCounter:
        """How often accounts' proofs were tried."""
        ...

    @property
    def voiceprints(self) -> Voiceprints:
        """Enrolled voices."""
        ...

    @property
    def voiceprint_of(self) -> Callable[[str, Iterable[bytes], float], Voiceprint]:
        """Made of a customer, 8 kHz recordings of their speech, and the time. Raises OperatorError, ModelError."""
        ...

    @property
    def agents(self) -> AgentRegister:
        """Who the agents are."""
        ...

    @property
    def realm(self) -> str:
        """For which agents' phones hash their passwords."""
        ...

    @property
    def hub(self) -> HubClient:
        """The running engine's hub."""
        ...

    @property
    def lines(self) -> QueueLines:
        """What became of calls in queues and of agents."""
        ...

    @property
    def targets(self) -> tuple[Mapping[str, float], float]:
        """Seconds within which a call should be answered: by queue, and for all others."""
        ...
