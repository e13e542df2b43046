"""What another process must know of a dialog to end it when its cell has died: a BYE in its name (RFC 3261 12, 15).

Rule: no name is resolved and nothing is dialled. A BYE goes to the IPv4 address that the far end's messages came from,
else to one that the far end itself gave as a literal; to nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ivr.core.sip.address import is_ipv4
from ivr.core.sip.fields import bracketed_uris, field_uri, header_fields
from ivr.errors import PeerError

BYE_SEQUENCE = 1 << 30
"""CSeq of our BYE: above any that the cell has used, below the end of the range (RFC 3261 8.1.1.5)."""
_TAG = re.compile(r";[ \t]*tag[ \t]*=[ \t]*([^;>\s]+)", re.IGNORECASE)
_HOST_PORT = re.compile(r"sips?:(?:[^@;>]*@)?([0-9.]+)(?::([0-9]{1,5}))?(?:;|$)")
_ALIAS = re.compile(r";alias=([0-9.]+)~([0-9]{1,5})~([12356])(?:;|$)")
_TRANSPORT = {"1": "udp", "2": "tcp", "3": "tls", "5": "ws", "6": "wss"}
"""As Kamailio numbers them in an alias."""


@dataclass(frozen=True, slots=True)
class Dialog:
    """A dialog of ours that is up."""

    call_id: str
    local: str = field(repr=False)
    """Our From or To, with our tag."""
    remote: str = field(repr=False)
    """The far end's, with its tag."""
    target: str = field(repr=False)
    """URI of its Contact."""
    routes: tuple[str, ...] = field(repr=False, default=())
    """Route set from us on; the first ones are our own edge's."""
    dialled: bool = False
    """Whether we sent its INVITE."""

    @property
    def inviter_tag(self) -> str:
        """Tag of who sent the INVITE, by which the edge names the call."""
        found = _TAG.search(self.local if self.dialled else self.remote)
        return found[1] if found else ""

    @property
    def seen_at(self) -> str | None:
        """Where the far end's messages came from, as the edge noted it in their Contact. None: it noted nothing."""
        return _alias(self.target)

    def words(self) -> tuple[str, ...]:
        """As it goes over the bus."""
        return (
            "dialled" if self.dialled else "received",
            self.call_id,
            self.local,
            self.remote,
            self.target,
            *self.routes,
        )

    @staticmethod
    def of(words: Sequence[str]) -> Dialog:
        """Back from `words`. Raises PeerError."""
        if len(words) < 5:
            raise PeerError("a dialog has a direction, a Call-ID, two ends and a target")
        direction, call_id, local, remote, target, *routes = words
        return Dialog(call_id, local, remote, target, tuple(routes), direction == "dialled")


@dataclass(frozen=True, slots=True)
class Farewell:
    """A BYE as the edge can send it."""

    uri: str = field(repr=False)
    next_hop: str = field(repr=False)
    headers: str = field(repr=False)


def confirmed(ack: str, *, incoming: bool, contact: str, routes: Sequence[str] = ()) -> Dialog | None:
    """A dialog by the ACK that confirmed it, received (`incoming`; `routes` of the INVITE) or sent. None: no such.

    `contact`: the far end's; empty where an answer gave none that we follow, and our ACK went to whom we dialled.
    """
    fields = header_fields(ack)
    one = {name: values[0] for name, values in fields.items()}
    ours, theirs = ("to", "from") if incoming else ("from", "to")
    target = field_uri(contact) or ("" if incoming else _request_uri(ack))
    if not {"call-id", "from", "to"} <= one.keys() or not target:
        return None
    way = tuple(routes) if incoming else _listed(fields.get("route", []))
    ends = _nameless(one[ours]), _nameless(one[theirs])
    if not "".join((one["call-id"], *ends, target, *way)).isascii():
        return None
    return Dialog(one["call-id"], *ends, target, way, not incoming)


def record_route(invite: str) -> tuple[str, ...]:
    """The route set that an INVITE brought, in its order."""
    return _listed(header_fields(invite).get("record-route", []))


def farewell(dialog: Dialog, *, edge: bool = True) -> Farewell | None:
    """The BYE, from our edge on, if there is an `edge`. None: it would have to go where no address is known."""
    own = 0 if not edge else 2 if dialog.routes and ";r2=on" in dialog.routes[0] else 1
    routes = dialog.routes[own:]
    hop = _address(field_uri(routes[0])) if routes else _alias(dialog.target) or _address(dialog.target)
    if hop is None:
        return None
    uri = _ALIAS.sub("", dialog.target)
    lines = [
        f"From: {dialog.local}",
        f"To: {dialog.remote}",
        f"Call-ID: {dialog.call_id}",
        f"CSeq: {BYE_SEQUENCE} BYE",
        *(f"Route: {route}" for route in routes),
        'Reason: SIP;cause=500;text="Server Internal Error"',  # RFC 3326
    ]
    return Farewell(uri, hop, "".join(f"{line}\r\n" for line in lines))


def _nameless(value: str) -> str:
    """An end without its display name: that tells nobody which dialog it is, and may be no valid text.

    Always with brackets: what follows a bare URI is the header's (RFC 3261 20), but Kamailio takes it for the URI's.
    """
    if "<" in value:
        return value[value.rfind("<") :]
    uri, mark, parameters = value.partition(";")
    return f"<{uri.strip()}>{mark}{parameters}"


def _listed(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"<{uri}>" for uri in bracketed_uris(values))


def _request_uri(request: str) -> str:
    return next(iter(request.split(" ")[1:2]), "")


def _alias(uri: str) -> str | None:
    found = _ALIAS.search(uri)
    return _hop(found[1], found[2], _TRANSPORT[found[3]]) if found else None


def _address(uri: str) -> str | None:
    found = _HOST_PORT.match(uri)
    if found is None:
        return None
    return _hop(found[1], found[2] or "5060", "tcp" if ";transport=tcp" in uri.lower() else "udp")


def _hop(host: str, port: str, transport: str) -> str | None:
    return f"sip:{host}:{port};transport={transport}" if is_ipv4(host) else None
