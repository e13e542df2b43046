"""How a trunk is, by which the line calls numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrunkAddress:
    """One of its addresses."""

    uri: str
    there: bool
    """It answered the last OPTIONS, or is not asked."""
    answers_ms: float
    """Mean time to its answers to OPTIONS, milliseconds; 0: it gave none yet."""


@dataclass(frozen=True, slots=True)
class TrunkState:
    """A trunk since the edge was started."""

    name: str
    addresses: tuple[TrunkAddress, ...]
    registered: bool | None
    """Whether it took our registration; None: it needs none."""
    tried: int = 0
    """Calls that it was asked for."""
    answered: int = 0
    failed: int = 0
    """Calls that it failed by itself: no answer, a fault, a password."""
    password: int = 0
    """Of these, calls that it refused for our password."""

    @property
    def there(self) -> bool:
        """Whether it takes calls, as far as is known."""
        return any(one.there for one in self.addresses) and self.registered is not False
