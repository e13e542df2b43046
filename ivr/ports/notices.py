"""Where notices go to, and how they get there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from ivr.core.call.notices import Target


class Targets(Protocol):
    """Those that there are, sealed. Every method raises SealError when they were altered, EnvironmentFault."""

    def all(self) -> Sequence[Target]:
        """By name."""
        ...

    def add(self, target: Target) -> None:
        """A new one. Raises OperatorError when there is one of that name, or as many as may be."""
        ...

    def remove(self, name: str) -> None:
        """Raises OperatorError when there is none of that name."""
        ...

    def change(self, name: str, change: Callable[[Target], Target]) -> None:
        """Keep what became of one, durably. Does nothing when it was removed meanwhile."""
        ...


class Poster(Protocol):
    """Sends them."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes, *, inside: bool) -> int:
        """The answer's HTTP status. Raises PeerError: no answer in time, or the address is none that was meant."""
        ...


class AlarmsRaised(Protocol):
    """Alarms, as the hub wrote them down."""

    def since(self, at: float) -> Iterable[tuple[float, str, str | None]]:
        """(When, kind, call) of each that was raised later, oldest first. Never raises: what is torn is passed over."""
        ...
