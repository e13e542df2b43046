"""What the hub needs to know, and what it works with. Built by the wiring; the engine reads no settings itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ivr.core.compliance.rule import Ruleset
from ivr.core.queueing.callees import Callees
from ivr.core.queueing.redial import Redial
from ivr.core.queueing.rules import QueueRules
from ivr.core.sip.dialog import Farewell
from ivr.engine.hub.chronicle import ChronicleConfig
from ivr.engine.hub.kept_dialogs import KeptDialogs
from ivr.ports.accounts import AccountStore
from ivr.ports.agents import AgentChoices, AgentDirectory
from ivr.ports.attempts import AttemptCounter
from ivr.ports.audit import AuditLog
from ivr.ports.callbacks import CallbackStore
from ivr.ports.calls import CallStore
from ivr.ports.clock import Clock
from ivr.ports.disks import Disks
from ivr.ports.edge import Edge
from ivr.ports.hosting import JournalInbox, ServedFiles
from ivr.ports.keys import KeyStore
from ivr.ports.queues import QueueLines
from ivr.ports.recordings import Recordings


@dataclass(frozen=True, slots=True)
class CellsOfHost:
    """Which numbers the cells of another host have here; there they begin with 0."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class DialConfig:
    """What the settings let the engine dial."""

    callees: Callees
    redial: Redial
    queues: Iterable[str]
    called: Callable[[str, str], str]
    """(Queue, language) -> number of ours whose dialplan serves who is called back."""
    at_once: int
    new_call_id: Callable[[], str]


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
    """How many should be there, on all hosts."""
    chronicle: ChronicleConfig
    least_free_bytes: int
    """On the disks of recordings and data; with less, the engine is not well."""
    dial: DialConfig | None = None
    """What the engine may dial by itself; None: nobody."""
    pause_reasons: Mapping[str, str] = field(default_factory=dict)
    """Digits that an agent keys in -> the reason of their pause."""
    cells_of: Mapping[str, CellsOfHost] = field(default_factory=dict)
    """Another host -> its cells."""


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
    open_sites: Callable[[float], frozenset[str]]
    """Sites that are open at a time of the wall clock."""
    recordings: Recordings
    callbacks: CallbackStore
    lines: QueueLines
    attempts: AttemptCounter
    accounts: AccountStore
    """Whose PINs and codes the engine keeps."""
    audit: AuditLog
    rules: Callable[[], Iterable[Ruleset]]
    """Rules over what was said that are live. Raises IvrError."""
    disks: Disks
    new_word: Callable[[], str]
    """A word that nobody guesses: cells say it to the edge when they dial."""
    chance: Callable[[], float]
    """A number in [0, 1), for queues that choose at random."""
    monotonic: Clock
    wall: Clock
    log: Callable[[str, Mapping[str, object]], None]
    send_bye: Callable[[Farewell], None] | None = None
    """Where there is no edge: end a dialog of a dead cell. May wait for seconds; raises PeerError."""
    certificate_ends_at: Callable[[], float | None] = lambda: None
    """When the certificate that phones are shown expires, in seconds since 1970; None: the line takes no TLS."""
    trunk_papers: Callable[[float], str] = lambda _: ""
    """What by its date keeps a trunk from being served in so many seconds; empty: nothing does."""
    kept_dialogs: KeptDialogs | None = None
    """What cells hold, should they die together with the hub."""
    served: ServedFiles | None = None
    """For other hosts; None: there are none."""
    inbox: JournalInbox | None = None
    """Where journals of other hosts' calls go; None: there are none."""
    reached: Callable[[str], bool] = lambda host: True
    """Whether the edge reaches cells of another host now."""
