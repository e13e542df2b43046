"""All calls that wait, each in the line of its queue, and what their waiting changes: what they ask for, and where.

Rule: a call leaves its line by an answer, by leaving, or into another line. Nothing else takes its place away.
"""

from __future__ import annotations

from collections.abc import Callable

from ivr.core.queueing.agent import Agent
from ivr.core.queueing.facts import CallWaited, TellPlace
from ivr.core.queueing.line import Line
from ivr.core.queueing.rules import PHONES_AT_ONCE, Overflow, QueueRules, Strategy
from ivr.core.queueing.timers import Timer, Timers
from ivr.core.queueing.waiting import Need, Rank, WaitingCall, need_of, rank_of


class Lines:
    """Waiting calls by their id."""

    def __init__(self, rules: Callable[[str], QueueRules], timers: Timers) -> None:
        self._rules = rules
        self._timers = timers
        self._lines: dict[str, Line] = {}
        self._arrivals = 0
        self.waiting: dict[str, WaitingCall] = {}

    def __getitem__(self, queue: str) -> Line:
        line = self._lines.get(queue)
        if line is None:
            line = self._lines[queue] = Line(self._rules(queue))
        return line

    def lengths(self) -> dict[str, int]:
        """Queue -> calls that wait in it."""
        return {queue: len(line) for queue, line in self._lines.items() if len(line)}

    def place(self, call: WaitingCall) -> int:
        """1: next in its queue."""
        return self[call.queue].place(call)

    def told(self, call: WaitingCall) -> TellPlace:
        """Its queue and place, as it is told them."""
        return TellPlace(call.call_id, call.queue, self.place(call))

    def join(self, fact: CallWaited, *, preferred: str, site: str, now: float) -> WaitingCall:
        """A call takes its place; `preferred` is the agent whom it waits for at first, `site` the site. Empty: any."""
        rules = self._rules(fact.queue)
        self._arrivals += 1
        call = WaitingCall(
            call_id=fact.call_id,
            queue=fact.queue,
            need=need_of(fact.skills, fact.language, rules, waited=fact.waited, only=preferred, site=site),
            rank=rank_of(fact, rules, number=self._arrivals, now=now),
            since=now - fact.waited,
            wants=fact.skills,
            language=fact.language,
            priority=fact.priority,
            unserved_since=now,
            site=site,
            phones=rules.phones,
            urgent=fact.urgent,
            called_back=fact.called_back,
        )
        self.waiting[call.call_id] = call
        self[call.queue].add(call)
        if preferred:
            self._timers.set(call.since + rules.preferred_seconds, Timer.NEED_CHANGES, call.call_id)
        if site:
            self._timers.set(call.since + rules.site_seconds, Timer.NEED_CHANGES, call.call_id)
        self._set_timers(call, rules, now)
        return call

    def leave(self, call_id: str) -> WaitingCall | None:
        """A call gives its place back, if it had one."""
        call = self.waiting.pop(call_id, None)
        if call is not None:
            self[call.queue].remove(call)
        return call

    def rung(self, call: WaitingCall, offer_id: str) -> None:
        """One more phone rings for it."""
        was_open = call.is_open
        call.offers = (*call.offers, offer_id)
        if was_open and not call.is_open:
            self[call.queue].close(call)

    def unrung(self, call: WaitingCall, offer_id: str, *, now: float) -> None:
        """One of them does not any more."""
        was_open = call.is_open
        call.offers = tuple(one for one in call.offers if one != offer_id)
        if call.briefed == offer_id:
            call.briefed = ""
        if not call.offers:
            call.unserved_since = now
        if call.is_open and not was_open:
            self[call.queue].open(call)

    def brief(self, call: WaitingCall, offer_id: str) -> None:
        """An agent answered and hears what it is about."""
        if call.is_open:
            self[call.queue].close(call)
        call.briefed = offer_id

    def ring_more_at(self, call: WaitingCall, *, now: float) -> None:
        """The first phone for a call rings, or one more: when the next one may, if that is how its queue does it."""
        rules = self._rules(call.queue)
        if rules.strategy is Strategy.RING_PROGRESSIVELY:
            call.more_at = now + rules.ring_more_seconds
            self._timers.set(call.more_at, Timer.RING_MORE, call.call_id)

    def ring_more(self, call: WaitingCall, *, at: float) -> bool:
        """One more phone may ring, if that was due at this time; returns whether one may."""
        if call.more_at != at or not call.offers or call.phones >= PHONES_AT_ONCE:
            return False
        was_open = call.is_open
        call.phones += 1
        if call.is_open and not was_open:
            self[call.queue].open(call)
        return True

    def soften(self, call: WaitingCall, *, now: float) -> bool:
        """Ask for what it asks for after so long a wait; returns whether that is something else."""
        rules, waited = self._rules(call.queue), now - call.since
        only = call.need.only if waited < rules.preferred_seconds else ""
        need = need_of(call.wants, call.language, rules, waited=waited, only=only, site=call.site)
        if need == call.need:
            return False
        call.unserved_since = now
        self._ask(call, need)
        return True

    def overflow(self, call: WaitingCall, *, now: float) -> Overflow | None:
        """How a call goes on that has waited for so long; None: it stays."""
        rule = self._rules(call.queue).overflow
        if rule is None or now < call.since + rule.after or (call.called_back if rule.way else call.overflowed):
            return None
        if call.offers:  # somebody is being rung: it goes when that came to nothing
            self._timers.set(now + 1.0, Timer.OVERFLOW, call.call_id)
            return None
        return rule

    def move(self, call: WaitingCall, queue: str, *, now: float) -> None:
        """On in another queue, at the place that its waiting gives it there.

        It goes once: from there it does not move again, so that a call never wanders.
        """
        before, rules = self._rules(call.queue), self._rules(queue)
        self[call.queue].remove(call)
        shift = before.head_start - rules.head_start
        shift += call.priority * (before.priority_seconds - rules.priority_seconds)
        _, counts_from, number, _ = call.rank
        call.rank = (not (call.urgent or rules.urgent), counts_from + shift, number, call.call_id)
        call.queue, call.overflowed = queue, True
        call.site, call.phones = "", rules.phones
        call.need = need_of(call.wants, call.language, rules, waited=now - call.since)
        self[call.queue].add(call)
        self._set_timers(call, rules, now)

    def rank_anew(self, call: WaitingCall, fact: CallWaited, *, now: float) -> bool:
        """It waits by the priority, urgency and skills of this; returns whether that is otherwise than before.

        A phone that rings for it rings on, whatever it asks of an agent now.
        """
        rules, line = self._rules(call.queue), self[call.queue]
        _, counts_from, number, _ = call.rank
        counts_from += (call.priority - fact.priority) * rules.priority_seconds
        rank = (not (fact.urgent or rules.urgent), counts_from, number, call.call_id)
        waited, only = now - call.since, call.need.only
        need = need_of(fact.skills, call.language, rules, waited=waited, only=only, site=call.site)
        if (rank, need) == (call.rank, call.need):
            return False
        line.remove(call)
        call.rank, call.priority, call.urgent, call.wants = rank, fact.priority, fact.urgent, fact.skills
        if need != call.need:
            call.need, call.unserved_since = need, now
        line.add(call)
        return True

    def best_for(self, agent: Agent) -> WaitingCall | None:
        """The next call that this agent may take, of all queues that they serve."""
        best: Rank | None = None
        for queue in agent.profile.queues or self._lines:
            line = self._lines.get(queue)
            if line is not None:
                best = line.best_for(agent, best)
        return None if best is None else self.waiting[best[-1]]

    def _ask(self, call: WaitingCall, need: Need) -> None:
        if call.is_open:
            self[call.queue].close(call)
            call.need = need
            self[call.queue].open(call)
        else:
            call.need = need

    def _set_timers(self, call: WaitingCall, rules: QueueRules, now: float) -> None:
        for step in rules.relax:
            if call.since + step.after > now:
                self._timers.set(call.since + step.after, Timer.NEED_CHANGES, call.call_id)
        if rules.overflow is not None:
            self._timers.set(max(now, call.since + rules.overflow.after), Timer.OVERFLOW, call.call_id)
