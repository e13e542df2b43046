"""What was the command line's alone: callbacks, inspection, past days of queues, customers, rounds, a call's story."""

from __future__ import annotations

import re
import time

from ivr.core.audit.roles import Role
from ivr.core.call.transcript import ENGINE
from ivr.core.queueing.callback import CallbackRequest, CallbackState
from ivr.core.queueing.happening import Happening, What
from tests.unit.office.test_inspection import said, sealed
from tests.unit.web.world import CALL, HOSTILE, OLD, World

RULES = """\
name: shop
version: "1"
languages: [en]
rules:
  losses:
    source: a test
    counsel: check with counsel
    forbid: {en: [may lose money]}
"""
SAID = "call-said"
NUMBER = "+85298765432"
OPERATOR, SUPERVISOR, AUDITOR, OFFICER = (
    f"user:{one}" for one in (Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR, Role.SECURITY_OFFICER)
)


def ask_for_callback(world: World) -> str:
    return world.house.callbacks.keep(CallbackRequest("loans", NUMBER, CALL, "en", time.time())).callback_id


def goes_on(world: World, who: str, location: str) -> str:
    """The page of what was begun, when it is done."""
    browser, until = world.browser(who), time.monotonic() + 20
    while "<progress" in (page := browser.get(location).text) and time.monotonic() < until:
        time.sleep(0.02)  # as the page itself looks again
    return page


def test_an_operator_takes_a_callback_and_its_number_is_shown_to_nobody_else(world: World) -> None:
    name, operator = ask_for_callback(world), world.browser(OPERATOR)
    assert NUMBER not in operator.get("/callbacks").text
    taken = world.send(operator, "/callbacks/take", callback=name)
    assert NUMBER in taken.text
    assert taken.headers["cache-control"] == "no-store"
    assert NUMBER not in operator.get("/callbacks").text
    assert world.send(operator, "/callbacks/done", callback=name, result="reached").status_code == 303
    entry = world.house.entries("callback.taken")[-1]
    assert (entry.actor, entry.subject, NUMBER in repr(entry)) == (OPERATOR, name, False)
    assert ">reached<" in operator.get("/callbacks?closed=true").text


def test_a_callback_is_cancelled_for_a_reason(world: World) -> None:
    name, operator = ask_for_callback(world), world.browser(OPERATOR)
    assert world.send(operator, "/callbacks/cancel", callback=name, reason="").status_code == 422
    assert world.send(operator, "/callbacks/cancel", callback=name, reason="called us again").status_code == 303
    state = {one.callback_id: one.state for one in world.house.callbacks.find(pending=False)}
    assert state[name] is CallbackState.CANCELLED


def test_rules_find_on_a_page_what_they_find_at_the_command_line_and_lead_to_the_moment(world: World) -> None:
    sealed(world.house, SAID, said(ENGINE, "All investments may lose money"))
    sent = world.send(world.browser(SUPERVISOR), "/inspection/run", rules=RULES, call=SAID, reason="a complaint")
    page = goes_on(world, SUPERVISOR, sent.headers["location"])
    assert "shop/losses" in page
    assert f'href="/recordings/{SAID}?t=' in page
    entry = world.house.entries("calls.inspected")[-1]
    assert (entry.actor, entry.reason, entry.details["calls"]) == (SUPERVISOR, "a complaint", [SAID])
    assert "lose money" not in repr(entry)


def test_a_change_of_rules_is_tried_on_a_page(world: World) -> None:
    sealed(world.house, SAID, said(ENGINE, "All investments may lose money"))
    other = RULES.replace("may lose money", "guaranteed return").replace('"1"', '"2"')
    asked = {"rules": other, "against": RULES, "last": "5", "reason": "a new version"}
    sent = world.send(world.browser(SUPERVISOR), "/inspection/replay", **asked)
    page = goes_on(world, SUPERVISOR, sent.headers["location"])
    assert "no longer" in page
    assert "shop/losses" in page


def test_rules_that_are_not_sound_are_refused_with_what_is_wrong(world: World) -> None:
    asked = {"rules": RULES.replace("forbid", "forbod"), "reason": "a test"}
    refused = world.send(world.browser(SUPERVISOR), "/inspection/run", **asked)
    assert refused.status_code == 422
    assert "forbod" in refused.text


