"""An agent's desk: their own alone, with the call that they are in; what they ask for there is what their keys ask."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, cast

import pytest

from ivr.core.audit.roles import Role, Roles
from ivr.core.call.record import CallRecord
from ivr.core.call.scene import Scene
from ivr.core.dialplan.runtime.readings import ReadingStands
from ivr.core.orders.desk import DeskAct
from ivr.core.orders.evidence import Alerted, CallOutcome
from ivr.core.queueing.choice import ChoiceKind
from ivr.core.queueing.directory import AgentEntry
from ivr.engine.bus.desk import DeskAsked
from ivr.engine.bus.live import LiveCall
from ivr.engine.bus.staff import AgentTold
from ivr.engine.office.actor import Actor
from ivr.engine.office.acts import ACTS, DENIED, OWN_DESK
from ivr.engine.office.office import Office
from ivr.engine.office.ports import OfficePorts
from tests.unit.web.played_hub import LIVE
from tests.unit.web.test_live import events
from tests.unit.web.world import CALL, HOSTILE, World

AGENT, SUPERVISOR = f"user:{Role.AGENT}", f"user:{Role.SUPERVISOR}"
IN_CALL = {
    "hold": DeskAct.HOLD,
    "back": DeskAct.BACK,
    "conference": DeskAct.CONFERENCE,
    "transfer": DeskAct.TRANSFER,
    "pause-recording": DeskAct.PAUSE_RECORDING,
    "resume-recording": DeskAct.RESUME_RECORDING,
    "consult": DeskAct.CONSULT,
    "pass-on": DeskAct.PASS_ON,
}


def stand(house: World, **so: Any) -> None:
    """Let the call stand so."""
    call = house.hub.calls[0]
    assert call.stands is not None
    house.hub.calls[0] = replace(call, stands=replace(call.stands, **so))


@pytest.fixture
def house() -> World:
    return World()


def test_a_desk_shows_its_call_masked_and_escaped_with_what_was_said_and_heard(house: World) -> None:
    page = house.browser(AGENT).get("/desk").text
    assert "Call of ***678" in page
    assert HOSTILE not in page
    assert "12345678" not in page
    for shown in ("identity basic", "lossy line", "Investments may lose money.", "loans", "alice", "bob (202)"):
        assert shown in page, shown
    assert page.count("&lt;script&gt;alert(") >= 3, "script, reason, what was said"
    assert "warned" in page


def test_an_agent_whom_the_directory_does_not_know_is_told_so_and_led_to_no_desk(house: World) -> None:
    house.grant("user:new", Role.AGENT)
    browser = house.browser("user:new")
    page = browser.get("/").text
    assert "no telephone is yours yet" in page
    assert "ivr agents add NAME --user user:new" in page
    assert 'href="/desk"' not in page
    house.house.agents.put(AgentEntry("new", uri="sip:new@192.0.2.9", user="user:new"))  # type: ignore[attr-defined]
    assert browser.get("/").headers["location"] == "/desk"
    house.house.agents.remove("new")  # type: ignore[attr-defined]
    assert "need a role" in house.browser("user:nobody").get("/").text


def test_before_roles_are_in_force_only_who_is_an_agent_is_led_to_a_desk(house: World) -> None:
    ports = cast(OfficePorts, house.house)
    house.house.roles.read = Roles  # type: ignore[method-assign]
    for person, has_desk in (("user:first", False), ("user:bob", True)):
        may = Office(Actor(person, "password", before_roles=True), ports, wall=time.time).acts()
        assert ("desk.show" in may, may >= OWN_DESK, may | OWN_DESK) == (has_desk, has_desk, frozenset(ACTS)), person


def test_its_stream_shows_what_the_page_shows_and_no_token(house: World) -> None:
    browser = house.browser(AGENT)
    page = "".join(browser.get("/desk").text.split())
    ((name, told),) = events(browser.get("/desk/stream").text)
    assert name == "parts"
    assert set(told["parts"]) == {"own", "owes", "today", "call", "alerts", "ways", "words", "aside"}
    for part, html in told["parts"].items():
        assert f'id="{part}"' in page
        assert "<form" not in html
        assert house.token(browser) not in html
        if "<time" not in html:
            assert "".join(html.split()) in page


def test_what_was_said_is_opened_once_however_often_the_desk_is_read(house: World) -> None:
    browser = house.browser(AGENT)
    for path in ("/desk", "/desk/stream", "/desk"):
        assert browser.get(path).status_code == 200
    (entry,) = house.house.entries("call.followed")
    assert (entry.actor, entry.subject, entry.details["agent"]) == (AGENT, LIVE, "alice")


@pytest.mark.parametrize(("path", "act"), IN_CALL.items())
def test_each_button_is_the_order_that_the_keys_give(house: World, path: str, act: DeskAct) -> None:
    browser = house.browser(AGENT)
    if act in (DeskAct.BACK, DeskAct.CONFERENCE, DeskAct.TRANSFER):
        stand(house, scene=Scene.CONSULT)
    stand(house, agent_paused=act is DeskAct.RESUME_RECORDING)
    assert f'formaction="/desk/{path}"' in browser.get("/desk").text
    sent = house.send(browser, f"/desk/{path}", agent="alice", call=LIVE, digits="202")
    assert (sent.status_code, sent.headers["location"]) == (303, "/desk")
    digits = "202" if act in (DeskAct.CONSULT, DeskAct.PASS_ON) else ""
    assert house.hub.asked[-1] == DeskAsked("alice", act, digits, AGENT, LIVE)
    assert browser.post(f"/desk/{path}", data={"call": LIVE, "digits": "202"}).status_code == 403, "no token"


def test_the_desk_says_which_warnings_are_missing_and_lets_the_line_take_over_where_the_dialplan_has_a_place(
    house: World,
) -> None:
    browser = house.browser(AGENT)
    assert "/desk/assist" not in browser.get("/desk").text
    stand(house, assists=("1",), missing=("fund_risk",))
    page = browser.get("/desk").text
    assert "Warnings still missing" in page
    assert "fund_risk" in page
    for place, status in (("1", 303), ("2", 422)):
        assert house.send(browser, "/desk/assist", agent="alice", call=LIVE, place=place).status_code == status
    assert [one for one in house.hub.asked if isinstance(one, DeskAsked)] == [
        DeskAsked("alice", DeskAct.ASSIST, "1", AGENT, LIVE)
    ]
    stand(house, scene=Scene.ASSIST)
    assert "you hear the line" in browser.get("/desk").text


def test_an_agent_says_why_they_know_who_calls_and_it_is_entered_and_passed_on(house: World) -> None:
    browser = house.browser(AGENT)
    assert "I know who it is" not in browser.get("/desk").text
    assert house.send(browser, "/desk/confirm", agent="alice", call=LIVE, reason="passport").status_code == 422
    stand(house, confirms=True)
    assert "I know who it is" in browser.get("/desk").text
    assert house.send(browser, "/desk/confirm", agent="alice", call=LIVE, reason="").status_code == 422
    assert house.send(browser, "/desk/confirm", agent="alice", call=LIVE, reason="passport").status_code == 303
    assert [one for one in house.hub.asked if isinstance(one, DeskAsked)] == [
        DeskAsked("alice", DeskAct.CONFIRM, "", AGENT, LIVE)
    ]
    (entry,) = house.house.entries("caller.confirmed")
    assert (entry.actor, entry.subject, entry.reason, entry.details["agent"]) == (AGENT, LIVE, "passport", "alice")


def test_what_cannot_be_done_as_the_call_stands_has_no_button_and_is_refused_with_the_reason(house: World) -> None:
    browser = house.browser(AGENT)
    for path, said in (("conference", "what goes on is talk"), ("transfer", "talk"), ("resume-recording", "talk")):
        assert f"/desk/{path}" not in browser.get("/desk").text
        sent = house.send(browser, f"/desk/{path}", call=LIVE)
        assert sent.status_code == 422
        assert said in sent.text
    stand(house, scene=Scene.HOLD)
    assert "Off hold" in browser.get("/desk").text
    assert not [one for one in house.hub.asked if isinstance(one, DeskAsked)]


def test_pause_resume_login_and_logout_are_their_own(house: World) -> None:
    browser = house.browser(AGENT)
    for path, choice in (("resume", ChoiceKind.RESUME), ("login", ChoiceKind.LOG_IN), ("logout", ChoiceKind.LOG_OUT)):
        assert house.send(browser, f"/desk/{path}").status_code == 303
        assert house.hub.asked[-1] == AgentTold("alice", choice, "", AGENT, own=True)
    assert house.send(browser, "/desk/pause", reason="lunch").status_code == 303
    assert house.hub.asked[-1] == AgentTold("alice", ChoiceKind.PAUSE, "lunch", AGENT, own=True)
    assert house.send(browser, "/desk/pause").status_code == 422, "no reason"


def test_another_agents_desk_and_call_are_denied_and_entered(house: World) -> None:
    browser = house.browser(AGENT)
    house.hub.agents[1]["call_id"] = "call-new"
    for path, fields, said in (
        ("/desk/pause", {"agent": "bob", "reason": "lunch"}, {"agent": "bob"}),
        ("/desk/logout", {"agent": "nobody"}, {"agent": "unknown"}),
        ("/desk/hold", {"agent": "bob", "call": LIVE}, {"agent": "bob"}),
        ("/desk/hold", {"call": "call-new"}, {"call": "call-new"}),
    ):
        asked = len(house.hub.asked)
        assert house.send(browser, path, **fields).status_code == 403, path
        entry = house.house.entries(DENIED)[-1]
        assert (entry.actor, entry.details) == (AGENT, said)
        assert not [one for one in house.hub.asked[asked:] if isinstance(one, DeskAsked | AgentTold)]


def test_without_a_call_and_in_one_that_is_over_nothing_is_ordered_and_the_reason_is_said(house: World) -> None:
    browser = house.browser(AGENT)
    assert house.send(browser, "/desk/hold", call="call-over").status_code == 422
    house.hub.agents[0] |= {"call_id": None, "state": "available", "queue": ""}
    sent = house.send(browser, "/desk/hold")
    assert sent.status_code == 422
    assert "alice is in no such call any more" in sent.text
    page = browser.get("/desk").text
    assert "No call now" in page
    assert "/desk/hold" not in page
    assert not [one for one in house.hub.asked if isinstance(one, DeskAsked)]


def test_who_is_no_agent_of_the_directory_has_no_desk(house: World) -> None:
    house.grant("user:new", Role.AGENT)
    sent = house.browser("user:new").get("/desk")
    assert sent.status_code == 422
    assert "--user user:new" in sent.text.replace("&#39;", "'")


def test_an_agent_sees_nothing_but_their_desk(house: World) -> None:
    browser = house.browser(AGENT)
    assert browser.get("/").headers["location"] == "/desk"
    for path in ("/recordings", f"/recordings/{CALL}", "/live", f"/live/{LIVE}", "/wallboard", "/alarms", "/audit"):
        assert browser.get(path).status_code == 403, path


def test_earlier_calls_of_the_same_number_alone_are_shown_with_day_and_outcome(house: World) -> None:
    def call(name: str, caller: str, days: int, *, over: bool = True) -> CallRecord:
        at = time.time() - 86400 * days
        ended = at + 9 if over else None
        return CallRecord(name, at, at, ended, caller, outcome=CallOutcome.TRANSFERRED, agents=("kim",))

    calls = house.house.calls
    for record in (
        call("call-before", "sip:+85298765432@host", 3),
        call("call-others", "sip:+85211111111@host", 2),
        call(LIVE, "sip:+85298765432@host", 0, over=False),
    ):
        calls.save(record)
    page = house.browser(AGENT).get("/desk").text
    assert page.count("kim") == 1
    house.hub.calls.append(LiveCall("call-hidden", "***", "service", "line@1", 1.0, 1.0, None, (("alice", "talking"),)))
    house.hub.agents[0]["call_id"] = "call-hidden"
    calls.save(call("call-hidden", "sip:anonymous@anonymous.invalid", 0, over=False))
    calls.save(call("call-other", "sip:anonymous@anonymous.invalid", 1))
    assert "kim" not in house.browser(AGENT).get("/desk").text, "who withholds their number is nobody's earlier call"


def test_a_phone_that_rings_shows_who_calls_before_it_is_answered(house: World) -> None:
    house.hub.agents[0]["state"] = "offered"
    page = house.browser(AGENT).get("/desk").text
    assert "Rings for you: ***678" in page
    assert "/desk/hold" not in page


def test_how_the_caller_was_identified_is_shown(house: World) -> None:
    stand(house, identity_by="check_pin")
    assert "check_pin" in house.browser(AGENT).get("/desk").text


def test_who_is_no_agent_is_told_who_makes_them_one_and_not_that_they_did_wrong(world: World) -> None:
    world.grant("user:newcomer", Role.AGENT)
    browser = world.browser("user:newcomer")
    sent = browser.get("/desk")
    assert sent.status_code == 422
    assert "This is not set up for you yet" in sent.text
    assert "ivr agents add NAME --user user:newcomer" in sent.text
    assert "wrong" not in sent.text
    assert "尚未为您设置" in browser.get("/desk", headers={"Accept-Language": "zh"}).text


def test_the_desk_and_the_live_pages_show_what_rules_found_with_what_to_say_instead(house: World) -> None:
    stand(
        house,
        alerts=(
            Alerted("eu/promise", "critical", "a forbidden phrase", "It <may> fall.", "agent", 8000, 9, 0.9),
            Alerted("eu/balance", "critical", "not spoken: another figure", "A colleague does.", "machine", 9, 9, 1.0),
        ),
    )
    for person, path in ((AGENT, "/desk"), (SUPERVISOR, "/live"), (SUPERVISOR, f"/live/{LIVE}")):
        page = house.browser(person).get(path).text
        assert "eu/promise" in page, path
        assert "eu/balance" in page, path
        if path != "/live":
            assert "Say instead:" in page
            assert "It &lt;may&gt; fall." in page
            assert "not spoken: another figure · Engine" in page
            assert "A colleague does." in page


@pytest.mark.parametrize(
    ("stands", "told"),
    [
        ({}, "Read it word for word and in one go"),
        ({"found": 3, "rest": "all of it"}, "Recognized so far: 3 of 6. Still to read: “all of it”."),
        ({"found": 3, "rest": "all of it", "broke": True}, "Not recognized from here on: “all of it”."),
        ({"found": 6, "whole": True}, "Read whole."),
    ],
)
def test_the_desk_shows_a_warning_that_the_agent_may_read_and_how_far_they_are(
    house: World, stands: dict[str, Any], told: str
) -> None:
    reading = ReadingStands("risk", "en", "You may lose all of it.", 6, 0, "you may lose all of it")
    stand(house, missing=("risk",), readings=(replace(reading, **stands),))
    page = house.browser(AGENT).get("/desk").text
    assert "You may lose all of it." in page
    assert told in page
