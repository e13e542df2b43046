"""What the office works with. Built by the wiring; the office reads no settings itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from ivr.core.access.session import SessionRules
from ivr.core.audit.note import VerifierKey
from ivr.core.identity.voiceprint import Consent, Voiceprint
from ivr.core.queueing.guide import Guide
from ivr.core.review.risk import ReviewRules
from ivr.core.vault.retention import RetentionPlan
from ivr.engine.archive.compaction import Compactor
from ivr.engine.archive.eraser import Eraser
from ivr.engine.archive.key_move import KeyMove, Tell
from ivr.engine.archive.keyed import Keyed
from ivr.engine.archive.standing import Standing
from ivr.engine.bus.client import HubClient
from ivr.engine.notices.courier import Courier
from ivr.engine.office.role_book import RoleBook
from ivr.engine.publishing.books import RuleBook, ScorecardBook
from ivr.engine.publishing.config import PublishingPorts
from ivr.ports.access import AccessStores
from ivr.ports.accounts import AccountStore
from ivr.ports.agents import AgentRegister
from ivr.ports.attempts import AttemptCounter
from ivr.ports.audit import ProvableLog
from ivr.ports.callbacks import CallbackStore
from ivr.ports.calls import SearchableCallStore
from ivr.ports.containers import Container
from ivr.ports.hosts import HostRegister
from ivr.ports.inspections import InspectionStore
from ivr.ports.kept_drafts import KeptDrafts
from ivr.ports.keys import KeyStores, ManagedKeyStore
from ivr.ports.models import Models
from ivr.ports.notes import NoteStore
from ivr.ports.notices import Targets
from ivr.ports.people import People
from ivr.ports.premises import Disk, LineTls, QueueSet
from ivr.ports.queues import QueueLines
from ivr.ports.recordings import RecordingArchive
from ivr.ports.reviews import ReviewStore
from ivr.ports.sealing import Sealer
from ivr.ports.speech import Synthesizer
from ivr.ports.time_stamps import StampAuthority, StampStore
from ivr.ports.versions import DialplanVersions
from ivr.ports.voiceprints import Voiceprints


class OfficePorts(Protocol):
    """Everything that acts touch. Each is opened when an act first asks for it, and once: raises IvrError then."""

    # --- the log, and who may ---------------------------------------------------------------------------------------

    @property
    def begun(self) -> bool:
        """Whether there is a key store. Before, there is no log, and so no role."""
        ...

    @property
    def log(self) -> ProvableLog:
        """The audit log."""
        ...

    @property
    def verifier(self) -> VerifierKey:
        """Whose secret half signs it."""
        ...

    @property
    def stamps(self) -> StampStore:
        """Its time-stamps."""
        ...

    @property
    def authority(self) -> StampAuthority:
        """Who stamps it."""
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
    def access(self) -> AccessStores:
        """Who comes in by the console."""
        ...

    @property
    def session_rules(self) -> SessionRules:
        """How long they stay in."""
        ...

    @property
    def demanded(self) -> Sequence[str]:
        """Rules for two persons that the settings name."""
        ...

    # --- calls and what was recorded --------------------------------------------------------------------------------

    @property
    def recordings(self) -> RecordingArchive:
        """What was recorded."""
        ...

    @property
    def calls(self) -> SearchableCallStore:
        """What is known of calls."""
        ...

    @property
    def reviews(self) -> ReviewStore:
        """What people said of calls."""
        ...

    @property
    def notes(self) -> NoteStore:
        """What agents wrote of calls."""
        ...

    @property
    def inspections(self) -> InspectionStore:
        """What was read in calls after them."""
        ...

    @property
    def scorecards(self) -> ScorecardBook:
        """Questions by which they say it."""
        ...

    @property
    def rules(self) -> RuleBook:
        """Rules by which calls are inspected."""
        ...

    @property
    def review_rules(self) -> ReviewRules:
        """Which calls wait for a person."""
        ...

    @property
    def sealer(self) -> Sealer:
        """Seals what leaves."""
        ...

    @property
    def container(self) -> Container:
        """Packs a call for others' tools."""
        ...

    def compactor(self, actor: str) -> Compactor:
        """What brings journals into their long-term form, in this name."""
        ...

    def eraser(self, actor: str) -> Eraser:
        """What judges and erases, in this name."""
        ...

    @property
    def plan(self) -> RetentionPlan:
        """Which recordings are kept how long."""
        ...

    @property
    def retention_rules(self) -> Mapping[str, object]:
        """The same, as the keeper enters it when it starts."""
        ...

    @property
    def standing(self) -> Standing:
        """Holds and requests that stand; one follows the log for all that is asked of it."""
        ...

    def retention_alone(self) -> AbstractContextManager[None]:
        """Nobody else erases, places a hold or releases one meanwhile."""
        ...

    # --- keys -------------------------------------------------------------------------------------------------------

    @property
    def keys(self) -> ManagedKeyStore:
        """The key store."""
        ...

    @property
    def keyring(self) -> KeyStores:
        """Makes it. What it made is `keys` from then on."""
        ...

    @property
    def keyed(self) -> Keyed:
        """Everything whose data keys it wraps."""
        ...

    def key_move(self, store: str, actor: str, reason: str, tell: Tell) -> KeyMove:
        """A move of all keys to another kind of store. Raises OperatorError when the settings do not name it."""
        ...

    def move_records(self, url: str, password_file: Path | None, tell: Tell) -> Mapping[str, int]:
        """Copy all records to another database, which is used from then on; returns how many rows each table has.

        Raises OperatorError: it is not fit, or holds other records; EnvironmentFault. Then nothing was moved.
        """
        ...

    def alone(self) -> AbstractContextManager[None]:
        """No engine runs on this data meanwhile, nor does a cell live. Raises OperatorError while one does."""
        ...

    def no_cell_lives(self) -> AbstractContextManager[None]:
        """No cell holds a data key, nor will one. Raises OperatorError while one lives."""
        ...

    # --- customers, agents, the line --------------------------------------------------------------------------------

    @property
    def callbacks(self) -> CallbackStore:
        """Callback requests."""
        ...

    @property
    def attempts(self) -> AttemptCounter:
        """How often accounts' proofs were tried."""
        ...

    @property
    def accounts(self) -> AccountStore:
        """Customers' PINs and codes, where the engine keeps them."""
        ...

    @property
    def voiceprints(self) -> Voiceprints:
        """Enrolled voices."""
        ...

    @property
    def voiceprint_of(self) -> Callable[[str, Sequence[bytes], float, Consent | None], Voiceprint]:
        """Made of a customer, 8 kHz recordings of their speech, the time, and their consent. Raises OperatorError,
        ModelError."""
        ...

    @property
    def voice_model(self) -> str:
        """Name and version of the model that voices are compared with. Raises ModelError."""
        ...

    @property
    def agents(self) -> AgentRegister:
        """Who the agents are."""
        ...

    @property
    def guide(self) -> Guide:
        """What agents' desks offer."""
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
    def queues_set(self) -> Sequence[QueueSet]:
        """How queues and their hours are set."""
        ...

    @property
    def line_tls(self) -> LineTls:
        """TLS of the running edge."""
        ...

    @property
    def hosts(self) -> HostRegister:
        """Other hosts that work for this engine."""
        ...

    def check_settings(self) -> None:
        """The settings are sound, with all that they name. Raises IvrError."""
        ...

    def disks(self) -> Sequence[Disk]:
        """How much room is left where things are kept. Raises EnvironmentFault."""
        ...

    @property
    def targets(self) -> tuple[Mapping[str, float], float]:
        """Seconds within which a call should be answered: by queue, and for all others."""
        ...

    @property
    def targets_of_notices(self) -> Targets:
        """Systems outside that are told what happens."""
        ...

    @property
    def courier(self) -> Courier:
        """What tells them."""
        ...

    # --- dialplans and models ---------------------------------------------------------------------------------------

    @property
    def publishing(self) -> PublishingPorts:
        """What publishing works with."""
        ...

    def speaking(self) -> AbstractContextManager[Synthesizer]:
        """Who speaks prompts, for a while."""
        ...

    @property
    def kept_drafts(self) -> KeptDrafts:
        """Drafts that the office keeps."""
        ...

    @property
    def versions(self) -> DialplanVersions:
        """Every version of a dialplan that was served."""
        ...

    @property
    def models(self) -> Models:
        """Speech models beside those that come with the engine."""
        ...
