"""People judge calls in the console: the queue, two reviewers who do not see each other, appeals, scorecards."""

from __future__ import annotations

import html
import re
import time
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from ivr.core.audit.approval import CARD_PUBLISHED
from ivr.core.audit.roles import DEMANDED, Role
from ivr.core.call.record import CallRecord
from ivr.core.orders.evidence import Alerted, CallOutcome, FigureWithheld
from ivr.core.review.risk import ReviewRules
from ivr.core.vault.retention import RetentionClass, RetentionPlan
from ivr.engine.office.acts import DENIED
from tests.unit.web.world import CALL, CARD, HOSTILE, OLD, World

SUPERVISOR, AGENT = f"user:{Role.SUPERVISOR}", f"user:{Role.AGENT}"
GOOD = {"answer.greeting": "yes", "answer.risk": "yes"}
BAD = {"answer.greeting": "yes", "answer.risk": "no"}
NOTE = "spoke too fast"


@pytest.fixture
def world() -> World:
    """One of whose calls the agent alice has taken one."""
    made = World()
    started = time.time() - 600
    made.house.calls.save(
        CallRecord(
            "call-alice", started, started + 1, started + 61, "sip:+85212345678@x", dialplan="small@1", language="en",
            outcome=CallOutcome.CRASHED, agents=("alice",), marks=("guard_alarm",),
        )
    )  # fmt: skip
    return made


def submit(world: World, browser: TestClient, call: str, **given: str) -> int:
    return world.send(browser, f"/review/call/{call}/submit", notes=NOTE, **given).status_code


def opened(page: str) -> set[str]:
    """Ids of the dialogs that buttons of a page open."""
    return set(re.findall(r'data-opens="([^"]+)"', page))


def test_the_riskiest_call_stands_first_with_its_reasons_and_a_judged_one_waits_no_more(world: World) -> None:
    browser = world.browser(SUPERVISOR)
    page = browser.get("/review").text
    assert 0 < page.index("/review/call/call-alice") < page.index(f"/review/call/{CALL}")
    assert "guard alarm" in page
    assert "<script>alert" not in page
    assert submit(world, browser, "call-alice", **GOOD) == 303
    assert "Handed in: 100 %, passed." in browser.get("/review").text
    (waiting,) = [one for one in browser.get("/api/review").json()["waiting"] if one["row"]["call"] == CALL]
    assert [one["name"] for one in waiting["reasons"]] == ["sample"], "whoever judges a drawn call is not primed"
    world.house.review_rules = ReviewRules(sample=0.0)
    (waiting,) = [one for one in browser.get("/api/review").json()["waiting"] if one["row"]["call"] == CALL]
    assert "found_critical" in [one["name"] for one in waiting["reasons"]]
    assert "call-alice" not in [one["row"]["call"] for one in browser.get("/api/review").json()["waiting"]]
    assert "12345678" not in page


def test_a_call_is_heard_and_judged_on_one_page(world: World) -> None:
    page = world.browser(SUPERVISOR).get(f"/review/call/{CALL}").text
    assert 'id="player"' in page
    assert "Did they read the risk words?" in page
    assert page.count('type="radio"') == 6
    assert "<script>alert" not in page


def by_rule(world: World, sample: float) -> None:
    """A card of which rules answer one question; chance draws this share of the calls."""
    world.house.review_rules = ReviewRules(sample=sample)
    text = CARD.replace('version: "1"', 'version: "2"')
    text += "  promise: {ask: {en: Did nobody promise a return?, zh: 无人承诺收益吗？}, rule: made/promise}\n"
    sent = world.send(world.browser(SUPERVISOR), "/review/scorecards/publish", text=text, reason="a test")
    assert sent.status_code == 303


def alerted(world: World) -> None:
    """While the call went on, rules found something, and a prompt was not spoken."""
    alert = Alerted("made/promise", "critical", "a forbidden phrase", "", "agent", 8_000, 16_000, 0.9)
    held_back = FigureWithheld("made/promise", "not the official one", "balance", 3.0)
    record = replace(world.house.calls.get(CALL), alerts=(alert,), withheld=(held_back,))
    world.house.calls.save(record)


