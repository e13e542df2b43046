"""Streams over a console that listens: they follow the engine, and end with the permission that they were opened by."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from ivr.core.audit.roles import Role
from ivr.testing.console_visitor import ConsoleVisitor
from ivr.testing.ports import free_port
from tests.integration.console.conftest import serving
from tests.unit.web.played_hub import LIVE
from tests.unit.web.world import World


@pytest.fixture(scope="module")
def goes_on() -> Iterator[World]:
    port = free_port()
    with serving(World(f"http://127.0.0.1:{port}", stream_seconds=900.0), port) as made:
        yield made


def visitor(world: World, name: str) -> ConsoleVisitor:
    made = ConsoleVisitor(int(world.url.rpartition(":")[2]))
    made.cookie = f"ivr={world.browser(name).cookies['ivr']}"
    return made


def session_of(world: World, one: ConsoleVisitor) -> str:
    found = world.door.visits.person_of(one.cookie.partition("=")[2])
    assert found is not None
    return found.session_id


LOST: dict[str, Callable[[World, ConsoleVisitor, str], object]] = {
    "role": lambda world, one, name: world.revoke(name, Role.SUPERVISOR),
    "session": lambda world, one, name: world.door.visits.leave(one.cookie.partition("=")[2]),
    "account": lambda world, one, name: disable(world, name),
}


def disable(world: World, name: str) -> None:
    user = world.stores.users.find(name)
    assert user is not None
    assert world.stores.users.change(replace(user, disabled=True))
    world.rule(name, "user.disabled")


@pytest.mark.parametrize("what", LOST)
async def test_a_stream_ends_with_the_permission_and_others_go_on(goes_on: World, what: str) -> None:
    name = f"user:{what}"
    goes_on.grant(name, Role.SUPERVISOR)
    loser, other = visitor(goes_on, name), visitor(goes_on, "user:supervisor")
    path = f"/live/{LIVE}/words/stream"
    async with loser.stream(path) as lost, other.stream(path) as kept:
        assert await lost.next("parts") is not None
        assert await kept.next("parts") is not None
        LOST[what](goes_on, loser, name)
        while (await lost.next()) is not None:
            pass
        goes_on.hub.hearing = f"said after {what} was lost"
        told = await kept.next("parts")
        assert told is not None
        assert goes_on.hub.hearing in told.data["parts"]["saying"]
        assert set(told.data["parts"]) == {"saying"}, "what did not change is not sent again"
    with pytest.raises(ConnectionError):
        async with loser.stream(path):
            pass


async def test_a_stream_follows_the_engine_away_and_back(goes_on: World) -> None:
    async with visitor(goes_on, "user:supervisor").stream("/wallboard/stream") as stream:
        assert await stream.next("parts") is not None
        goes_on.hub.away = True
        assert await stream.next("trouble") is not None
        goes_on.hub.away = False
        goes_on.hub.waiting = [{"queue": "cards", "waiting": 7, "longest_seconds": 3.0}]
        back = await stream.next("parts")
        assert back is not None
        assert ">7<" in back.data["parts"]["figures"]


async def test_an_open_stream_keeps_no_session_from_ending_as_idle(goes_on: World) -> None:
    one = visitor(goes_on, "user:supervisor")
    session = next(found for found in goes_on.stores.sessions.list() if found.session_id == session_of(goes_on, one))
    goes_on.stores.sessions.seen(session.digest, at=time.time() - 120)
    async with one.stream("/wallboard/stream") as stream:
        assert await stream.next("parts") is not None
    found = goes_on.stores.sessions.find(session.digest)
    assert found is not None
    assert time.time() - found.seen_at > 100
    await asyncio.to_thread(one.ask, "GET", "/wallboard")
    found = goes_on.stores.sessions.find(session.digest)
    assert found is not None
    assert time.time() - found.seen_at < 100


async def test_many_who_watch_cost_one_reading_at_a_time(goes_on: World) -> None:
    one = visitor(goes_on, "user:supervisor")
    async with AsyncExitStack() as held:
        streams = [await held.enter_async_context(one.stream("/live/stream")) for _ in range(20)]
        for stream in streams:
            assert await stream.next("parts") is not None
        before = len(goes_on.hub.asked)
        assert await streams[0].next("beat") is not None
        assert len(goes_on.hub.asked) - before < 20, "a reading each 0.4 s, not one a viewer"
