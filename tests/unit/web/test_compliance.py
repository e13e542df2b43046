"""What is kept, held and erased, and the audit log with its proofs, as the console shows them."""

from __future__ import annotations

import base64
import html
import re
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from ivr.core.audit.merkle import check_inclusion, leaf_hash
from ivr.core.vault.retention import DAY_SECONDS
from tests.unit.web.world import CALL, HOSTILE, World

OFFICER, AUDITOR = "user:security_officer", "user:auditor"
LONG_AGO = 1_600_000_000.0


@pytest.fixture
def world() -> World:
    """One in which things are erased."""
    return World()


def finished(browser: TestClient, path: str) -> str:
    """The page of a job, once it is over."""
    for _ in range(1000):
        page = browser.get(path).text
        if "every 1s" not in page:
            return page
    raise AssertionError("it never ended")


def test_what_is_held_stands_on_the_page_until_it_is_released(world: World) -> None:
    browser = world.browser(OFFICER)
    sent = world.send(browser, "/retention/hold", call=CALL, name="case-17", reason=f"a lawyer {HOSTILE}"[:500])
    assert sent.headers["location"] == "/retention"
    page = browser.get("/retention").text
    assert "case-17" in page
    assert "<script>alert" not in page
    assert f'action="/recordings/{CALL}/release"' in page
    seen = world.browser(AUDITOR).get("/retention").text
    assert "case-17" in seen
    assert "/release" not in seen
    assert 'href="/audit/' in seen
    world.send(browser, f"/recordings/{CALL}/release", name="case-17", reason="settled")
    assert "case-17" not in browser.get("/retention").text.partition("<dialog")[0]


def test_what_is_due_is_erased_beside_the_page_and_proved_on_it(world: World) -> None:
    world.house.plan = replace(  # type: ignore[attr-defined]
        world.house.plan,  # type: ignore[attr-defined]
        classes={name: replace(one, earliest_days=0, latest_days=1) for name, one in world.house.plan.classes.items()},  # type: ignore[attr-defined]
    )
    world.add_call("call-old", LONG_AGO, sealed=True)
    browser = world.browser(OFFICER)
    started = world.send(browser, "/retention/run")
    page = finished(browser, started.headers["location"])
    assert "1 erased." in page
    other = world.browser(AUDITOR).get(started.headers["location"])
    assert other.status_code == 403
    shown = browser.get("/retention").text
    assert "call-old" in shown
    assert "days are over" in shown
    found = world.browser(AUDITOR).get("/audit", params={"action": "recording.shredded"}).text
    assert "call-old" in found
    assert world.house.now - LONG_AGO > DAY_SECONDS


def test_an_erasure_that_is_forbidden_says_why(world: World) -> None:
    browser = world.browser(OFFICER)
    world.send(browser, "/retention/hold", call=CALL, name="case-17", reason="a lawyer")
    refused = world.send(browser, "/retention/shred", call=CALL, reason="the customer asked")
    assert refused.status_code == 403
    assert "held for case-17" in html.unescape(refused.text)


def test_entries_are_found_and_each_is_proved_by_its_own_page(world: World) -> None:
    browser = world.browser(AUDITOR)
    world.send(world.browser(OFFICER), "/retention/hold", call=CALL, name="case-17", reason="a lawyer")
    page = browser.get("/audit", params={"subject": CALL, "actor": OFFICER}).text
    found = re.findall(r'href="/audit/(\d+)"', page)
    assert len(found) == 1
    opened = browser.get(f"/api/audit/{found[0]}").json()
    root, leaf = base64.b64decode(opened["root"]), base64.b64decode(opened["leaf"])
    assert leaf == leaf_hash(opened["text"].encode())
    check_inclusion(leaf, int(found[0]), opened["size"], list(map(base64.b64decode, opened["path"])), root)
    assert opened["row"]["reason"] == "a lawyer"
    assert browser.get("/audit", params={"subject": "call-that-is-not"}).text.count("No entry fits") == 1
    for wrong in (
        "/audit/999999",
        "/audit/-1",
        "/audit/x",
        f"/audit/{2**70}",
        "/audit?since=never",
        "/audit?before=-1",
    ):
        assert browser.get(wrong).status_code == 422


def test_the_log_is_verified_in_the_page_and_a_foreign_checkpoint_is_told(world: World) -> None:
    browser = world.browser(AUDITOR)
    world.house.log.publish()
    kept = world.house.log.publish()
    started = world.send(browser, "/audit/verify", against=kept.replace("\n", "\r\n"), roots="")
    page = finished(browser, started.headers["location"])
    assert "Sound: nothing was altered" in page
    assert "It continues the checkpoint that you kept." in page
    wrong = world.send(browser, "/audit/verify", against="a\n1\nb\n", roots="")
    assert "Sound" not in finished(browser, wrong.headers["location"])
    assert "What is kept is not as it was sealed" in finished(browser, wrong.headers["location"])
    assert world.browser(OFFICER).get(started.headers["location"]).status_code == 422
