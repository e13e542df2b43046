"""Callbacks: none is acknowledged that was not stored and audited."""

from __future__ import annotations

from ivr.engine.bus.callbacks import CallbackAnswered, CallbackWanted
from ivr.testing.fake_stores import MemoryCallbackStore
from tests.integration.hub.house import RECORD, HubLog, house

WANTED = CallbackWanted("c1", 7, "loans", "+85291234567", "en")


async def test_a_callback_request_is_stored_and_audited_before_it_is_acknowledged() -> None:
    store = MemoryCallbackStore()
    async with house(callbacks=store) as made:
        cell = await made.cell()
        cell.begin(RECORD)
        cell.say(WANTED)
        assert await cell.hears(CallbackAnswered) == CallbackAnswered("c1", 7, kept=True)
        (kept,) = store.find()
        assert (kept.queue, kept.call_id, kept.language) == ("loans", "c1", "en")
        (entry,) = [one for one in made.log.told() if one.action == "callback.wished"]
        assert entry.subject == kept.callback_id
        assert "85291234567" not in str(entry)


async def test_a_request_that_the_log_does_not_take_is_not_acknowledged() -> None:
    log = HubLog()
    log.full = True
    async with house(log=log) as made:
        cell = await made.cell()
        cell.begin(RECORD)
        cell.say(WANTED)
        assert not (await cell.hears(CallbackAnswered)).kept
        await made.until(lambda: "callback" in made.alarms(), "no alarm")
