"""One SIP dialog's state (RFC 3261 12): where the next request goes and what it carries."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.testing.sip import Headers, SipRequest, SipResponse, host_and_port, is_loose, uri_of

USER_AGENT = "ivr-robot"
"""How robots name themselves."""


@dataclass(slots=True)
class Dialog:
    """Both ends' names, the route and the counter."""

    call_id: str
    local: str
    """Our From or To value, with its tag."""
    remote: str
    """Theirs, with its tag once it is known."""
    target: str
    """URI of their Contact."""
    contact: str
    """Our Contact value."""
    routes: tuple[str, ...] = ()
    sequence: int = 0

    @classmethod
    def of_answer(cls, invite: SipRequest, response: SipResponse, contact: str) -> Dialog:
        """The caller's side, from a response that has a To tag."""
        routes = tuple(reversed(response.headers.all("record-route")))
        target = uri_of(response.headers.get("contact")) or invite.uri
        number = int(invite.headers.get("cseq").split()[0])
        remote = response.headers.get("to")
        return cls(invite.headers.get("call-id"), invite.headers.get("from"), remote, target, contact, routes, number)

    @classmethod
    def of_invite(cls, invite: SipRequest, local_tag: str, contact: str) -> Dialog:
        """The callee's side, from the INVITE that came."""
        headers = invite.headers
        local = f"{headers.get('to')};tag={local_tag}"
        target, routes = uri_of(headers.get("contact")), tuple(headers.all("record-route"))
        return cls(headers.get("call-id"), local, headers.get("from"), target, contact, routes)

    def request(self, method: str, *, extra: Headers | None = None, body: bytes = b"", sequence: int | None = None,
                ) -> SipRequest:  # fmt: skip
        """The next request in the dialog; `sequence` is given for ACK, which repeats its INVITE's."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        uri, routes = self.target, self.routes
        if routes and not is_loose(routes[0]):  # a strict router takes the request URI's place (RFC 3261 12.2.1.1)
            uri, routes = uri_of(routes[0]), (*routes[1:], f"<{self.target}>")
        headers = [("Route", route) for route in routes]
        headers += [
            ("Max-Forwards", "70"),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{sequence} {method}"),
            ("User-Agent", USER_AGENT),
        ]
        if method in {"INVITE", "UPDATE", "ACK"}:
            headers.append(("Contact", self.contact))
        return SipRequest(method, uri, Headers((*headers, *(extra or Headers()))), body)

    def next_hop(self) -> tuple[str, int]:
        """Address that the next request is sent to."""
        return host_and_port(uri_of(self.routes[0]) if self.routes else self.target)
