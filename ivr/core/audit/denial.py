"""What the edge refused or dropped, as the audit log says it: counted by kind, source and minute.

Rule: no address of a stranger stands in the log, for it is personal data: its network, and a keyed hash by which equal
ones are seen and a suspected one can be compared.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from ivr.core.audit.entry import AuditEntry

DENIED = "edge.denied"
PURPOSE = "edge source"
"""Of the keyed hashes of sources."""
MINUTE_SECONDS = 60
OTHERS = "*"
"""Stands for all sources of one minute that are not named."""
NETWORK_BITS = 24
MARK_BYTES = 8


@dataclass(frozen=True, slots=True)
class Denial:
    """Requests of one kind from one source in one minute."""

    kind: str
    """flood, trunk_flood, scanner, malformed, unreadable, unserved, too_large, too_many_hops, method, no_call, relay,
    other_source, no_cell, replaces, password, other_name, foreign_contact, loop, busy, source_busy, silent,
    closing."""
    source: str = field(repr=False)
    """IPv4 address, or OTHERS."""
    minute: int
    """Minutes since the epoch."""
    count: int

    def entry(self, *, at: float, mark: bytes, part: bool = False) -> AuditEntry:
        """The log's entry. `mark` is the keyed hash of the source; `part`: the minute was not over."""
        details: dict[str, object] = {"minute": self.minute * MINUTE_SECONDS, "count": self.count}
        if self.source == OTHERS:
            details["source"] = OTHERS
        else:
            details["source"] = mark[:MARK_BYTES].hex()
            details["network"] = str(ipaddress.IPv4Network((self.source, NETWORK_BITS), strict=False))
        if part:
            details["part"] = True
        return AuditEntry(at, "edge", DENIED, self.kind, "denied", details=details)


def told(entry: AuditEntry) -> tuple[object, ...]:
    """What an entry is about: a whole minute of one kind and source is entered once."""
    return (entry.subject, *(entry.details.get(name) for name in ("source", "minute")))
