"""Of several hubs on one database one leads; the others stand by."""

from __future__ import annotations

from typing import Protocol


class Leadership(Protocol):
    """A lock of the database's. Its calls may wait for the database; used from one thread at a time."""

    def take(self) -> bool:
        """Become the one who leads; False while another one does. Raises EnvironmentFault: the database is away."""
        ...

    def held(self) -> bool:
        """Whether it still leads. False when the database ended the connection: another one may lead by now."""
        ...

    def give_up(self) -> None:
        """Lead no more. Never raises."""
        ...
