"""Dialplans in the console: written, tried out, compared, approved, published and rolled back; nothing of it by who may
not, and nothing lost where two write at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import pytest

from ivr.apps.web.console import Taken
from ivr.core.audit.roles import DEMANDED, Role
from ivr.core.call.record import CallRecord
from ivr.core.call.record_json import record_to_json
from ivr.core.dialplan.publication import ListedDialplan
from ivr.core.orders.keypad import DigitPressed
from ivr.core.vault.journal_frame import Closed, JournalEntry, JournalFrame
from ivr.testing.fake_recordings import sealed_journal
from tests.unit.call.test_retold import OLD, TEXT, Caller
from tests.unit.office.house import PLAN
from tests.unit.web.world import DIALPLAN, HOSTILE, World

PART = "small.yaml"
SECOND = DIALPLAN.replace('version: "1"', 'version: "2"').replace("Hello.", "Good morning.")


@pytest.fixture
def world() -> World:
    made = World()
    made.grant("user:second", Role.OPERATOR)
    return made


def saved(world: World, who: str = "user:operator", text: str = SECOND, revision: int = 1) -> Mapping[str, object]:
    draft = world.draft()
    asked = {"part": PART, "text": text, "revision": revision}
    browser = world.browser(who)
    sent = browser.post(
        f"/api/dialplans/drafts/{draft}/save", json=asked, headers={"X-CSRF-Token": world.token(browser)}
    )
    return {"status": sent.status_code, **sent.json()}


def live(world: World) -> list[str]:
    return [one["version"] for one in world.browser("user:operator").get("/api/dialplans").json()["lines"]]


def test_a_draft_is_begun_written_and_published_on_its_pages_alone(world: World) -> None:
    browser = world.browser("user:operator")
    begun = world.send(browser, "/dialplans/drafts", file=PLAN)
    here = begun.headers["location"]
    page = browser.get(here)
    assert "Hello." in page.text
    assert "<textarea" in page.text, "a browser without scripts writes too"
    kept = world.send(browser, f"{here}/save", part=PART, text=SECOND.replace("\n", "\r\n"), revision="1")
    assert (kept.status_code, kept.headers["location"]) == (303, f"{here}?part={PART}")
    assert live(world) == ["small@1"]
    published = world.send(browser, f"{here}/publish", reason="new words")
    assert (published.status_code, published.headers["location"]) == (303, "/dialplans")
    assert "No engine runs here now" in browser.get("/dialplans").text
    assert live(world) == ["small@2"]
    assert "there is no draft" in browser.get(here).text


def test_the_engine_takes_what_was_published_and_how_many_calls_run_on_is_told(world: World) -> None:
    taken: list[str] = []

    def take(publication: str) -> Taken:
        taken.append(publication)
        return Taken(runs=True, older=3)

    object.__setattr__(world.console, "take", take)
    saved(world)
    browser = world.browser("user:operator")
    world.send(browser, f"/dialplans/drafts/{world.draft()}/publish", reason="new words")
    page = browser.get("/dialplans").text
    assert "3 running calls end with what they began with" in page
    assert taken == [browser.get("/api/dialplans").json()["past"][0]["id"]]


def test_of_two_who_write_the_second_sees_both_texts_and_nothing_is_lost(world: World) -> None:
    assert saved(world, "user:second")["status"] == 200
    theirs = f"{DIALPLAN}# {HOSTILE}</textarea>"
    told = saved(world, text=theirs)
    assert told["status"] == 409
    assert told["yours"] == theirs
    browser = world.browser("user:operator")
    page = world.send(browser, f"/dialplans/drafts/{world.draft()}/save", part=PART, text=theirs, revision="1")
    assert page.status_code == 409
    assert "second saved it while you wrote" in page.text
    assert '<span class="old">-' in page.text
    assert HOSTILE not in page.text
    assert 'name="revision" value="2"' in page.text, "saved again it follows theirs"
    assert saved(world, text=theirs, revision=2)["status"] == 200


def test_a_text_that_is_hostile_is_text_wherever_it_stands(world: World) -> None:
    text = f"{DIALPLAN}# {HOSTILE}</textarea>\n"
    saved(world, text=text)
    browser, here = world.browser("user:operator"), f"/dialplans/drafts/{world.draft()}"
    assert HOSTILE not in browser.get(here).text
    for trial in ("check", "picture", "talk", "test", "changes"):
        asked = {"part": PART, "text": text, "typed": f"{HOSTILE}\n", "say": HOSTILE, "more": "true"}
        page = world.send(browser, f"{here}/{trial}", **asked)
        assert page.status_code == 200, trial
        assert HOSTILE not in page.text, trial
        wrong = world.send(browser, f"{here}/{trial}", part=PART, text=f'"{HOSTILE}": 1\n')
        assert wrong.status_code == 200, trial
        assert HOSTILE not in wrong.text, trial


def test_what_is_typed_is_checked_drawn_talked_to_tested_and_compared_and_not_saved(world: World) -> None:
    browser, here = world.browser("user:operator"), f"/dialplans/drafts/{world.draft()}"
    before = browser.get(f"/api{here}").json()

    def tried(trial: str, **asked: str) -> str:
        return world.send(browser, f"{here}/{trial}", part=PART, text=SECOND, **asked).text

    assert "Sound, 2 states." in tried("check")
    assert "was published with another text" not in tried("check")
    assert 'data-state="hello"' in tried("picture")
    assert "Good morning." in tried("talk")
    assert "There are none yet" in tried("test")
    assert "becomes &#39;Good morning.&#39;" in tried("changes")
    assert (
        "nowhere" in world.send(browser, f"{here}/check", part=PART, text=SECOND.replace("go: bye", "go: nowhere")).text
    )
    assert browser.get(f"/api{here}").json() == before


def test_where_two_persons_are_needed_the_author_approves_for_another_who_publishes(world: World) -> None:
    world.rule("publish", DEMANDED)
    saved(world)
    here = f"/dialplans/drafts/{world.draft()}"
    author, second = world.browser("user:operator"), world.browser("user:second")
    refused = world.send(author, f"{here}/publish", reason="mine")
    assert (refused.status_code, "who wrote a draft does not publish it" in refused.text) == (403, True)
    assert world.send(second, f"{here}/publish", reason="unread").status_code == 403
    assert world.send(author, f"{here}/approve", publisher="user:second", reason="please read it").status_code == 303
    assert live(world) == ["small@1"]
    assert world.send(second, f"{here}/publish", reason="read it").status_code == 303
    assert live(world) == ["small@2"]
    page = second.get("/dialplans").text
    assert "approved by operator" in page
    first = second.get("/api/dialplans").json()["past"][-1]["id"]
    assert world.send(second, "/dialplans/roll-back", publication=first, reason="alone").status_code == 403
    approved = world.send(
        author, "/dialplans/roll-back/approve", publication=first, publisher="user:second", reason="yes"
    )
    assert approved.status_code == 303
    assert world.send(second, "/dialplans/roll-back", publication=first, reason="wrong words").status_code == 303
    assert live(world) == ["small@1"]


@pytest.mark.parametrize("name", ["../small.yaml", "/etc/passwd", "x.sh", "scenarios/../../x.yaml"])
def test_a_part_and_a_draft_are_no_paths(world: World, name: str) -> None:
    browser, here = world.browser("user:operator"), f"/dialplans/drafts/{world.draft()}"
    assert world.send(browser, f"{here}/save", part=name, text="x", revision="1").status_code == 422
    assert browser.get(here, params={"part": name}).status_code == 422
    assert browser.get("/dialplans/drafts/..%2fpublished%2fcurrent").status_code in (404, 422)
    assert browser.get("/dialplans/drafts/0123456789ab").status_code == 422
    assert world.send(browser, "/dialplans/drafts", file=name).status_code == 422


def calls(world: World) -> None:
    """Three that the shop served: two buy, one hangs up in the menu."""
    world.house.versions.keep(OLD.id, OLD.sha256, {"shop.yaml": TEXT}, {}, now=1.0)
    for number in range(3):
        caller = Caller()
        caller.heard()
        if number < 2:
            caller.send(DigitPressed("1"))
            caller.heard()
        entries = caller.done()
        call, at = f"shop-{number}", time.time() - 60 * number
        day = time.strftime("%Y%m%d", time.gmtime(at))
        record = CallRecord(call, at, at, at + 9, caller=HOSTILE, dialplan=OLD.id, recording_id=f"{day}-{call}")
        world.house.calls.save(record)
        frames: list[JournalFrame] = [JournalEntry(entry) for entry in entries]
        frames.append(Closed({"record": record_to_json(record), "samples": 0}))
        world.house.recordings.put(sealed_journal(world.house.keys, call, at, frames))


def test_a_supervisor_replays_the_latest_calls_and_the_log_says_so(world: World) -> None:
    calls(world)
    house = world.house
    other = TEXT.replace("You may lose money.", "You may lose all.").replace('"1"', '"2"', 1)
    house.drafts.files["/plans/shop.yaml"] = other
    listed = (*house.publishing.listed, ListedDialplan("/plans/shop.yaml", ("2",)))
    house.publishing = replace(house.publishing, listed=listed)
    operator = world.browser("user:operator")
    here = world.send(operator, "/dialplans/drafts", file="/plans/shop.yaml").headers["location"]
    supervisor = world.browser("user:supervisor")
    assert "Replay real calls" in supervisor.get(here).text
    assert "Replay real calls" not in operator.get(here).text, "who may not open recordings is not asked to"
    page = world.send(supervisor, f"{here}/replay", last="10", reason="before it goes live").text
    assert "<b>2</b> another warning" in page
    assert "<b>0</b> elsewhere" in page
    assert "risk: You may lose all." in page
    assert HOSTILE not in page
    (entry,) = house.entries("calls.replayed")
    assert (entry.actor, entry.reason) == ("user:supervisor", "before it goes live")
    assert entry.details["calls"] == ["shop-0", "shop-1", "shop-2"]
    assert entry.details["changes"] == {"none": 1, "warning": 2}