def test_what_was_begun_by_somebody_else_is_nobodys_to_look_at(world: World) -> None:
    sent = world.send(world.browser(SUPERVISOR), "/inspection/run", rules=RULES, reason="a test")
    assert world.second_supervisor().get(sent.headers["location"]).status_code == 422


def test_past_days_and_why_a_call_waited_stand_on_pages(world: World) -> None:
    now = time.time()
    world.house.lines.append(
        [
            Happening(What.CAME, now - 9, queue="loans", call_id=CALL),
            Happening(What.TAKEN, now - 3, 6.0, "loans", CALL, "alice"),
        ]
    )
    supervisor = world.browser(SUPERVISOR)
    assert "loans" in supervisor.get("/queues/report").text
    assert "alice took it after 0:06" in supervisor.get("/queues/why", params={"call": CALL}).text
    assert "call-live" in supervisor.get("/queues/waiting").text
    for wrong in ("since=yesterday", "since=2026-02-02&until=2026-02-01", "since=2000-01-01&until=2026-01-01"):
        assert supervisor.get(f"/queues/report?{wrong}").status_code == 422, wrong


def test_an_account_is_released_and_its_number_stands_nowhere(world: World) -> None:
    operator = world.browser(OPERATOR)
    world.house.attempts.ask("bank|4711")  # type: ignore[attr-defined]
    sent = world.send(operator, "/accounts/release", account="4711", source="bank", reason="seen at the branch")
    assert sent.status_code == 303
    assert "It may be tried again" in operator.get("/accounts").text
    assert "4711" not in repr(world.house.entries("identity.released")[-1])


def test_an_ended_call_is_sealed_by_hand_and_retention_says_what_it_thinks_of_each(world: World) -> None:
    sent = world.send(world.browser(OFFICER), "/retention/seal")
    assert OLD in goes_on(world, OFFICER, sent.headers["location"])
    sent = world.send(world.browser(AUDITOR), "/retention/judge")
    page = goes_on(world, AUDITOR, sent.headers["location"])
    assert CALL in page
    assert ">keep<" in page


def test_the_story_of_a_call_is_told_and_compared(world: World) -> None:
    page = world.browser(AUDITOR).get(f"/recordings/{CALL}/story").text
    assert CALL in page
    assert HOSTILE not in page
    assert world.house.entries("call.steps_shown")[-1].actor == AUDITOR


def test_a_receipts_code_leads_to_its_recording_and_a_wrong_one_to_none(world: World) -> None:
    supervisor = world.browser(SUPERVISOR)
    made = world.send(supervisor, f"/recordings/{CALL}/receipt").text
    code = re.search(r"\b\d+-\w{4}-\w{4}\b", made)
    assert code is not None
    assert CALL in supervisor.get("/receipts", params={"code": code[0]}).text
    wrong = supervisor.get("/receipts", params={"code": "1-AAAA-BBBB"})
    assert wrong.status_code in (409, 422)


def test_the_renewed_certificate_and_the_settings_are_an_operators_click(world: World) -> None:
    operator = world.browser(OPERATOR)
    assert world.send(operator, "/health/certificate", reason="renewed").status_code == 303
    page = operator.get("/health").text
    assert HOSTILE not in page
    assert world.house.entries("edge.reloaded")[-1].actor == OPERATOR
    assert world.send(operator, "/health/settings").status_code == 303


def test_a_supervisor_pauses_an_agent_for_a_reason_and_lets_them_go_on(world: World) -> None:
    supervisor = world.browser(SUPERVISOR)
    assert world.send(supervisor, "/agents/pause", name="alice", reason="training").status_code == 303
    told = world.hub.asked[-1]
    assert (getattr(told, "agent", ""), getattr(told, "reason", ""), getattr(told, "by", "")) == (
        "alice", "training", SUPERVISOR,
    )  # fmt: skip
    assert world.send(world.browser(AUDITOR), "/agents/pause", name="alice", reason="x").status_code == 403
