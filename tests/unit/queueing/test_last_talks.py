"""Who calls again comes to the agent with whom they talked last, by the switchboard and what it remembers."""

from __future__ import annotations

from typing import Any

from ivr.core.queueing.facts import AgentProfile
from ivr.core.queueing.last_talks import REMEMBERED_MAX, LastTalks
from ivr.core.queueing.rules import QueueRules
from ivr.engine.bus.queue import AgentNotWanted, AgentWanted, Offered, OfferResult, OfferStatus
from ivr.engine.hub.switchboard import Switchboard


class House:
    """Two agents; whoever is offered a call takes it."""

    def __init__(self, marks: dict[str, bytes]) -> None:
        self.sent: list[Any] = []
        self.board = Switchboard(
            run_id="r", rules=lambda queue: QueueRules(), chance=lambda: 0.0, monotonic=lambda: 100.0,
            tell=lambda call_id, message: self.sent.append(message), mark=lambda call_id: marks.get(call_id, b""),
        )  # fmt: skip
        self.board.agents(
            tuple(AgentProfile(name, f"sip:{name}@x") for name in ("anna", "ben")), frozenset(("anna", "ben"))
        )

    def offered(self, call_id: str, **wants: Any) -> str:
        """Who is; empty: nobody yet."""
        self.board.hear(AgentWanted(call_id, "cards", **wants))
        return next((one.agent for one in self.sent if isinstance(one, Offered) and one.call_id == call_id), "")

    def takes(self, call_id: str) -> None:
        """The agent answers."""
        offer = next(one for one in self.sent if isinstance(one, Offered) and one.call_id == call_id)
        self.board.hear(OfferResult(call_id, offer.offer_id, OfferStatus.ANSWERED, agent=offer.agent))

    def ends(self, call_id: str) -> None:
        """And talks no more."""
        offer = next(one for one in self.sent if isinstance(one, Offered) and one.call_id == call_id)
        self.board.hear(OfferResult(call_id, offer.offer_id, OfferStatus.ENDED, agent=offer.agent))
        self.board.hear(AgentNotWanted(call_id))


async def test_who_calls_again_waits_for_the_agent_of_the_last_talk() -> None:
    house = House({"c1": b"wei", "c2": b"wei", "c3": b"mei"})
    assert house.offered("c0") == "anna"
    house.takes("c0")
    assert house.offered("c1") == "ben"
    house.takes("c1")
    house.ends("c1")
    house.ends("c0")
    assert house.offered("c2", prefer_last=True) == "ben", "anna is free, and would be asked first"
    assert house.offered("c3", prefer_last=True) == "anna", "nothing is remembered of them"


async def test_an_own_agent_goes_before_the_last_and_one_who_was_only_rung_is_not_the_last() -> None:
    house = House({"c1": b"wei", "c2": b"wei", "c3": b"wei"})
    assert house.offered("c1") == "anna"
    house.board.hear(AgentNotWanted("c1", gave_up=True))
    assert house.offered("c2", prefer_last=True, preferred="ben") == "ben"


def test_no_more_callers_are_remembered_than_so_many() -> None:
    last = LastTalks()
    for number in range(REMEMBERED_MAX + 1):
        last.talked(b"%d" % number, "anna")
    assert last.of(b"0") == ""
    assert last.of(b"1") == "anna"
