"""The console over an office in memory, with a person of each role, and calls whose callers say hostile things."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import httpx2
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool
from starlette.testclient import TestClient

from ivr.adapters.agent_file import AgentFile
from ivr.adapters.files.attempts import AttemptFile
from ivr.adapters.files.audit.stamps import StampFiles
from ivr.adapters.files.keys.age_seal import AgeSealer
from ivr.adapters.files.keys.store import FileKeyStore
from ivr.adapters.files.models import ModelFiles
from ivr.adapters.files.notice_targets import AlarmFile, TargetFile
from ivr.adapters.notice_post import HttpPoster
from ivr.adapters.sql.call_store import SqlCallStore
from ivr.adapters.sql.database import upgrade
from ivr.adapters.sql.inspection_store import SqlInspectionStore
from ivr.adapters.sql.note_store import SqlNoteStore
from ivr.adapters.sql.review_store import SqlReviewStore
from ivr.apps.settings import Settings
from ivr.apps.web.app import guarded
from ivr.apps.web.console import Browsers, Console
from ivr.apps.web.guard import Origin
from ivr.apps.wiring.retention import retention_plan
from ivr.core.access.secret import Kind, made
from ivr.core.access.session import Factor
from ivr.core.access.user import User
from ivr.core.audit.approval import CARD_PUBLISHED
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import GRANTED, REVOKED, Role
from ivr.core.audit.step import CallStep
from ivr.core.call.journal import to_json
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.call.sealing import sealed_entry
from ivr.core.call.transcript import Span
from ivr.core.call.transcription import Transcription, Utterance
from ivr.core.compliance.findings import CallFindings, RulesUsed
from ivr.core.compliance.rule import Found, Severity
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.orders.alerts import RuleFound
from ivr.core.orders.evidence import Alerted, CallOutcome, FigureWithheld, MessageLeft
from ivr.core.queueing.directory import AgentEntry
from ivr.core.queueing.guide import Guide
from ivr.core.review.review import Review, Said
from ivr.core.review.risk import FOUND_FLAGS
from ivr.core.review.scorecard import Answer, Score
from ivr.core.vault.guard import Guard
from ivr.core.vault.journal_frame import AudioBlock, Closed, JournalEntry, JournalFrame
from ivr.core.vault.keys import PassphraseCost
from ivr.engine.access.codes import Codes
from ivr.engine.access.door import Door
from ivr.engine.access.losses import Losses
from ivr.engine.access.passwords import Passwords
from ivr.engine.access.visits import VisitRules, Visits
from ivr.engine.access.waiting import Waiting
from ivr.engine.archive.compaction import Compactor
from ivr.engine.archive.eraser import Eraser
from ivr.engine.archive.keyed import Keyed
from ivr.engine.archive.sealing import Sealing
from ivr.engine.notices.courier import Courier
from ivr.engine.office import drafts
from ivr.engine.office.actor import Actor
from ivr.engine.office.dialplans import publish_listed
from ivr.engine.office.drafts import BeginDraft
from ivr.engine.office.office import Office
from ivr.engine.office.ports import OfficePorts
from ivr.engine.publishing.live import Act
from ivr.ports.keys import Rewrap
from ivr.ports.premises import Disk, LineCertificate, QueueSet
from ivr.testing.fake_recordings import sealed_journal
from tests.unit.office.house import PLAN, House
from tests.unit.web.played_hub import PlayedHub

URL = "http://127.0.0.1:8080"
PASSWORD = "four plain words here"
HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"
"""What a caller may say, send as their name, or have stored elsewhere."""
ALERT = RuleFound("eu/promise", "critical", "a forbidden phrase", f"risk free {HOSTILE}", 24_000, 40_000, 0.9, "agent",
                  HOSTILE)  # fmt: skip
"""A rule found it while the call went on."""
SECONDS = 12
CALL, OLD = "call-1", "call-2"
"""Sealed for good; still a journal."""
DIALPLAN = """\
name: small
version: "1"
languages: [en]
start: hello
states:
  hello: {say: {en: Hello.}, go: bye}
  bye: {hang_up: completed}
