"""How often somebody who is nobody may ask: so many at once, then one each so many seconds, for each address.

Rule: what is remembered is bounded. An address that was forgotten begins anew, so the whole is held to a pace as well.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass, field

from ivr.errors import TooSoonError


@dataclass(frozen=True, slots=True)
class Pace:
    """Of one address, or of all together."""

    burst: int
    """At once, after a rest."""
    seconds: float
    """For one more."""


ADDRESSES = 10_000
"""Remembered at most; of more, the one that asked longest ago is forgotten."""
IPV6_SITE_BITS = 64
"""Whoever has one IPv6 address has all of its network (RFC 6177)."""


@dataclass(slots=True)
class Paced:
    """Who asked how often lately."""

    each: Pace
    together: Pace
    _free_at: OrderedDict[str, float] = field(default_factory=OrderedDict)
    """Network -> when all that it asked is over."""
    _all_free_at: float = 0.0

    def ask(self, address: str, *, now: float) -> None:
        """Count one question. Raises TooSoonError, and then it is not counted. `now`: seconds, monotonic."""
        network = network_of(address)
        theirs = _after(self.each, self._free_at.get(network, now), now)
        everybodys = _after(self.together, self._all_free_at, now)
        self._free_at[network], self._all_free_at = theirs, everybodys
        self._free_at.move_to_end(network)
        while len(self._free_at) > ADDRESSES:
            self._free_at.popitem(last=False)


def network_of(address: str) -> str:
    """What counts as one who asks: an IPv4 address, an IPv6 network; of what is neither, all together."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    bits = IPV6_SITE_BITS if parsed.version == 6 else 32
    return str(ipaddress.ip_network(f"{parsed}/{bits}", strict=False))


def _after(pace: Pace, free_at: float, now: float) -> float:
    """When all is over, with one question more. Raises TooSoonError."""
    after = max(free_at, now) + pace.seconds
    wait = after - now - pace.burst * pace.seconds
    if wait > 0:
        raise TooSoonError(wait)
    return after
