"""The office, made from the settings, for a person at this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

from ivr.adapters import login
from ivr.adapters.agent_file import AgentFile
from ivr.adapters.files.audit.stamps import StampFiles
from ivr.adapters.files.keys.age_seal import AgeSealer
from ivr.adapters.files.models import ModelFiles
from ivr.adapters.host_certificates import HostFiles
from ivr.adapters.vcon import Vcon
from ivr.apps.settings import Settings
from ivr.apps.wiring import archive, notices, only_one, retention, vault
from ivr.apps.wiring.door import session_rules
from ivr.apps.wiring.hub_client import hub_of
from ivr.apps.wiring.made_keys import MadeKeys
from ivr.apps.wiring.office_customers import CustomerFiles
from ivr.apps.wiring.premises import disks, queues_set
from ivr.apps.wiring.publishing import kept_drafts, kept_versions, publishing_ports
from ivr.core.access.session import SessionRules
from ivr.core.audit.note import VerifierKey
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
from ivr.engine.office.actor import Actor
from ivr.engine.office.office import Office
from ivr.engine.office.people import Everybody
from ivr.engine.office.role_book import RoleBook
from ivr.engine.publishing.books import RuleBook, ScorecardBook, rule_book, scorecard_book
from ivr.engine.publishing.config import PublishingPorts
from ivr.ports.access import AccessStores
from ivr.ports.agents import AgentRegister
from ivr.ports.audit import ProvableLog
from ivr.ports.calls import SearchableCallStore
from ivr.ports.containers import Container
from ivr.ports.hosts import HostRegister
from ivr.ports.inspections import InspectionStore
from ivr.ports.kept_drafts import KeptDrafts
from ivr.ports.keys import KeyStores
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


def person() -> Actor:
    """Who runs this process, by the kernel's word."""
    known = login.logged_in()
    return Actor(login.actor_name(), "login" if known else "", "" if known else login.NOBODY)


@contextmanager
def office(settings: Settings, *, moving: bool = False) -> Iterator[Office]:
    """The office for that person. Raises IvrError when an act needs what cannot be opened.

    `moving`: also while keys are being moved to another store.
    """
    ports = OfficeFiles(settings, moving=moving)
    try:
        yield Office(person(), ports, wall=time.time)
    finally:
        ports.close()


