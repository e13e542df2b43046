"""Who may judge a call, and who judges it without being told what rules found in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ivr.core.call.record import CallRecord
from ivr.core.queueing.happening import MESSAGES
from ivr.core.review.review import Review, may_judge
from ivr.core.review.risk import drawn
from ivr.core.review.scorecard import Scorecard, card_for
from ivr.engine.office.office import Desk


def may_judge_now(desk: Desk, record: CallRecord, of_call: Sequence[Review]) -> bool:
    """Whether this person may still judge a call that ended: it is not their own, and they have not yet."""
    theirs = desk.actor.name in users(desk, record.agents)
    return record.ended_at is not None and not theirs and may_judge(of_call, desk.actor.name)


def is_blind(desk: Desk, record: CallRecord) -> bool:
    """Whether this person is not told what rules found: chance drew the call, a card fits, and they may judge it."""
    call = record.call_id
    return (
        drawn(call, desk.ports.review_rules.sample)
        and card_of(desk, record) is not None
        and may_judge_now(desk, record, desk.ports.reviews.of_calls([call]).get(call, ()))
    )


def card_of(desk: Desk, record: CallRecord) -> Scorecard | None:
    """The card by which a call is judged; None: none fits it."""
    live = (one.what for one in desk.ports.scorecards.live())
    return card_for(live, queue_of(desk, record.call_id), record.language)


def queue_of(desk: Desk, call: str) -> str:
    """Through which queue a call went last."""
    lines = desk.ports.lines.of_call(call)
    return next((one.queue for one in reversed(lines) if one.queue and one.what not in MESSAGES), "")


def users(desk: Desk, agents: Iterable[str]) -> frozenset[str]:
    """The console's users who these agents are."""
    names = set(agents)
    return frozenset(one.user for one in desk.ports.agents.read() if one.name in names and one.user)
