"""A call's risk that changes while it waits or talks with an agent, by which words; and what the network says of it."""

from __future__ import annotations

import pytest

from ivr.core.identity.risk import SOURCES, WAIT_SECONDS, Risk, Signal, Source
from ivr.core.orders.alerts import RuleFound
from ivr.core.orders.desk import BackInQueue
from ivr.core.orders.keypad import DigitPressed
from ivr.core.orders.queue import AgentAnswered, AgentOffered, Enqueue, QueueJoined
from ivr.core.orders.reading import CallerOverheard
from ivr.core.sip.calling_party import NetworkWord
from tests.unit.dialplan.test_risk import Visit


def waits_as(visit: Visit) -> tuple[int, bool]:
    order = visit.last(Enqueue)
    assert isinstance(order, Enqueue)
    return order.priority, order.urgent


def test_a_call_that_waits_is_ranked_anew_when_its_risk_changes_and_not_otherwise() -> None:
    visit = Visit().tell(after=WAIT_SECONDS).answered().tell(DigitPressed("2"))
    assert waits_as(visit) == (1, True), "who does not answer is as bad as high"
    asked = [order for order in visit.all if isinstance(order, Enqueue)]
    visit.counted(2)
    assert waits_as(visit) == (4, False)
    visit.tell(QueueJoined("help", 1), AgentOffered("o1", "anna", "sip:anna@example.org"))
    assert len([order for order in visit.all if isinstance(order, Enqueue)]) == len(asked) + 1


def talking() -> Visit:
    visit = Visit().counted(0).answered().tell(DigitPressed("2"), QueueJoined("help", 1))
    return visit.tell(AgentOffered("o1", "anna", "sip:anna@example.org"), AgentAnswered("o1"))


def test_words_of_duress_are_heard_in_a_talk_with_an_agent_as_well() -> None:
    visit = talking()
    assert visit.call.record.risk[-1].risk is Risk.LOW
    visit.tell(CallerOverheard("en", "Well, they made me call you.", 8000, 24000), after=4.0)
    scored = visit.call.record.risk[-1]
    assert (scored.points, scored.risk) == (100, Risk.HIGH)
    assert [one.at for one in scored.gave if one.signal is Signal.DURESS] == [4.0]


@pytest.mark.parametrize(("rule", "speaker", "points"), [
    ("conduct/duress", "caller", 100), ("conduct/duress", "agent", 0), ("conduct/promises", "caller", 0),
])  # fmt: skip
def test_what_a_published_rule_finds_in_the_callers_words_counts_where_the_table_names_it(
    rule: str, speaker: str, points: int
) -> None:
    visit = talking()
    visit.tell(RuleFound(rule, "major", "duress", "they stand behind me", 8000, 16000, 0.9, speaker))
    assert visit.call.record.risk[-1].points == points


def test_who_is_handed_back_to_the_queue_after_such_words_waits_as_one_of_high_risk() -> None:
    visit = talking().tell(CallerOverheard("en", "they made me call", 0, 8000), BackInQueue())
    assert waits_as(visit) == (1, True)


@pytest.mark.parametrize(("attested", "points"), [("A", 0), ("B", 10), ("C", 20), ("failed", 60), ("", 15)])
def test_the_trunks_word_on_the_number_gives_its_points_with_source_and_age(attested: str, points: int) -> None:
    table = "risk: {signals: {attestation: {A: 0, B: 10, C: 20, failed: 60, none: 15}}}\n"
    visit = Visit(table, network=NetworkWord(asserted=True, attested=attested)).answered()
    [gave] = visit.call.record.risk[-1].gave
    assert (gave.signal, gave.points, gave.at) == (Signal.ATTESTATION, points, 0.0)
    assert SOURCES[gave.signal] is Source.NETWORK
