"""The console is killed in the middle of publishing a draft: what was served goes on, or the new one is whole."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from ivr.apps.settings import Settings
from ivr.apps.wiring.door import door
from ivr.apps.wiring.office import OfficeFiles
from ivr.core.access.session import Factor
from ivr.core.access.user import User
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.roles import GRANTED, Role
from ivr.engine.office import dialplans, drafts
from ivr.engine.office.actor import Actor
from ivr.engine.office.dialplans import Publish
from ivr.engine.office.drafts import BeginDraft, ListDrafts, SaveDraft
from ivr.engine.office.office import Office
from ivr.testing.ports import free_port
from tests.integration.conftest import until
from tests.integration.console.held_console import PLACES, HeldFiles, marker, settings_of
from tests.unit.apps.publishes import MAIN, entries, published_now, publishes, serves
from tests.unit.apps.publishes import settings as settings

OLGA = Actor("user:olga", "password")
LIVE_AFTER = {"speaking": "small@1", "entered": "small@2", "pointed": "small@2"}


def a_draft_and_a_session(settings: Settings) -> tuple[str, str]:
    """Id of the draft, secret of the session of who wrote it."""
    ports = OfficeFiles(settings)
    try:
        for who, role in (("os:root", Role.SECURITY_OFFICER), (OLGA.name, Role.OPERATOR)):
            details: dict[str, object] = {"role": str(role)}
            ports.log.append([AuditEntry(time.time(), "os:root", GRANTED, who, "done", "a test", details)])
        office = Office(OLGA, ports, wall=time.time)
        draft = drafts.begin(office, BeginDraft(str(settings.dialplans[0].file)))
        text = (MAIN % "Good morning.").replace('"1"', '"2"')
        drafts.save(office, SaveDraft(draft.id, draft.revision, {"small.yaml": text}))
        user = User(OLGA.name, os.urandom(16), time.time())
        ports.access.users.add(user)
        visits = door(settings, ports.keys, ports.log, ports.roles).visits
        return draft.id, visits.begin(user, frozenset({Factor.PASSWORD}), address="127.0.0.1").secret
    finally:
        ports.close()


def asks_to_publish(url: str, secret: str, draft: str) -> None:
    """As the page does. Nobody answers: the console stands still, and dies."""
    with suppress(httpx2.HTTPError), httpx2.Client(base_url=url, cookies={"ivr": secret}, timeout=60) as browser:
        page = browser.get(f"/dialplans/drafts/{draft}").text
        token = page.partition('name="csrf" value="')[2].partition('"')[0]
        fields = {"csrf": token, "reason": "new words"}
        browser.post(f"/dialplans/drafts/{draft}/publish", data=fields, headers={"Origin": url})


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_half_done(settings: Settings, place: str) -> None:
    publishes(settings)
    port = free_port()
    settings = settings_of(settings.data_dir, settings.dialplans[0].file, port)
    draft, secret = a_draft_and_a_session(settings)
    words = [sys.executable, "-m", "tests.integration.console.held_console"]
    root = Path(__file__).parents[3]
    console = subprocess.Popen(
        [*words, str(settings.data_dir), str(settings.dialplans[0].file), str(port), place], cwd=root
    )
    asking = threading.Thread(target=asks_to_publish, args=(f"http://127.0.0.1:{port}", secret, draft))
    try:
        asyncio.run(until(lambda: listens(port), "the console listens", seconds=90))
        asking.start()
        asyncio.run(until(marker(settings).exists, f"it publishes as far as '{place}'", seconds=90))
    finally:
        console.send_signal(signal.SIGKILL)
        console.wait()
    asking.join()

    live = published_now(settings)
    assert live is not None
    assert [plan.id for plan in live.plans] == [LIVE_AFTER[place]]
    assert serves(settings).id == LIVE_AFTER[place], "a cell loads it whole"
    told = [entry.subject for entry in entries(settings)]
    assert told == ["small@1", *(["small@2"] if LIVE_AFTER[place] == "small@2" else [])]

    ports = HeldFiles(settings, "nowhere")
    try:
        office = Office(OLGA, ports, wall=time.time)
        (kept,) = drafts.list_drafts(office, ListDrafts())
        assert kept.kept.id == draft, "what was written is there"
        done = dialplans.publish(office, Publish(draft=draft, reason="again"))
        assert done.new is (LIVE_AFTER[place] == "small@1")
        assert drafts.list_drafts(office, ListDrafts()) == []
    finally:
        ports.close()
    assert serves(settings).id == "small@2"
