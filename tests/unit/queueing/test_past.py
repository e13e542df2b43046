"""Why a call was offered to whom, told afterwards from what was kept."""

from __future__ import annotations

from ivr.core.queueing.facts import AgentLoggedOut, AgentPaused, OfferAnswered, OfferFailed, OfferFailure
from ivr.core.queueing.past import explain_past
from ivr.core.queueing.rules import QueueRules
from ivr.testing.fake_queue_lines import MemoryQueueLines
from tests.unit.queueing.shop import Shop, agent


def test_each_offer_says_who_was_considered_who_was_not_and_why() -> None:
    kept = MemoryQueueLines()
    shop = Shop(
        agent("ann", "cards", cards=5),
        agent("bob", "cards", cards=5),
        agent("cat", "cards", cards=1),
        agent("dan", "loans", cards=9),
        agent("eve", "cards", cards=5),
        agent("fay", "cards", cards=5),
        rules=QueueRules(skills={"cards": 3}),
        tell=kept.lines.append,
    )
    shop.wait(10.0)
    shop.tell(AgentPaused("eve", "lunch", by="eve"))
    shop.tell(AgentLoggedOut("fay"))
    shop.wait(5.0)
    shop.call("c1", "cards")
    shop.wait(12.0)
    shop.tell(OfferFailed(shop.offer_to("ann"), OfferFailure.NO_ANSWER))
    shop.wait(3.0)
    shop.tell(OfferAnswered(shop.offer_to("bob")))
    shop.wait(60.0)
    shop.dispatcher.count_agents(now=shop.now)

    moments = explain_past(kept.of_call("c1"), kept.agents_at, kept.listed_at)
    assert [str(moment.line.what) for moment in moments] == ["came", "rung", "missed", "rung", "taken"]
    first, second = moments[1].agents, moments[3].agents
    assert {one.agent: one.verdict for one in first} == {
        "ann": "was rung",
        "bob": "was available, and came after the one who was rung by the queue's strategy",
        "cat": "did not have cards 3",
        "dan": "did not serve cards",
        "eve": "was paused: lunch",
        "fay": "was logged out",
    }
    assert {one.agent: one.verdict for one in second}["ann"] == "was paused: no answer"
    assert moments[4].line.seconds == 15.0
