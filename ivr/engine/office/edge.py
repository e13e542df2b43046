"""The line's edge while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.engine.office.office import Asked, Desk, does
from ivr.ports.premises import LineCertificate


@dataclass(frozen=True, slots=True)
class ReloadEdge(Asked):
    """Certificate and key were renewed on disk."""


@does("edge.reload")
def reload(desk: Desk, asked: ReloadEdge) -> LineCertificate:
    """Shown to callers from now on; no call ends by it. Raises OperatorError, PeerError."""
    with desk.entering("certificate") as details:
        shown = desk.ports.line_tls.reload()
        details["fingerprint"] = shown.fingerprint
        details["names"] = list(shown.names)
        details["not_after"] = shown.not_after.timestamp()
    return shown
