"""What the console is built upon: the door, the office, where browsers find it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ivr.apps.web.guard import Origin
from ivr.engine.access.door import Door
from ivr.engine.access.losses import Losses
from ivr.engine.office.actor import Actor
from ivr.engine.office.office import Office


@dataclass(frozen=True, slots=True)
class Taken:
    """What a running engine made of a publication."""

    runs: bool
    """One runs here."""
    older: int
    """Calls that end with what they began with."""


@dataclass(frozen=True, slots=True)
class Browsers:
    """How browsers are phones."""

    url: str
    """Of the edge's WebSocket: wss://line.bank.example:5062."""
    realm: str
    """Of agents' passwords."""
    lines: tuple[str, ...] = ()
    """Numbers that whoever opens /call may call, the default one first; empty: nobody may."""


@dataclass(frozen=True, slots=True)
class Console:
    """What the application is built upon."""

    door: Door
    office: Callable[[Actor], Office]
    origins: Sequence[Origin]
    """The first is the one that is told to people."""
    losses: Losses
    """Tells of permissions that were taken away, for streams."""
    take: Callable[[str], Taken] = lambda publication: Taken(runs=False, older=0)
    """Has a running engine serve a publication, and waits until it does. Raises IvrError."""
    browsers: Browsers | None = None
    """None: no browser is served."""
    stream_seconds: float = 900.0
    """How long one stream lasts; then the browser asks for the next."""
    state: dict[str, Any] = field(default_factory=dict)
    """What operations keep between two requests of one process, by the name of their file."""

    @property
    def cookie(self) -> str:
        """Name of the session's. With TLS no other host, path or plain page can set it (RFC 6265bis 4.1.3.2)."""
        return "__Host-ivr" if self.encrypted else "ivr"

    @property
    def begun_cookie(self) -> str:
        """Name of that of a sign-in at the provider: it comes back from another site."""
        return f"{self.cookie}-begun"

    @property
    def encrypted(self) -> bool:
        """Whether browsers reach it over TLS."""
        return self.origins[0].encrypted


@dataclass(frozen=True, slots=True)
class Done:
    """What a POST did. A browser is sent on, and shows the message there."""

    message: str
    to: str = "/"
