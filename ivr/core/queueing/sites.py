"""Which sites are open, and what follows for a queue: whether it is open too, and whose agents are asked first."""

from __future__ import annotations

from collections.abc import Callable

from ivr.core.queueing.rules import QueueRules


class Sites:
    """Open sites."""

    def __init__(self, rules: Callable[[str], QueueRules]) -> None:
        """`rules` gives a queue's rules."""
        self._rules = rules
        self.open: frozenset[str] = frozenset()

    def closed(self, queue: str) -> bool:
        """Whether a queue has sites and none of them is open. Calls that wait in it are still served."""
        sites = self._rules(queue).sites
        return bool(sites) and self.open.isdisjoint(sites)

    def takes(self, queue: str) -> str:
        """The queue itself, or the one that takes its calls while it is closed, and so on."""
        passed: set[str] = set()
        while self.closed(queue) and self._rules(queue).closed_to and queue not in passed:
            passed.add(queue)
            queue = self._rules(queue).closed_to
        return queue

    def asked_first(self, queue: str, *, waited: float) -> str:
        """The site whose agents a call waits for now; empty: for no site's in particular."""
        rules = self._rules(queue)
        if waited >= rules.site_seconds:
            return ""
        return next((site for site in rules.sites if site in self.open), "")
