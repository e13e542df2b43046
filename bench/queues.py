"""Figures of the dispatcher: `python -m bench.queues` (`--quick`: a minute). CPU time of one core, beside a scan of
the list.

Every agent talks and many calls wait: the busiest hour. One round is: an agent's talk ends, the next call is
chosen and offered, the agent answers, a new call comes. The scan does what Asterisk's app_queue and FreeSWITCH's
mod_callcenter do in principle: it looks at every waiting call for the agent. Both make the same choices in the
same rounds, which is checked.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
import tracemalloc
from dataclasses import dataclass

from ivr.core.queueing.agent import Agent
from ivr.core.queueing.dispatcher import Dispatcher
from ivr.core.queueing.facts import (
    AgentProfile,
    AgentsListed,
    CallWaited,
    OfferAgent,
    OfferAnswered,
    OfferEnded,
    PhonesSeen,
)
from ivr.core.queueing.rules import QueueRules
from ivr.core.queueing.waiting import WaitingCall

QUEUES = tuple(f"q{number}" for number in range(20))
SKILLS = ("loans", "cards", "funds", "lang:en", "lang:zh")
AGENTS = 1_000
SIZES = (100, 1_000, 10_000)
RULES = QueueRules(max_waiting=100_000, wrap_up_seconds=0.0)


def agents(chance: random.Random) -> tuple[AgentProfile, ...]:
    """Agents who serve some queues and have some skills."""
    return tuple(
        AgentProfile(
            f"a{number}",
            f"sip:a{number}@phones",
            tuple(sorted(chance.sample(QUEUES, 5))),
            {skill: chance.randint(1, 9) for skill in chance.sample(SKILLS, 3)},
        )
        for number in range(AGENTS)
    )


@dataclass
class Centre:
    """A dispatcher whose agents all talk, with so many calls that wait."""

    waiting: int
    seed: int = 1

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.now, self.calls = 0.0, 0
        self.line = Dispatcher(run_id="b", rules=lambda queue: RULES, chance=self.chance.random)
        profiles = agents(self.chance)
        self.line.receive(AgentsListed(profiles), now=self.now)
        self.line.receive(PhonesSeen(frozenset(profile.name for profile in profiles)), now=self.now)
        self.talking: list[str] = []
        while len(self.talking) < AGENTS:
            self.come(busy=True)
        while len(self.line.waiting) < self.waiting:
            self.come()

    def come(self, *, busy: bool = False) -> None:
        """A call comes; while not all agents talk, one takes it."""
        self.now += 0.01
        self.calls += 1
        skills = {} if busy or self.chance.random() < 0.5 else {self.chance.choice(SKILLS): self.chance.randint(1, 4)}
        queue, priority = self.chance.choice(QUEUES), self.chance.randrange(3)
        fact = CallWaited(f"c{self.calls}", queue, priority, skills=skills)
        for order in self.line.receive(fact, now=self.now):
            if isinstance(order, OfferAgent):
                self.line.receive(OfferAnswered(order.offer_id), now=self.now)
                self.talking.append(order.offer_id)
        if busy:
            self.line.receive(OfferEnded("nobody"), now=self.now)

    def next_talk_over(self) -> str:
        """The offer whose talk ends next."""
        at = self.chance.randrange(len(self.talking))
        self.talking[at], self.talking[-1] = self.talking[-1], self.talking[at]
        return self.talking.pop()

    def round(self) -> None:
        """An agent becomes available, gets the next call, and another comes."""
        self.now += 0.01
        for order in self.line.receive(OfferEnded(self.next_talk_over()), now=self.now):
            assert isinstance(order, OfferAgent)
            self.line.receive(OfferAnswered(order.offer_id), now=self.now)
            self.talking.append(order.offer_id)
        self.come()


def scan(line: Dispatcher, agent: Agent) -> WaitingCall | None:
    """The straightforward way: look at every call that waits."""
    best: WaitingCall | None = None
    for call in line.waiting.values():
        if call.offers or not agent.profile.serves(call.queue) or not call.need.met_by(agent.profile):
            continue
        if best is None or call.rank < best.rank:
            best = call
    return best


def measure(waiting: int, rounds: int) -> tuple[float, float, float]:
    """Microseconds of a round, microseconds of choosing by a scan, and mebibytes that the dispatcher holds."""
    tracemalloc.start()
    centre = Centre(waiting)
    held = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    slow = []
    for _ in range(max(5, rounds // 50)):
        offer = centre.next_talk_over()
        centre.talking.append(offer)
        agent = next(one for one in centre.line.agents.values() if one.engagement and one.engagement.offer_id == offer)
        began = time.process_time()
        chosen = scan(centre.line, agent)
        slow.append(time.process_time() - began)
        centre.now += 0.01
        orders = centre.line.receive(OfferEnded(offer), now=centre.now)
        assert (chosen and chosen.call_id) == next((o.call_id for o in orders if isinstance(o, OfferAgent)), None)
        centre.talking.remove(offer)
        for order in orders:
            assert isinstance(order, OfferAgent)
            centre.line.receive(OfferAnswered(order.offer_id), now=centre.now)
            centre.talking.append(order.offer_id)
        centre.come()
    turns = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(rounds):
            centre.round()
        turns.append((time.process_time() - began) / rounds)
    return statistics.median(turns) * 1e6, statistics.median(slow) * 1e6, held


def main() -> None:
    """Print the table, and the line that other programs read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds; about a minute at the most")
    rounds = 1_000 if parser.parse_args().quick else 5_000
    print(f"{AGENTS:,} agents with skills in {len(QUEUES)} queues; median of 5 times {rounds:,} rounds, CPU time\n")
    print(f"{'waiting':>8} {'round':>10} {'a second':>10} {'scan alone':>12} {'scan/round':>11} {'memory':>9}")
    for waiting in SIZES:
        turn, slow, held = measure(waiting, rounds)
        print(
            f"{waiting:>8,} {turn:>7.1f} us {1e6 / turn:>10,.0f} {slow:>9.0f} us {slow / turn:>10.1f}x {held:>6.1f} MB"
        )
    print(f"\nassignments_per_second {1e6 / turn:.0f} ratio_to_scan {slow / turn:.1f}")


if __name__ == "__main__":
    main()
