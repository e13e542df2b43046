"""One-time codes of the demo's customers (RFC 6238): each has the same made-up seed in their application."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from ivr.core.identity.totp import Totp, taken

SEED = b"12345678901234567890"
"""That of RFC 6238, appendix B: what anybody may know. A real bank's differ, and nobody knows them."""


class Codes:
    """Whose codes were taken up to when: none is taken twice."""

    def __init__(self, customers: Iterable[str], *, wall: Callable[[], float] = time.time) -> None:
        """`wall`: seconds since the epoch."""
        self._wall, self._lock = wall, threading.Lock()
        self._held = {customer: Totp(SEED) for customer in customers}

    def code(self, customer: str, code: str) -> dict[str, object]:
        """Whether this is the customer's code now. Of nobody's it is none."""
        with self._lock:
            held = self._held.get(customer, Totp(b""))
            after = taken(held, code, now=self._wall())
            if after is None or customer not in self._held:
                return {"found": False}
            self._held[customer] = after
            return {"found": True}
