"""Callbacks at an agent's desk: of their own queues alone, and the number for who took it alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from ivr.core.audit.roles import Role
from ivr.core.queueing.callback import CallbackRequest, CallbackState
from ivr.engine.office.acts import DENIED
from tests.unit.web.world import HOSTILE, World

AGENT, NUMBER = f"user:{Role.AGENT}", "+85291234567"


@pytest.fixture
def world() -> World:
    """One in which alice serves loans, and a caller of loans and one of cards wait."""
    made = World()
    agents = cast(Any, made.house).agents
    alice = next(one for one in agents.read() if one.name == "alice")
    agents.put(replace(alice, queues=("loans",)))
    made.loans = made.house.callbacks.keep(CallbackRequest("loans", NUMBER, HOSTILE, "en", 1000.0)).callback_id  # type: ignore[attr-defined]
    made.cards = made.house.callbacks.keep(CallbackRequest("cards", "+85298765432", "c2", "zh", 900.0)).callback_id  # type: ignore[attr-defined]
    return made


def test_an_agent_takes_the_next_of_their_queues_sees_its_number_and_says_what_came_of_it(world: World) -> None:
    browser = world.browser(AGENT)
    page = browser.get("/desk/callbacks").text
    assert "91234567" not in page
    assert "cards" not in page
    assert world.send(browser, "/desk/callbacks/take").status_code == 303
    assert NUMBER in browser.get("/desk/callbacks").text
    name = cast(Any, world).loans
    assert world.send(browser, "/desk/callbacks/take").status_code == 422, "nobody else waits there"
    assert world.send(browser, "/desk/callbacks/finish", callback=name, result="reached").status_code == 303
    assert NUMBER not in browser.get("/desk/callbacks").text
    done = next(one for one in world.house.callbacks.find(pending=False) if one.callback_id == name)
    assert (done.state, done.by, done.result) == (CallbackState.DONE, AGENT, "reached")
    entered = [(one.action, one.actor) for one in world.house.entries("callback.taken", "callback.done")]
    assert entered == [("callback.taken", AGENT), ("callback.done", AGENT)]
    assert "91234567" not in repr(world.house.entries())


def test_one_of_another_queue_is_denied_and_entered_and_anothers_is_not_finished(world: World) -> None:
    browser, other = world.browser(AGENT), world.browser("user:bob")
    world.grant("user:bob", Role.AGENT)
    before = len(world.house.entries(DENIED))
    assert world.send(browser, "/desk/callbacks/take", callback=cast(Any, world).cards).status_code == 403
    assert [one.subject for one in world.house.entries(DENIED)[before:]] == ["desk.take_callback"]
    assert world.send(other, "/desk/callbacks/take", callback=cast(Any, world).loans).status_code == 303
    assert NUMBER not in browser.get("/desk/callbacks").text
    told = world.send(browser, "/desk/callbacks/finish", callback=cast(Any, world).loans, result="reached")
    assert (told.status_code, "take it first" in told.text) == (422, True)
