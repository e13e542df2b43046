"""An office over ports in memory."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import cast

from ivr.adapters.vcon import Vcon
from ivr.core.access.session import SessionRules
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.note import Signer
from ivr.core.audit.roles import GRANTED, Role
from ivr.core.call.record import CallRecord
from ivr.core.dialplan.offers import Offers
from ivr.core.dialplan.publication import ListedDialplan
from ivr.core.identity.voiceprint import Consent, Template, Voiceprint
from ivr.core.review.risk import ReviewRules
from ivr.engine.archive.standing import Standing
from ivr.engine.bus.client import HubClient
from ivr.engine.office.actor import Actor
from ivr.engine.office.office import Office
from ivr.engine.office.people import Everybody
from ivr.engine.office.ports import OfficePorts
from ivr.engine.office.role_book import RoleBook
from ivr.engine.publishing.books import rule_book, scorecard_book
from ivr.engine.publishing.config import PublishingPorts
from ivr.errors import OperatorError
from ivr.ports.inspections import InspectionStore
from ivr.ports.keys import ErasingKeyStore
from ivr.ports.notes import NoteStore
from ivr.ports.reviews import ReviewStore
from ivr.testing.fake_access import memory_access
from ivr.testing.fake_accounts import MemoryAccountStore
from ivr.testing.fake_audit import MemoryAuditLog
from ivr.testing.fake_dialplans import (
    MemoryCertificates,
    MemoryDrafts,
    MemoryKeptDrafts,
    MemoryPrompts,
    MemoryPublications,
    MemoryVersions,
)
from ivr.testing.fake_inspections import MemoryInspectionStore
from ivr.testing.fake_notes import MemoryNoteStore
from ivr.testing.fake_office import MemoryBookmark, MemoryPeople
from ivr.testing.fake_queue_lines import MemoryQueueLines
from ivr.testing.fake_recordings import MemoryRecordings
from ivr.testing.fake_reviews import MemoryReviewStore
from ivr.testing.fake_speech import FakeSynthesizer
from ivr.testing.fake_stores import MemoryCallbackStore, MemoryCallStore, MemoryKeyStore
from ivr.testing.fake_voiceprints import MemoryVoiceprints

NOW = 1_800_000_000.0
PLAN = "/plans/small.yaml"
"""The dialplan that the settings list."""


def audit_entry(actor: str, action: str, subject: str) -> AuditEntry:
    """One that was done, at NOW."""
    return AuditEntry(NOW, actor, action, subject, "done", "a test", {})


class House:
    """Ports that act upon nothing outside, and one office a person."""

    begun = True
    demanded: Sequence[str] = ()

    def __init__(self, keys: ErasingKeyStore | None = None) -> None:
        self.keys = keys or MemoryKeyStore()
        signer = Signer("ivr-audit-memory", bytes(32))
        self.log, self.verifier = MemoryAuditLog(signer), signer.verifier
        self.roles = RoleBook(self.log, self.keys, MemoryBookmark())
        self.standing = Standing(self.log)
        self.access = memory_access()
        self.session_rules = SessionRules()
        self.people = Everybody(MemoryPeople(), lambda: self.access.users)
        self.recordings = MemoryRecordings(self.keys)
        self.calls = MemoryCallStore()
        self.reviews: ReviewStore = MemoryReviewStore()
        self.scorecards, self.rules = scorecard_book(self.log), rule_book(self.log)
        self.review_rules = ReviewRules(sample=1.0)
        self.voiceprints = MemoryVoiceprints()
        self.voice_model = "model/1"
        self.learnt: list[str] = []
        self.lines = MemoryQueueLines()
        self.container = Vcon()
        self.notes: NoteStore = MemoryNoteStore()
        self.inspections: InspectionStore = MemoryInspectionStore()
        self.callbacks = MemoryCallbackStore()
        self.accounts = MemoryAccountStore()
        self.drafts = MemoryDrafts()
        self.kept_drafts = MemoryKeptDrafts()
        self.hub = HubClient(Path("/nowhere/hub.sock"), "memory")
        self.prompts = MemoryPrompts()
        self.versions = MemoryVersions()
        self.now = NOW
        self.publishing = PublishingPorts(
            listed=(ListedDialplan(PLAN, ("default",)),),
            drafts=self.drafts,
            certificates=MemoryCertificates(),
            publications=MemoryPublications(),
            versions=self.versions,
            prompts=self.prompts,
            log=self.log,
            signer=signer,
            offers=Offers({}, frozenset()),
            vocabularies={},
            wall=lambda: self.now,
        )

    @property
    def ports(self) -> OfficePorts:
        return cast(OfficePorts, self)

    def voiceprint_of(
        self, customer: str, recordings: Sequence[bytes], at: float, consent: Consent | None
    ) -> Voiceprint:
        self.learnt.append(customer)
        if customer == "unlearnable":
            raise OperatorError("Recording 1 is too noisy.")
        templates = tuple(Template((1.0, 0.0), len(pcm) / 16000, at) for pcm in recordings)
        return Voiceprint(customer, self.voice_model, templates, consent)

    def speaking(self) -> AbstractContextManager[FakeSynthesizer]:
        return nullcontext(FakeSynthesizer())

    def list_also(self, file: str, text: str) -> None:
        """The settings list one more dialplan, for the number 2."""
        self.drafts.files[file] = text
        self.publishing = replace(self.publishing, listed=(*self.publishing.listed, ListedDialplan(file, ("2",))))

    def office(self, name: str, *, proved_by: str = "login") -> Office:
        doubt = "" if proved_by else "nobody says who this is"
        return self.office_of(Actor(name, proved_by, doubt))

    def office_of(self, actor: Actor) -> Office:
        return Office(actor, self.ports, wall=lambda: self.now)

    def put_in_force(self) -> None:
        """The first officer, and a holder of each other role, who is called by it."""
        for by, role in [("os:officer", Role.SECURITY_OFFICER), *(("os:officer", role) for role in Role)]:
            person = "os:officer" if role is Role.SECURITY_OFFICER else f"os:{role}"
            if role not in self.roles.read().of(person):
                self.log.append([AuditEntry(NOW, by, GRANTED, person, "done", "a test", {"role": str(role)})])

    def record(self, call_id: str) -> None:
        self.calls.save(CallRecord(call_id, NOW, None, None, caller=""))

    def entries(self, *actions: str) -> list[AuditEntry]:
        self.log.publish()
        return [entry for _, entry in self.log.entries(actions=actions)]
