"""The office, made from the settings, for a person at this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import cast

from ivr.adapters import login
from ivr.adapters.agent_file import AgentFile
from ivr.adapters.files.audit.log import AuditLog
from ivr.apps.settings import Settings
from ivr.apps.wiring import vault
from ivr.apps.wiring.hub_client import hub_of
from ivr.core.identity.voiceprint import Voiceprint
from ivr.engine.bus.client import HubClient
from ivr.engine.office.actor import Actor
from ivr.engine.office.office import Office
from ivr.errors import IvrError
from ivr.ports.agents import AgentRegister
from ivr.ports.attempts import AttemptCounter
from ivr.ports.audit import ProvableLog
from ivr.ports.callbacks import CallbackStore
from ivr.ports.keys import ManagedKeyStore
from ivr.ports.people import People
from ivr.ports.queues import QueueLines
from ivr.ports.roles import RoleBook
from ivr.ports.voiceprints import Voiceprints


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


class OfficeFiles:
    """`OfficePorts`: each is opened when it is asked for first, and once."""

    def __init__(self, settings: Settings, *, moving: bool = False) -> None:
        self._settings = settings
        self._moving = moving

    def close(self) -> None:
        """Publish what was entered."""
        if "log" in vars(self):
            self.log.close()

    @property
    def begun(self) -> bool:
        """Whether there is a key store."""
        return self._settings.keystore_path.exists()

    @cached_property
    def keys(self) -> ManagedKeyStore:
        """The key store: a tenth of a second."""
        return vault.open_key_store(self._settings, moving=self._moving)

    @cached_property
    def log(self) -> ProvableLog:
        """The audit log."""
        return cast(ProvableLog, vault.audit_log(self._settings, self.keys))

    @cached_property
    def roles(self) -> RoleBook:
        """Who holds which role."""
        return vault.roles_file(self._settings, self.keys, cast(AuditLog, self.log))

    @cached_property
    def people(self) -> People:
        """Users of this machine."""
        return login.SystemUsers()

    @property
    def demanded(self) -> Sequence[str]:
        """Rules that the settings name."""
        return self._settings.access.two_persons

    def call_named(self, typed: str) -> str:
        """By its recording, or else by its record."""
        try:
            return vault.recording_files(self._settings, self.keys).find(typed).call_id
        except IvrError:
            pass
        try:
            return vault.call_store(self._settings, self.keys).get(typed).call_id
        except IvrError:
            return ""

    @cached_property
    def callbacks(self) -> CallbackStore:
        """The same."""
        return vault.callback_store(self._settings, self.keys)

    @cached_property
    def attempts(self) -> AttemptCounter:
        """How often accounts' proofs were tried."""
        return vault.attempt_counter(self._settings, self.keys)

    @cached_property
    def voiceprints(self) -> Voiceprints:
        """Sealed templates."""
        from ivr.adapters.files.voiceprints import VoiceprintFiles

        return VoiceprintFiles(self._settings.voiceprints_dir, self.keys)

    @cached_property
    def voiceprint_of(self) -> Callable[[str, Iterable[bytes], float], Voiceprint]:
        """By the model that the settings name. (Imported here: it takes a second.)"""
        from ivr.adapters.webrtc_vad import WebrtcFrameVad
        from ivr.apps.wiring.voices import embedder
        from ivr.engine.speech.voices import enrolled

        model = embedder(self._settings)
        return lambda customer, recordings, at: enrolled(customer, recordings, model, WebrtcFrameVad, at=at)

    @cached_property
    def agents(self) -> AgentRegister:
        """The directory's file."""
        return AgentFile(self._settings.agents_path)

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
        return vault.queue_lines(self._settings)

    @cached_property
    def targets(self) -> tuple[Mapping[str, float], float]:
        """By the settings of queues."""
        from ivr.apps.wiring.hub import targets

        return targets(self._settings), self._settings.queue("").target_seconds