class OfficeFiles(CustomerFiles):
    """`OfficePorts`: each is opened when it is asked for first, and once."""

    def close(self) -> None:
        """Publish what was entered, and let go of the database."""
        if "log" in vars(self):
            self.log.close()
        if "database" in vars(self):
            self.database.dispose()

    # --- the log, and who may ---------------------------------------------------------------------------------------

    @property
    def begun(self) -> bool:
        """Whether there is a key store."""
        return self._settings.keystore_path.exists()

    @cached_property
    def log(self) -> ProvableLog:
        """The audit log."""
        return vault.audit_log(self._settings, self.keys)

    @property
    def verifier(self) -> VerifierKey:
        """It follows from the key store."""
        return vault.audit_signer(self.keys).verifier

    @cached_property
    def stamps(self) -> StampStore:
        """Beside the log."""
        return StampFiles(self._settings.data_dir / "audit" / "stamps")

    @cached_property
    def authority(self) -> StampAuthority:
        """(Imported here: only who stamps needs the package.)"""
        from ivr.adapters.time_stamp import Rfc3161

        return Rfc3161()

    @cached_property
    def roles(self) -> RoleBook:
        """By the log."""
        return vault.role_book(self._settings, self.keys, self.log)

    @cached_property
    def people(self) -> People:
        """Users of this machine, and of the console."""
        return Everybody(login.SystemUsers(), lambda: self.access.users)

    @cached_property
    def access(self) -> AccessStores:
        """In the database."""
        return vault.access_stores(self._settings, self.keys, self.database)

    @property
    def session_rules(self) -> SessionRules:
        """By the settings."""
        return session_rules(self._settings)

    @property
    def demanded(self) -> Sequence[str]:
        """Rules that the settings name."""
        return self._settings.access.two_persons

    # --- calls and what was recorded --------------------------------------------------------------------------------

    @cached_property
    def recordings(self) -> RecordingArchive:
        """On disk."""
        return vault.recording_files(self._settings, self.keys)

    @cached_property
    def calls(self) -> SearchableCallStore:
        """The database."""
        return vault.call_store(self._settings, self.keys, self.database)

    @cached_property
    def reviews(self) -> ReviewStore:
        """In the database."""
        return vault.review_store(self._settings, self.keys, self.database)

    @cached_property
    def notes(self) -> NoteStore:
        """In the database."""
        return vault.note_store(self._settings, self.keys, self.database)

    @cached_property
    def inspections(self) -> InspectionStore:
        """In the database."""
        return vault.inspection_store(self._settings, self.keys, self.database)

    @cached_property
    def scorecards(self) -> ScorecardBook:
        """By the log."""
        return scorecard_book(self.log)

    @cached_property
    def rules(self) -> RuleBook:
        """By the log."""
        return rule_book(self.log)

    @property
    def review_rules(self) -> ReviewRules:
        """By the settings."""
        return ReviewRules(**self._settings.reviews.model_dump())

    @cached_property
    def sealer(self) -> Sealer:
        """By age."""
        return AgeSealer()

    @cached_property
    def container(self) -> Container:
        """vCon."""
        return Vcon()

    def compactor(self, actor: str) -> Compactor:
        """As the keeper has it."""
        return archive.compactor(self._settings, self.keys, self.log, actor=actor, engine=self.database)

    def eraser(self, actor: str) -> Eraser:
        """As the keeper has it."""
        return archive.eraser(self._settings, self.keys, self.log, actor=actor, engine=self.database)

    @property
    def plan(self) -> RetentionPlan:
        """By the settings and the file of classes."""
        return retention.retention_plan(self._settings)

    @property
    def retention_rules(self) -> Mapping[str, object]:
        """The same, as an entry's details."""
        return retention.retention_rules(self._settings)

    @cached_property
    def standing(self) -> Standing:
        """By the log."""
        return Standing(self.log)

    def retention_alone(self) -> AbstractContextManager[None]:
        """By a lock in the data directory."""
        return retention.retention_alone(self._settings)

    # --- keys -------------------------------------------------------------------------------------------------------

    @cached_property
    def keyring(self) -> KeyStores:
        """Makes it."""
        return MadeKeys(self._settings, self.__dict__)

    @cached_property
    def keyed(self) -> Keyed:
        """Recordings, records, callback requests, voiceprints."""
        return archive.keyed(self._settings, self.keys, self.database)

    def key_move(self, store: str, actor: str, reason: str, tell: Tell) -> KeyMove:
        """To the store of that kind."""
        from ivr.apps.wiring.key_move import heirs_settings, key_move

        target = heirs_settings(self._settings, store)
        return key_move(self._settings, target, actor=actor, reason=reason, tell=tell)

    def move_records(self, url: str, password_file: Path | None, tell: Tell) -> Mapping[str, int]:
        """To the database of that URL."""
        from ivr.apps.wiring.record_move import heirs_settings, move_records

        return move_records(self._settings, heirs_settings(self._settings, url, password_file), tell)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """By the engine's and the cells' locks."""
        with ExitStack() as held:
            held.enter_context(only_one.only_one(self._settings))
            held.enter_context(only_one.no_cell_lives(self._settings))
            yield

    def no_cell_lives(self) -> AbstractContextManager[None]:
        """By the cells' lock."""
        return only_one.no_cell_lives(self._settings)

    # --- agents, the line --------------------------------------------------------------------------------------------

    @cached_property
    def agents(self) -> AgentRegister:
        """The directory's file."""
        return AgentFile(self._settings.agents_path)

    @cached_property
    def guide(self) -> Guide:
        """By the settings."""
        reasons = self._settings.agent_keys.reasons.values()
        queues = self._settings.queues
        return Guide(
            tuple(reasons),
            {name: one.script for name, one in queues.items() if one.script},
            {name: (one.dispositions, one.disposition_required) for name, one in queues.items()},
        )

    @property
    def realm(self) -> str:
        """As the edge asks for it."""
        return self._settings.sip.realm

    @cached_property
    def hub(self) -> HubClient:
        """By its socket."""
        return hub_of(self._settings)

    @cached_property
    def lines(self) -> QueueLines:
        """In the database."""
        return vault.queue_lines(self._settings, self.database)

    @property
    def queues_set(self) -> Sequence[QueueSet]:
        """By the settings."""
        return queues_set(self._settings)

    @cached_property
    def line_tls(self) -> LineTls:
        """By its control socket."""
        from ivr.apps.wiring.edge_tls import EdgeTls

        return EdgeTls(self._settings)

    @property
    def hosts(self) -> HostRegister:
        """In the data directory."""
        return HostFiles(self._settings.hosts_dir)

    def check_settings(self) -> None:
        """Those by which this process runs. (Imported here: it reads dialplans.)"""
        from ivr.apps.wiring.settings_check import check_all

        check_all(self._settings)

    def disks(self) -> Sequence[Disk]:
        """Of the directories that the settings name."""
        return disks(self._settings)

    @cached_property
    def targets(self) -> tuple[Mapping[str, float], float]:
        """By the settings of queues."""
        from ivr.apps.wiring.hub import targets

        return targets(self._settings), self._settings.queue("").target_seconds

    @cached_property
    def targets_of_notices(self) -> Targets:
        """In a sealed file."""
        return notices.targets(self._settings, self.keys)

    @cached_property
    def courier(self) -> Courier:
        """As the keeper has it."""
        return notices.courier(self._settings, self.keys, self.log)

    # --- dialplans and models ---------------------------------------------------------------------------------------

    @cached_property
    def publishing(self) -> PublishingPorts:
        """In the data directory."""
        return publishing_ports(self._settings, self.keys, self.log)

    def speaking(self) -> AbstractContextManager[Synthesizer]:
        """The synthesizer that the settings name."""
        from ivr.apps.wiring.synthesis import open_prompt_synthesizer

        return open_prompt_synthesizer(self._settings)

    @property
    def kept_drafts(self) -> KeptDrafts:
        """In the data directory."""
        return kept_drafts(self._settings)

    @property
    def versions(self) -> DialplanVersions:
        """In the data directory."""
        return kept_versions(self._settings)

    @cached_property
    def models(self) -> Models:
        """In a directory."""
        return ModelFiles(self._settings.models_dir)
