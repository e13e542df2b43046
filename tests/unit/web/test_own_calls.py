"""Notes of an agent's own calls: written at the desk, shown with the call, gone with it."""

from __future__ import annotations

import time

import pytest

from ivr.core.audit.roles import Role
from ivr.core.call.record import CallRecord
from ivr.core.orders.evidence import CallOutcome
from ivr.core.queueing.choice import ChoiceKind
from ivr.core.queueing.happening import Happening, What
from ivr.core.vault.retention import RetentionClass, RetentionPlan
from ivr.engine.bus.staff import AgentTold, DispositionTold
from ivr.engine.office.acts import DENIED
from tests.unit.web.world import CALL, HOSTILE, World

AGENT, SUPERVISOR, OFFICER = (f"user:{one}" for one in (Role.AGENT, Role.SUPERVISOR, Role.SECURITY_OFFICER))
OWN = "call-alice"


@pytest.fixture
def world() -> World:
    """One in which alice took a call of the queue whose agents must say what came of it."""
    made, at = World(), time.time() - 600
    made.house.calls.save(
        CallRecord(
            OWN, at, at + 1, at + 61, "sip:+85212345678@x", language="en", outcome=CallOutcome.COMPLETED,
            agents=("alice",),
        )
    )  # fmt: skip
    made.house.lines.append([Happening(What.CAME, at, queue="loans", call_id=OWN)])
    return made


def test_an_agent_says_what_came_of_their_call_and_it_stands_with_the_call(world: World) -> None:
    agent = world.browser(AGENT)
    page = agent.get("/desk/calls").text
    assert "say what came of it" in page
    assert "12345678" not in page
    assert HOSTILE not in page
    refused = world.send(agent, "/desk/calls/note", call=OWN, notes="asked for a form")
    assert (refused.status_code, "say what came of it" in refused.text) == (422, True)
    assert world.send(agent, "/desk/calls/note", call=OWN, disposition="of another").status_code == 422
    sent = world.send(agent, "/desk/calls/note", call=OWN, disposition="paid", notes=f"asked for a form {HOSTILE}")
    assert sent.status_code == 303
    assert "asked for a form" in agent.get("/desk/calls").text
    shown = world.browser(SUPERVISOR).get(f"/recordings/{OWN}").text
    assert "asked for a form" in shown
    assert HOSTILE not in shown
    entry = world.house.entries("call.noted")[-1]
    assert (entry.actor, entry.subject, "form" in repr(entry)) == (AGENT, OWN, False)


def test_nobody_writes_of_a_call_that_they_did_not_take(world: World) -> None:
    before = len(world.house.entries(DENIED))
    assert world.send(world.browser(AGENT), "/desk/calls/note", call=CALL, notes="x").status_code == 403
    assert [one.subject for one in world.house.entries(DENIED)[before:]] == ["desk.note"]
    world.grant("user:bob", Role.AGENT)
    assert OWN not in world.browser("user:bob").get("/desk/calls").text


def test_a_note_is_erased_with_its_call(world: World) -> None:
    world.send(world.browser(AGENT), "/desk/calls/note", call=OWN, disposition="paid")
    (key,) = world.house.notes.keys_of_call(OWN)
    plan = RetentionPlan({"eu-mifid2": RetentionClass("eu-mifid2", 0, 0, "a test")}, "eu-mifid2")
    assert list(world.eraser("keeper").run_records(plan, lambda what, why: None)) == [OWN]
    assert world.house.notes.of_call(OWN) == []
    assert not world.house.keys.alive(key)


def test_who_owes_what_came_of_a_call_is_asked_for_it_on_their_desk_and_the_hub_hears_that_it_was_said(
    world: World,
) -> None:
    alice = next(one for one in world.hub.agents if one["name"] == "alice")
    alice |= {"state": "wrap_up", "call_id": None, "owes": OWN, "owes_in": "loans"}
    agent = world.browser(AGENT)
    page = agent.get("/desk").text
    assert "You get the next call when you have said what came of the last one" in page
    assert f'name="call" value="{OWN}"' in page
    assert "<option>paid</option>" in page
    sent = world.send(agent, "/desk/calls/note", call=OWN, disposition="paid", at_desk="true")
    assert sent.headers["location"] == "/desk"
    assert world.hub.asked[-1] == DispositionTold("alice", OWN)
    alice |= {"owes": "", "owes_in": ""}
    assert "You get the next call when" not in agent.get("/desk").text


def test_what_an_agent_says_of_themselves_releases_nobody_and_a_supervisors_word_does(world: World) -> None:
    assert world.send(world.browser(AGENT), "/desk/resume").status_code == 303
    assert world.hub.asked[-1] == AgentTold("alice", ChoiceKind.RESUME, by=AGENT, own=True)
    assert world.send(world.browser(SUPERVISOR), "/agents/resume", name="alice").status_code == 303
    assert world.hub.asked[-1] == AgentTold("alice", ChoiceKind.RESUME, by=SUPERVISOR)


def test_a_call_that_goes_on_without_them_can_be_written_of(world: World) -> None:
    at = time.time() - 60
    world.house.calls.save(CallRecord("call-passed-on", at, at + 1, None, "sip:+85212345678@x", language="en"))
    world.house.lines.append([Happening(What.TAKEN, at, 5.0, "loans", "call-passed-on", "alice")])
    sent = world.send(world.browser(AGENT), "/desk/calls/note", call="call-passed-on", disposition="paid")
    assert sent.status_code == 303