def test_who_judges_hears_each_finding_by_one_click_and_the_machines_answers_only_when_theirs_are_in(
    world: World,
) -> None:
    by_rule(world, sample=0.0)
    browser = world.browser(SUPERVISOR)
    page = browser.get(f"/review/call/{CALL}").text
    assert "What rules found" in page
    assert 'class="at" data-at="1.0" aria-label="Listen at 0:01"' in page
    assert "machine:" not in page, "nobody judges by what the machine says"
    assert submit(world, browser, CALL, **GOOD, **{"answer.promise": "yes"}) == 303
    page = browser.get(f"/review/call/{CALL}").text
    row = page[page.index("Did nobody promise a return?") :]
    yes, no = row.index('good">yes'), row.index('bad">no')
    assert yes < row.index("machine:") < no, "both beside each other, also where they differ"
    assert "answers 1 of these by rules, and its answers alone come to 0 %" in page
    shown = browser.get(f"/api/review/call/{CALL}").json()["reviews"][0]
    assert (shown["percent"], shown["machine_percent"]) == (100, 0), "and neither counts in the other"
    second = world.second_supervisor().get(f"/api/review/call/{CALL}").json()
    assert second["reviews"] == []


def test_what_rules_found_in_a_call_that_chance_drew_is_told_who_has_judged_it(world: World) -> None:
    by_rule(world, sample=1.0)
    browser = world.browser(SUPERVISOR)
    page = browser.get(f"/review/call/{CALL}").text
    assert "Chance drew this call" in page
    assert "What rules found" not in page
    assert browser.get(f"/api/review/call/{CALL}").json()["found"] == []
    alerted(world)
    for path in (f"/recordings/{CALL}", f"/review/call/{CALL}"):
        assert "made/promise" not in browser.get(path).text, path
        shown = browser.get(f"/api{path}").json()
        assert "alerts" in str(shown)
        assert "figure_withheld" not in str(shown), path
    assert "Chance drew this call" in browser.get(f"/recordings/{CALL}").text
    refused = browser.get(f"/recordings/{CALL}/findings")
    assert (refused.status_code, "judge it first" in html.unescape(refused.text)) == (422, True)
    assert submit(world, browser, CALL, **GOOD, **{"answer.promise": "no"}) == 303
    page = browser.get(f"/recordings/{CALL}").text
    assert "Alerts of this call" in page
    assert "made/promise" in page
    assert browser.get(f"/recordings/{CALL}/findings").status_code == 200
    assert "made/promise" not in world.second_supervisor().get(f"/recordings/{CALL}").text
    page = browser.get(f"/review/call/{CALL}").text
    assert "What rules found" in page
    assert "Chance drew this call" not in page


def test_a_second_reviewer_does_not_see_the_first_ones_answers_before_their_own(world: World) -> None:
    first, second = world.browser(SUPERVISOR), world.second_supervisor()
    assert submit(world, first, "call-alice", **BAD) == 303
    assert NOTE in first.get("/review/call/call-alice").text
    for path in ("/review/call/call-alice", "/review", "/api/review", "/api/review/call/call-alice"):
        assert NOTE not in second.get(path).text, path
    assert [one["call"] for one in second.get("/api/review").json()["latest"]] == [OLD]
    assert submit(world, second, "call-alice", **GOOD) == 303
    for browser in (first, second):
        assert browser.get("/review/call/call-alice").text.count(NOTE) == 2
    found = first.get("/api/review/agreement").json()
    assert (found["calls"], found["together"]["pairs"], found["together"]["agreed"]) == (1, 2, 1)
    assert "spoke" not in repr(world.house.entries())


def test_what_cannot_be_judged_says_why(world: World) -> None:
    browser = world.browser(SUPERVISOR)
    told = world.send(browser, "/review/call/call-alice/submit", **{"answer.greeting": "yes"})
    assert (told.status_code, "no answer yet: risk" in told.text) == (422, True)
    assert submit(world, browser, "call-alice", **GOOD, card="service@0") == 422
    assert submit(world, browser, "call-alice", **GOOD, agent="bob") == 422
    assert submit(world, browser, "call-none", **GOOD) == 422
    assert submit(world, browser, "call-alice", **GOOD) == 303
    assert submit(world, browser, "call-alice", **GOOD) == 422
    world.grant(AGENT, Role.SUPERVISOR)
    before = len(world.house.entries(DENIED))
    assert submit(world, world.browser(AGENT), "call-alice", **GOOD) == 403
    assert [one.subject for one in world.house.entries(DENIED)[before:]] == ["reviews.submit"]