"""
CARD = f"""\
name: service
version: "1"
pass_from: 80
questions:
  greeting: {{ask: {{en: 'Did they greet? {HOSTILE.replace("'", "''")}', zh: 问候了吗？}}}}
  risk: {{ask: {{en: Did they read the risk words?, zh: 宣读了风险提示吗？}}, weight: 2, critical: true}}
"""
CHEAP = PassphraseCost(memory_kib=64, iterations=1, lanes=1)
BLOCK = 800
"""Samples."""
BROWSERS = Browsers("ws://127.0.0.1:5062", "ivr", ("bank", "2000"))


class NothingKept:
    """A store that keeps no wrapped key."""

    def wrapped_keys(self) -> Iterable[tuple[str, bytes, str]]:
        return ()

    def rewrap(self, rewrap: Rewrap, active: str) -> int:
        return 0


class PlayedTls:
    """A line whose certificate was renewed."""

    def reload(self) -> LineCertificate:
        """What callers are shown from now on."""
        return LineCertificate((HOSTILE,), datetime(2031, 1, 1, tzinfo=UTC), "ab" * 32)


class Persons:
    """Users of the console."""

    def named(self, typed: str) -> str:
        return typed if ":" in typed else f"user:{typed}"

    def present(self, person: str) -> str:
        return person


class World:
    """All of it, and browsers."""

    def __init__(
        self, url: str = URL, *, second_factor_for: frozenset[Role] = frozenset(), stream_seconds: float = 0.0
    ) -> None:
        engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
        upgrade(engine)
        self.kept = TemporaryDirectory(prefix="ivr-world-")
        here = Path(self.kept.name)
        self.house = House(FileKeyStore.create(here / "store.json", b"a passphrase for tests", cost=CHEAP))
        self.house.people = Persons()  # type: ignore[assignment]
        self.house.calls = SqlCallStore(engine, self.house.keys)  # type: ignore[assignment]
        self.house.plan = retention_plan(Settings())  # type: ignore[attr-defined]
        self.house.retention_alone = self.house.roles.alone  # type: ignore[attr-defined]
        self.house.sealer = AgeSealer()  # type: ignore[attr-defined]
        self.house.retention_rules = {}  # type: ignore[attr-defined]
        self.house.eraser = self.eraser  # type: ignore[attr-defined]
        calls, none = cast(SqlCallStore, self.house.calls), NothingKept()
        self.house.reviews = SqlReviewStore(engine, self.house.keys)
        self.house.notes = SqlNoteStore(engine, self.house.keys)
        self.house.inspections = SqlInspectionStore(engine, self.house.keys)
        of_calls = self.house.reviews, self.house.notes, self.house.inspections
        self.house.keyed = Keyed(self.house.recordings, calls, none, none, *of_calls, none, none)  # type: ignore[attr-defined]
        self.house.agents = AgentFile(here / "agents.json")  # type: ignore[attr-defined]
        self.house.targets_of_notices = TargetFile(here / "webhooks", self.house.keys)  # type: ignore[attr-defined]
        self.house.courier = Courier(  # type: ignore[attr-defined]
            self.house.targets_of_notices, HttpPoster(seconds=2), self.house.log, self.house.calls,  # type: ignore[attr-defined]
            AlarmFile(here / "alarms.jsonl"), wall=time.time,
        )  # fmt: skip
        self.house.stamps = StampFiles(here / "stamps")  # type: ignore[attr-defined]
        self.house.no_cell_lives = nullcontext  # type: ignore[attr-defined]
        self.house.realm = "ivr"  # type: ignore[attr-defined]
        self.house.models = ModelFiles(here / "models")  # type: ignore[attr-defined]
        self.house.disks = lambda: (Disk("data", 4 * 10**9, 10**11),)  # type: ignore[attr-defined]
        self.house.queues_set = (QueueSet("loans", {"strategy": HOSTILE}, {"hk": "mon-fri 09:00-18:00"}),)  # type: ignore[attr-defined]
        self.customers(here)
        self.hub = PlayedHub(HOSTILE)
        self.house.hub = self.hub  # type: ignore[assignment]
        self.house.targets = ({"loans": 20.0, "cards": 30.0}, 20.0)  # type: ignore[attr-defined]
        for name, extension, user in (("alice", "201", f"user:{Role.AGENT}"), ("bob", "202", "user:bob")):
            entry = AgentEntry(name, uri=f"sip:{name}@192.0.2.7", extension=extension, user=user)
            self.house.agents.put(entry)  # type: ignore[attr-defined]
        self.house.guide = Guide(("break", HOSTILE), {"loans": {"en": HOSTILE}}, {"loans": (("paid", HOSTILE), True)})  # type: ignore[attr-defined]
        self.url = url
        self.stores = self.house.access
        visits = Visits(
            self.stores,
            self.house.log,
            self.house.roles.read,
            VisitRules(second_factor_for=second_factor_for),
            wall=time.time,
            random=os.urandom,
        )
        waiting = Waiting(self.stores.tries, self.house.keys, wall=time.time)
        self.door = Door(visits, Passwords(visits, waiting), Codes(visits, waiting))
        self.ways()
        # A browser of `TestClient` reads an answer to its end: a stream is over when it has said how it stands.
        told = {"stream_seconds": stream_seconds, "browsers": BROWSERS}
        self.console = Console(self.door, self.office, [Origin(url)], Losses(self.house.log), **told)  # type: ignore[arg-type]
        self.app = guarded(self.console)
        self.house.drafts.files[PLAN] = DIALPLAN
        self.publish()
        for role in (Role.SECURITY_OFFICER, *(one for one in Role if one is not Role.SECURITY_OFFICER)):
            self.grant(f"user:{role}", role)
        for number, call in enumerate((CALL, OLD)):
            self.add_call(call, time.time() - 3600 * (number + 1), sealed=call == CALL)
        self.inspected(CALL)
        self.appealed = self.review_of_old()

    def customers(self, here: Path) -> None:
        """Where attempts are kept, and what seals, by hand."""
        house, keys = self.house, self.house.keys
        house.attempts = AttemptFile(here / "attempts.json", keys, wall=time.time)  # type: ignore[attr-defined]
        sealing = Sealing(keys, house.calls, house.log, actor="keeper", wall=time.time)
        house.compactor = lambda actor: Compactor(house.recordings, sealing)  # type: ignore[attr-defined]
        house.check_settings = lambda: None  # type: ignore[attr-defined]
        house.line_tls = PlayedTls()  # type: ignore[attr-defined]

    def ways(self) -> None:
        """More ways in, of a world that has them."""

    def office(self, actor: Actor) -> Office:
        return Office(actor, cast(OfficePorts, self.house), wall=time.time)

    def eraser(self, actor: str) -> Eraser:
        house, calls = self.house, cast(SqlCallStore, self.house.calls)
        return Eraser(
            house.recordings, house.keys, calls, house.log, actor=actor, clock=time.time, guard=Guard(1000),
            alone=house.roles.alone, foreign=lambda: (),
            kept_with_calls=(house.reviews, house.notes, house.inspections),
        )  # fmt: skip

    def publish(self) -> None:
        """What the settings list, by the engine."""
        publish_listed(self.house.ports, Act("engine", HOSTILE), lambda done, of: None)

    def draft(self) -> str:
        """Id of a draft, which is begun where there is none."""
        kept = next(iter(self.house.kept_drafts.all()), None)
        if kept is not None:
            return kept.id
        operator = Actor("user:operator", "sign-in")
        return drafts.begin(self.office(operator), BeginDraft(PLAN)).id

    def inspected(self, call: str) -> None:
        """What rules that said hostile things of themselves found in a call."""
        found = Found(
            "made/promise", Severity.CRITICAL, HOSTILE, "a forbidden phrase", HOSTILE, 8000, 16000, 0.9, "agent"
        )
        said = Utterance("agent", 8000, 16000, "en", HOSTILE, 0.9)
        began = self.house.calls.get(call).started_at
        self.house.inspections.put_transcription(Transcription(call, began, time.time(), ("made",), (said,)))
        used = (RulesUsed("made", "1", "ab" * 32),)
        self.house.inspections.put_findings(CallFindings(call, began, time.time(), used, (found,), ("made/other",)))
        self.house.calls.index_flags(call, ("found_critical",), FOUND_FLAGS)

    def review_of_old(self) -> str:
        """Id of a review of the older call, by somebody who is gone, against which its agent said something."""
        details: dict[str, object] = {"text": CARD}
        self.house.log.append([AuditEntry(time.time(), "user:gone", CARD_PUBLISHED, "service@1", details=details)])
        card = self.house.scorecards.live()[0].what
        record = self.house.calls.get(OLD)
        made = Review(
            "0123456789abcdef", OLD, record.started_at, "user:gone", time.time(), card.title, card.sha256, "alice",
            ("sample",), (("greeting", Answer.NO), ("risk", Answer.YES)), Score(66, False), HOSTILE,
            Said(f"user:{Role.AGENT}", time.time(), HOSTILE),
        )  # fmt: skip
        self.house.reviews.add(made)
        return made.review_id

    def grant(self, person: str, role: Role) -> None:
        officer = f"user:{Role.SECURITY_OFFICER}"
        details: dict[str, object] = {"role": str(role)}
        self.house.log.append([AuditEntry(time.time(), officer, GRANTED, person, "done", "a test", details)])

    def add_call(self, call: str, at: float, *, sealed: bool, peaks: bool = True) -> None:
        day = time.strftime("%Y%m%d", time.gmtime(at))
        record = CallRecord(
            call,
            at,
            at + 1,
            at + 1 + SECONDS,
            caller=f'"{HOSTILE}" <sip:+85212345678@host>',
            called=HOSTILE,
            dialplan=f"{HOSTILE}@1",
            language="en",
            outcome=CallOutcome.COMPLETED,
            recording_id=f"{day}-{call}",
            agents=(HOSTILE,),
            looked_up=(("reference", HOSTILE),),
            marks=(HOSTILE,),
            voicemails=(MessageLeft(HOSTILE, 5 * SAMPLE_RATE, 9 * SAMPLE_RATE),),
            alerts=(Alerted(ALERT.rule, ALERT.severity, ALERT.what, ALERT.say, "agent", 24_000, 40_000, 0.9),),
            withheld=(FigureWithheld("eu/balance", "another figure", "read", 7.0, "A colleague does."),),
        )
        self.house.calls.save(record)
        self.house.calls.index_words(call, ["buy a fund"], ["may lose money"])
        spans = [
            Span("engine", 0, 2 * SAMPLE_RATE, "en", "Investments may lose money.", whole=False, disclosure=HOSTILE),
            Span("caller", 3 * SAMPLE_RATE, 5 * SAMPLE_RATE, "en", f"buy a fund {HOSTILE}", 0.9, HOSTILE),
        ]
        frames: list[JournalFrame] = [
            AudioBlock(at, {"caller.in": tone(at, 7), "caller.out": tone(at, 13)})
            for at in range(0, SECONDS * SAMPLE_RATE, BLOCK)
        ]
        frames += [JournalEntry({"span": span.to_json()}) for span in spans]
        frames.append(JournalEntry({"now": at + 4, "event": to_json(ALERT), "orders": []}))
        frames.append(JournalEntry(CallStep(1, at + 3, "agent.connected", {"agent": HOSTILE}).to_json()))
        frames.append(Closed({"record": record_to_json(record), "samples": SECONDS * SAMPLE_RATE}))
        recordings = self.house.recordings
        journal = recordings.put(sealed_journal(self.house.keys, call, at, frames))
        if sealed:
            outlined = recordings.outline(journal)
            if not peaks:  # as a version sealed it that did not keep them
                tracks = tuple(replace(track, peaks=b"") for track in outlined.index.tracks)
                outlined = replace(outlined, index=replace(outlined.index, tracks=tracks))
            recordings.seal(journal, outlined)
            recordings.remove_journal(journal)
            sha256 = recordings.sha256(recordings.archive_of(journal))
            header = outlined.header
            data_key = self.house.keys.open(header.wrapped, header.kek_id)
            self.house.log.append(
                [sealed_entry(outlined, sha256, (), data_key=data_key, actor="keeper", now=time.time())]
            )

    def revoke(self, person: str, role: Role) -> None:
        officer = f"user:{Role.SECURITY_OFFICER}"
        self.house.log.append(
            [AuditEntry(time.time(), officer, REVOKED, person, "done", "a test", {"role": str(role)})]
        )

    def rule(self, name: str, action: str) -> None:
        officer = f"user:{Role.SECURITY_OFFICER}"
        self.house.log.append([AuditEntry(time.time(), officer, action, name, "done", "a test")])

    def routes(self) -> list[APIRoute]:
        app = self.app.app
        assert isinstance(app, FastAPI)
        return [route for route in app.routes if isinstance(route, APIRoute)]

    # --- browsers ---------------------------------------------------------------------------------------------------

    def stranger(self) -> TestClient:
        """A browser in which nobody signed in."""
        return TestClient(
            self.app,
            base_url=self.url,
            follow_redirects=False,
            raise_server_exceptions=False,
            headers={"Sec-Fetch-Site": "same-origin"},
        )

    def invite(self, name: str) -> str:
        """The secret of somebody's link."""
        secret = made(Kind.INVITATION, os.urandom(16))
        self.stores.users.add(User(name, os.urandom(16), time.time()).invited(secret, now=time.time()))
        return secret

    def second_supervisor(self) -> TestClient:
        self.grant("user:second", Role.SUPERVISOR)
        return self.browser("user:second")

    def browser(self, name: str) -> TestClient:
        """One in which somebody is signed in."""
        user = self.stores.users.find(name)
        if user is None:
            user = User(name, os.urandom(16), time.time())
            self.stores.users.add(user)
        arrived = self.door.visits.begin(user, frozenset({Factor.PASSWORD}), address="192.0.2.1")
        browser = self.stranger()
        browser.cookies.set("__Host-ivr" if self.url.startswith("https") else "ivr", arrived.secret)
        return browser

    def token(self, browser: TestClient) -> str:
        """What the forms of this browser's session bring along."""
        visitor = self.door.visits.person_of(next(iter(browser.cookies.values())))
        assert visitor is not None
        return visitor.csrf

    def send(self, browser: TestClient, path: str, **fields: str | list[str]) -> httpx2.Response:
        """Send a form of a page."""
        return browser.post(path, data={"csrf": self.token(browser), **fields})


def tone(at: int, period: int) -> bytes:
    """A block of PCM that differs from place to place."""
    return b"".join(
        ((at // BLOCK * 131 + n * period) % 8000 - 4000).to_bytes(2, "little", signed=True) for n in range(BLOCK)
    )
