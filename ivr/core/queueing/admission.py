"""Whether a queue takes another call: its opening hours, who serves it now, and how many wait."""

from __future__ import annotations

from ivr.core.queueing.facts import CallWaited
from ivr.core.queueing.lines import Lines
from ivr.core.queueing.roster import Roster
from ivr.core.queueing.rules import Join, QueueRules
from ivr.core.queueing.sites import Sites


def refusal(call: CallWaited, rules: QueueRules, *, sites: Sites, roster: Roster, lines: Lines) -> str:
    """Why a call cannot join; empty: it can. Whoever waits already waits on, also under a hub that was started anew."""
    if call.waited:
        return ""
    queue = call.queue
    if sites.closed(queue):
        return "the queue is closed at this hour"
    serving = roster.serving(queue)
    match rules.join:
        case Join.SERVED if not any(True for _ in serving):
            return "no agent serves this queue"
        case Join.LOGGED_IN if not any(agent.logged_in for agent in serving):
            return "no agent of this queue is logged in"
        case Join.WORKING if not any(agent.logged_in and agent.pause is None for agent in serving):
            return "no agent of this queue is at work"
    return "the queue is full" if len(lines[queue]) >= rules.max_waiting else ""
