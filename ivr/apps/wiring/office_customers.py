"""What the office keeps of customers, made from the settings: their callbacks, accounts and voices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ivr.adapters.files.voiceprints import VoiceprintFiles
from ivr.apps.settings import Settings
from ivr.apps.wiring import vault
from ivr.core.identity.voiceprint import Consent, Voiceprint
from ivr.ports.accounts import AccountStore
from ivr.ports.attempts import AttemptCounter
from ivr.ports.callbacks import CallbackStore
from ivr.ports.keys import ManagedKeyStore
from ivr.ports.voiceprints import Voiceprints

if TYPE_CHECKING:
    from sqlalchemy import Engine


class CustomerFiles:
    """Those of `OfficePorts`, and the key store that they are opened with."""

    def __init__(self, settings: Settings, *, moving: bool = False) -> None:
        self._settings = settings
        self._moving = moving

    @cached_property
    def keys(self) -> ManagedKeyStore:
        """Opened with its passphrase or PIN: a tenth of a second."""
        return vault.open_key_store(self._settings, moving=self._moving)

    @cached_property
    def database(self) -> Engine:
        """One pool of connections for whatever is kept there, and for as often as it is asked."""
        return vault.database(self._settings)

    @cached_property
    def callbacks(self) -> CallbackStore:
        """In the database."""
        return vault.callback_store(self._settings, self.keys, self.database)

    @cached_property
    def attempts(self) -> AttemptCounter:
        """In a file."""
        return vault.attempt_counter(self._settings, self.keys)

    @cached_property
    def accounts(self) -> AccountStore:
        """In the database."""
        return vault.account_store(self._settings, self.keys, self.database)

    @cached_property
    def voiceprints(self) -> Voiceprints:
        """Sealed templates."""
        return VoiceprintFiles(self._settings.voiceprints_dir, self.keys)

    @cached_property
    def voiceprint_of(self) -> Callable[[str, Sequence[bytes], float, Consent | None], Voiceprint]:
        """By the model that the settings name. (Imported here: it takes a second.)"""
        from ivr.apps.wiring.voices import voice_model
        from ivr.engine.speech.voices import enrolled

        model = voice_model(self._settings)
        return lambda customer, recordings, at, consent: enrolled(customer, recordings, model, at=at, consent=consent)

    @property
    def voice_model(self) -> str:
        """By the settings, without loading the model."""
        from ivr.apps.wiring.voices import model_name

        return model_name(self._settings)
