"""What the edge refused or dropped, as the audit log says it: counted by kind, source and minute.

Rule: no address of a stranger stands in the log, for it is personal data: its network, and a keyed hash by which equal
ones are seen and a suspected one can be compared.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum

from ivr.core.audit.entry import AuditEntry

DENIED = "edge.denied"
PURPOSE = "edge source"
"""Of the keyed hashes of sources."""
MINUTE_SECONDS = 60
OTHERS = "*"
"""Stands for all sources of one minute that are not named."""
NETWORK_BITS = 24
MARK_BYTES = 8


class DenialKind(StrEnum):
    """What the edge counts, by the words that its scripts write."""

    FLOOD = "flood"
    TRUNK_FLOOD = "trunk_flood"
    SCANNER = "scanner"
    MALFORMED = "malformed"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    """A cell could not take it."""
    UNSERVED = "unserved"
    """Media, bodies or extensions that are not ours."""
    TOO_MANY_HOPS = "too_many_hops"
    METHOD = "method"
    NO_CALL = "no_call"
    """There is no call that it could end or change, and was none just now."""
    OTHER_SOURCE = "other_source"
    """A call's request, from elsewhere than its call."""
    RELAY = "relay"
    NO_CELL = "no_cell"
    """It claims to come from a cell."""
    NOT_ALLOWED = "not_allowed"
    """A number that no trunk, or no callback, may be asked for."""
    TRUNK_TLS = "trunk_tls"
    """From a trunk's network, without the TLS or the certificate that this trunk must come with."""
    NO_TRUNK = "no_trunk"
    """A number that a trunk may be asked for, and none of them took the call."""
    REPLACES = "replaces"
    PASSWORD = "password"  # noqa: S105 - a kind of denial
    OTHER_NAME = "other_name"
    FOREIGN_CONTACT = "foreign_contact"
    LOOP = "loop"
    BUSY = "busy"
    SOURCE_BUSY = "source_busy"
    """One source holds as many calls as it may."""
    SOURCE_STREAMS = "source_streams"
    """One source has as many connections as it may."""
    OTHER_ORIGIN = "other_origin"
    """A browser asked for a WebSocket on a page that is not ours."""
    NO_RELAY = "no_relay"
    """Its media is encrypted, and the relay was not there."""
    IN_CLEAR = "in_clear"
    """A cell was to ring a phone to which media would go in clear, and must not."""
    SILENT = "silent"
    """The cell that it was given to did not answer."""
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Denial:
    """Requests of one kind from one source in one minute."""

    kind: DenialKind
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
