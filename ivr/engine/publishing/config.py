"""What publishing works with. Built by the wiring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ivr.core.audit.note import Signer
from ivr.core.dialplan.offers import Offers
from ivr.core.dialplan.publication import ListedDialplan
from ivr.ports.audit import AuditLog
from ivr.ports.clock import Clock
from ivr.ports.drafts import Certificates, Drafts
from ivr.ports.prompts import PromptStore
from ivr.ports.publications import Publications
from ivr.ports.speech import Vocabulary
from ivr.ports.versions import DialplanVersions


@dataclass(frozen=True, slots=True)
class PublishingPorts:
    """Where dialplans come from, where they go, and what says so."""

    listed: tuple[ListedDialplan, ...]
    """What the settings list."""
    drafts: Drafts
    certificates: Certificates
    publications: Publications
    versions: DialplanVersions
    prompts: PromptStore
    log: AuditLog
    signer: Signer = field(repr=False)
    """Of the pointer to what is served."""
    offers: Offers
    vocabularies: Mapping[str, Callable[[], Vocabulary]]
    """Language -> what its recognizer knows, of those that do not write any word. Opening one takes seconds."""
    wall: Clock
    at_once: int = 1
    """Prompts that are spoken at one time."""
    in_pieces: bool = False
    """Whether the pieces of sentences with values are spoken ahead: by a voice that is too slow for a waiting
    caller."""