def test_an_agent_sees_their_own_reviews_alone_and_appeals_once(world: World) -> None:
    world.house.reviews.forget_call(OLD)
    reviewer, agent, other = world.browser(SUPERVISOR), world.browser(AGENT), world.browser("user:bob")
    world.grant("user:bob", Role.AGENT)
    submit(world, reviewer, "call-alice", **BAD)
    assert NOTE in agent.get("/desk/reviews").text
    assert NOTE not in other.get("/desk/reviews").text
    page = agent.get("/desk/reviews").text
    assert opened(page) <= set(re.findall(r'<dialog id="([^"]+)"', page))
    (own,) = agent.get("/api/desk/reviews").json()["reviews"]
    assert (own["percent"], own["passed"]) == (0, False)
    assert world.send(other, "/desk/reviews/appeal", review=own["review"], reason="no").status_code == 403
    assert world.send(agent, "/desk/reviews/appeal", review=own["review"], reason=f"no {HOSTILE}").status_code == 303
    assert world.send(agent, "/desk/reviews/appeal", review=own["review"], reason="again").status_code == 422
    assert "Appeals that wait for a decision" in reviewer.get("/review").text
    assert submit(world, world.second_supervisor(), "call-alice", **GOOD) == 422


def test_an_appeal_is_decided_by_somebody_who_neither_judged_the_call_nor_took_it(world: World) -> None:
    reviewer, agent, third = world.browser(SUPERVISOR), world.browser(AGENT), world.second_supervisor()
    submit(world, reviewer, "call-alice", **BAD)
    own = agent.get("/api/desk/reviews").json()["reviews"][0]["review"]
    world.send(agent, "/desk/reviews/appeal", review=own, reason="the line was bad")
    decision = {"outcome": "void", "reason": "it was"}
    assert "/review/decide/" not in reviewer.get("/review/call/call-alice").text
    page = third.get("/review/call/call-alice").text
    assert f"/review/decide/{own}" in page
    assert opened(page) <= set(re.findall(r'<dialog id="([^"]+)"', page))
    assert world.send(reviewer, f"/review/decide/{own}", **decision).status_code == 403
    world.grant(AGENT, Role.SUPERVISOR)
    assert world.send(agent, f"/review/decide/{own}", **decision).status_code == 403
    assert world.send(third, f"/review/decide/{own}", **decision).status_code == 303
    assert world.send(third, f"/review/decide/{own}", **decision).status_code == 422
    assert "it counts no more" in agent.get("/desk/reviews").text
    assert [one.actor for one in world.house.entries("appeal.decided") if one.outcome == "done"] == ["user:second"]


def test_reviews_are_erased_with_their_call(world: World) -> None:
    browser = world.browser(SUPERVISOR)
    submit(world, browser, CALL, **GOOD)
    (key,) = world.house.reviews.keys_of_call(CALL)
    soon = {"eu-mifid2": RetentionClass("eu-mifid2", 0, 9, "a test")}
    world.house.plan = RetentionPlan(soon, "eu-mifid2")  # type: ignore[attr-defined]
    sent = world.send(world.browser(f"user:{Role.SECURITY_OFFICER}"), "/retention/shred", call=CALL, reason="asked")
    assert sent.status_code == 303, html.unescape(sent.text)
    assert world.house.reviews.of_calls([CALL]) == {}
    assert not world.house.keys.alive(key)


def test_a_scorecard_is_published_with_a_new_version_and_reviews_keep_theirs(world: World) -> None:
    browser = world.browser(SUPERVISOR)
    submit(world, browser, "call-alice", **GOOD)
    text, path = CARD.replace('version: "1"', 'version: "2"'), "/review/scorecards/publish"
    again = world.send(browser, path, text=CARD, reason="once more")
    assert (again.status_code, "give what you changed a new version" in again.text) == (422, True)
    wrong = world.send(browser, path, text=text.replace("weight", "wieght"), reason="with a slip")
    assert "scorecard.yaml:6:" in html.unescape(wrong.text)
    assert world.send(browser, path, text=text.replace("\n", "\r\n"), reason="better words").status_code == 303
    page = browser.get("/review/scorecards").text
    assert "<script>alert" not in page
    assert browser.get(f"/api/review/call/{CALL}").json()["card"] == "service@2"
    assert "service@1" in browser.get("/review/call/call-alice").text


def test_where_two_persons_publish_another_approves_the_very_text(world: World) -> None:
    world.rule("publish", DEMANDED)
    browser, second = world.browser(SUPERVISOR), world.second_supervisor()
    text, path = CARD.replace('version: "1"', 'version: "2"'), "/review/scorecards/publish"
    assert world.send(browser, path, text=text, reason="alone").status_code == 403
    for approved in (text + "# other", text):
        world.send(second, "/review/scorecards/approve", text=approved, publisher=SUPERVISOR, reason="read it")
        told = world.send(browser, path, text=text, reason="two of us")
        assert told.status_code == (303 if approved == text else 403)
    done = [one.details.get("approved_by") for one in world.house.entries(CARD_PUBLISHED) if one.outcome == "done"]
    assert done[-1] == "user:second"
