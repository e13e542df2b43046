"""What rules found in a call, on a page; and that it goes with the call."""

from __future__ import annotations

from ivr.core.audit.roles import Role
from ivr.core.review.risk import ReviewRules
from ivr.core.vault.retention import RetentionClass, RetentionPlan
from tests.unit.compliance.talks import written
from tests.unit.inspection.calls import PROMISE
from tests.unit.web.world import CALL, HOSTILE, World

SUPERVISOR, AUDITOR = f"user:{Role.SUPERVISOR}", f"user:{Role.AUDITOR}"


def test_a_supervisor_reads_what_was_found_and_what_an_agent_said(world: World) -> None:
    world.house.review_rules = ReviewRules(sample=0.0)
    browser = world.browser(SUPERVISOR)
    page = browser.get(f"/recordings/{CALL}/findings").text
    assert "made/promise" in page
    assert f'href="/recordings/{CALL}?t=' in page, "one click from a finding to its sound"
    assert "The rule made/other failed here" in page
    call = browser.get(f"/recordings/{CALL}").text
    assert f'href="/recordings/{CALL}/findings"' in call
    assert '<li class="agent"' in call
    assert HOSTILE not in page + call
    assert [entry.subject for entry in world.house.entries("findings.shown")] == [CALL]
    assert world.browser(AUDITOR).get(f"/recordings/{CALL}/findings").status_code == 403


def test_rules_go_live_on_a_page_and_are_listed_with_how_often_each_found_something(world: World) -> None:
    browser, text = world.browser(SUPERVISOR), written(PROMISE, head="languages: [en]")
    sent = world.send(browser, "/inspection/rules/publish", text=text.replace("\n", "\r\n"), reason="a test")
    assert sent.status_code == 303
    page = world.browser(AUDITOR).get("/inspection/rules").text
    assert "found in 1 calls" in page
    assert 'data-opens="publish"' not in page, "an auditor publishes none"
    assert world.send(browser, "/inspection/rules/publish", text="rules: 1", reason="a test").status_code == 422


def test_what_was_read_in_a_call_is_erased_with_it(world: World) -> None:
    store = world.house.inspections
    keys = list(store.keys_of_call(CALL))
    assert len(keys) == 2
    plan = RetentionPlan({"eu-mifid2": RetentionClass("eu-mifid2", 0, 0, "a test")}, "eu-mifid2")
    erased = [one.found.call_id for one in world.eraser("keeper").run(plan, lambda what, why: None)]
    assert CALL in erased
    assert store.transcription(CALL) is None
    assert store.findings([CALL]) == {}
    assert not any(map(world.house.keys.alive, keys))
