"""Pages that go on: what they show is escaped and masked, what is opened is entered, and their streams say the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ivr.apps.web.board import board
from ivr.core.audit.roles import Role
from ivr.engine.bus.alarms import AlarmAcknowledged
from ivr.engine.bus.desk import SupervisorAsked
from tests.unit.web.played_hub import LIVE, PlayedHub
from tests.unit.web.world import CALL, HOSTILE, World

PAGES = ("/wallboard", "/live", f"/live/{LIVE}", f"/live/{LIVE}/words")


def events(text: str) -> list[tuple[str, Any]]:
    """Of a stream that ended."""
    blocks = [block.split("\n") for block in text.split("\n\n") if block.startswith("event: ")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


@pytest.mark.parametrize("path", PAGES)
def test_what_strangers_chose_is_text_on_the_page_and_in_its_stream(world: World, path: str) -> None:
    browser = world.browser("user:supervisor")
    page = browser.get(path).text
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(" in page
    ((name, told),) = events(browser.get(path + "/stream").text)
    assert name == "parts"
    assert told["parts"]
    assert HOSTILE not in "".join(told["parts"].values())
    for html in told["parts"].values():
        assert "<form" not in html, "what goes to many holds nobody's token"
        assert world.token(browser) not in html


@pytest.mark.parametrize("path", PAGES)
def test_a_stream_shows_what_the_page_shows_but_for_lengths_of_time(world: World, path: str) -> None:
    browser = world.browser("user:supervisor")
    page = "".join(browser.get(path).text.split())
    for name, html in events(browser.get(path + "/stream").text)[0][1]["parts"].items():
        if f'id="{name}"' in page and "<time" not in html:
            assert "".join(html.split()) in page


def test_messages_that_wait_lead_whoever_may_listen_to_the_oldest(world: World) -> None:
    for role, leads in ((Role.SUPERVISOR, True), (Role.OPERATOR, False)):
        page = world.browser(f"user:{role}").get("/wallboard").text
        assert ("in 2 calls" in page, "Listen to the oldest" in page) == (True, leads)
        assert (f'href="/recordings/{CALL}"' in page, 'href="/recordings?q=mailbox:complaints"' in page) == (leads,) * 2
    page = world.browser("user:supervisor").get(f"/recordings/{CALL}").text
    assert "Messages left" in page
    assert 'class="mark message" data-at="5.0"' in page


def test_a_program_gets_the_same_as_data(world: World) -> None:
    ((name, told),) = events(world.browser("user:supervisor").get("/api/live/stream").text)
    assert name == "shown"
    assert told == world.browser("user:supervisor").get("/api/live").json()
    assert [one["caller"] for one in told["calls"]] == ["***678", "***"]


def test_who_watches_a_call_sees_which_warnings_its_agent_has_not_had_played_yet(world: World) -> None:
    browser, call = world.browser("user:supervisor"), world.hub.calls[0]
    assert call.stands is not None
    world.hub.calls[0] = replace(call, stands=replace(call.stands, missing=("fund_risk",)))
    assert "Warnings still missing" in browser.get(f"/live/{LIVE}").text
    ((_, told),) = events(browser.get(f"/live/{LIVE}/stream").text)
    assert any("fund_risk" in html for html in told["parts"].values())


def test_opening_the_words_is_entered_once_for_page_and_stream_together(world: World) -> None:
    browser = world.browser("user:supervisor")
    before = len(world.house.entries("call.followed"))
    page = browser.get(f"/live/{LIVE}/words").text
    stream = page.partition('data-live="')[2].partition('"')[0]
    assert "words/stream?ticket=" in stream
    assert events(browser.get(stream).text)
    assert len(world.house.entries("call.followed")) == before + 1
    assert world.house.entries("call.followed")[-1].subject == LIVE
    world.second_supervisor().get(stream)  # the ticket of another person is none: they open the words themselves
    assert [entry.actor for entry in world.house.entries("call.followed")][before:] == [
        "user:supervisor",
        "user:second",
    ]


def test_a_call_that_is_over_says_so_and_its_words_open_no_more(world: World) -> None:
    browser = world.browser("user:supervisor")
    before = len(world.house.entries("call.followed"))
    assert browser.get("/live/call-over").status_code == 404
    assert "does not go on" in browser.get("/live/call-over").text
    assert browser.get("/live/call-over/words").status_code == 422
    ((_, told),) = events(browser.get("/live/call-over/stream").text)
    assert told["last"] is True
    assert len(world.house.entries("call.followed")) == before


def test_a_supervisors_telephone_is_rung_by_their_own_name(world: World) -> None:
    browser = world.browser("user:supervisor")
    page = browser.get(f"/live/{LIVE}").text
    assert page.index("<option>supervisor</option>") > page.index("<option>alice</option>")
    sent = world.send(browser, f"/live/{LIVE}/whisper", agent="alice", phone="supervisor")
    assert (sent.status_code, sent.headers["location"]) == (303, f"/live/{LIVE}")
    assert world.hub.asked[-1] == SupervisorAsked("alice", "supervisor", "whisper", "user:supervisor")  # type: ignore[arg-type]
    assert world.send(browser, f"/live/{LIVE}/join", agent="bob", phone="supervisor").status_code == 422
    assert browser.post(f"/live/{LIVE}/join", data={"agent": "alice", "phone": "x"}).status_code == 403, "no token"


def test_alarms_are_acknowledged_with_a_reason_and_entered(world: World) -> None:
    browser = world.browser(f"user:{Role.OPERATOR}")
    assert HOSTILE not in browser.get("/alarms").text
    assert world.send(browser, "/alarms/acknowledge", alarms="aaaa000001").status_code == 422, "no reason"
    for wrong in ("none", "aaaa000003"):
        assert world.send(browser, "/alarms/acknowledge", alarms=wrong, reason="seen").status_code == 422
    before = len(world.house.entries("alarm.acknowledged"))
    sent = world.send(browser, "/alarms/acknowledge", alarms="aaaa000002", reason="restarted")
    assert sent.status_code == 303
    assert world.hub.asked[-1] == AlarmAcknowledged("aaaa000002", "user:operator", "restarted")
    (entry,) = world.house.entries("alarm.acknowledged")[before:]
    assert (entry.actor, entry.subject, entry.reason) == ("user:operator", "aaaa000002", "restarted")
    assert entry.details["kind"] == "speech"


def test_without_an_engine_a_page_says_so_and_a_stream_goes_on_saying_so() -> None:
    world = World()
    world.hub.away = True
    browser = world.browser("user:supervisor")
    page = browser.get("/wallboard")
    assert page.status_code == 503
    assert "ivr serve" in page.text
    assert events(browser.get("/wallboard/stream").text) == [
        ("trouble", {"message": "no engine runs on var: start it with `ivr serve`"})
    ]


def test_the_board_counts_what_the_hub_tells_and_keeps_moments_still() -> None:
    hub = PlayedHub("x")
    report = {**hub.report(), "named": {"loans": 20.0, "cards": 30.0}}
    first = board(report, now=1000.0)
    assert (first.waiting, first.oldest, first.answered, first.level) == (2, 939.0, 8, 0.7)
    assert [(one.name, one.level_of_all, one.target) for one in first.queues] == [
        ("cards", None, 30.0),
        ("loans", 0.7, 20.0),
    ]
    assert first.queues[1].level_without_short == pytest.approx(7 / 9)
    assert [one.name for one in first.agents] == ["alice", "supervisor"]
    assert [(one.name, one.calls, one.oldest) for one in first.mailboxes] == [("complaints", 2, 1000.0 - 7300.0)]
    assert [one.id for one in first.alarms] == ["aaaa000001", "aaaa000002"], "who acknowledged one looks after it"
    for one in hub.agents:
        one["seconds"] = float(str(one["seconds"])) + 0.95
    hub.waiting[0]["longest_seconds"] = 62.1
    later = board({**hub.report(), "named": report["named"]}, now=1001.0, before=first)
    assert later == first, "nothing happened but time"
