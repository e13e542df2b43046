"""Publishing's ports, made from the settings."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ivr.adapters.files.dialplans.certificates import CertificateFiles
from ivr.adapters.files.dialplans.drafts import DraftFiles
from ivr.adapters.files.dialplans.kept_drafts import KeptDraftFiles
from ivr.adapters.files.dialplans.versions import VersionFiles
from ivr.apps.settings import DialplanSettings, Settings
from ivr.apps.wiring.served import offers, prompt_files, publications
from ivr.apps.wiring.synthesis import speaks_ahead
from ivr.apps.wiring.vault import audit_log, audit_signer, open_key_store
from ivr.core.dialplan.publication import ListedDialplan
from ivr.engine.publishing.config import PublishingPorts
from ivr.ports.audit import AuditLog
from ivr.ports.keys import KeyStore
from ivr.ports.speech import Vocabulary


def publishing_ports(settings: Settings, keys: KeyStore, log: AuditLog) -> PublishingPorts:
    """What publishing works with. Nothing is read yet."""
    return PublishingPorts(
        listed=tuple(map(_listed, settings.dialplans)),
        drafts=DraftFiles(),
        certificates=CertificateFiles(settings.data_dir / "certificates"),
        publications=publications(settings),
        versions=kept_versions(settings),
        prompts=prompt_files(settings),
        log=log,
        signer=audit_signer(keys),
        offers=offers(settings),
        vocabularies=vocabularies(settings),
        wall=time.time,
        at_once=(os.cpu_count() or 1) if speaks_ahead(settings) else 1,
        in_pieces=speaks_ahead(settings),
    )


@contextmanager
def open_publishing(settings: Settings, keys: KeyStore | None = None) -> Iterator[PublishingPorts]:
    """The same for a while, with a log of its own; `keys`: the key store, where it is open. Raises IvrError."""
    keys = keys or open_key_store(settings)
    log = audit_log(settings, keys)
    try:
        yield publishing_ports(settings, keys, log)
    finally:
        log.close()


def kept_versions(settings: Settings) -> VersionFiles:
    """Where every version is kept."""
    return VersionFiles(settings.data_dir / "dialplans")


def kept_drafts(settings: Settings) -> KeptDraftFiles:
    """Where the office keeps drafts."""
    return KeptDraftFiles(settings.data_dir / "drafts")


def vocabularies(settings: Settings) -> dict[str, Callable[[], Vocabulary]]:
    """Language -> what its Vosk model knows; other recognizers write any word. Opening one takes seconds."""
    if settings.speech.uri:
        return {}
    found: dict[str, Callable[[], Vocabulary]] = {}
    for language, kind in settings.speech.recognizers.items():
        what, _, where = kind.partition(":")
        if what == "vosk":
            found[language] = _vosk(settings, language, where)
    return found


def _vosk(settings: Settings, language: str, where: str) -> Callable[[], Vocabulary]:
    def opened() -> Vocabulary:
        from ivr.adapters.vosk_asr import VoskRecognizer

        return VoskRecognizer(settings.models_dir / where, language)

    return opened


def _listed(entry: DialplanSettings) -> ListedDialplan:
    return ListedDialplan(str(entry.file), (entry.called,) if isinstance(entry.called, str) else entry.called)
