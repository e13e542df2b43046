"""Publications: immutable documents, and which of them is served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from ivr.core.audit.note import Signer, VerifierKey
from ivr.core.dialplan.publication import Publication


class Publications(Protocol):
    """Those of one engine. Every method may raise EnvironmentFault."""

    def alone(self) -> AbstractContextManager[None]:
        """Nobody else publishes meanwhile. Raises OperatorError when somebody does."""
        ...

    def keep(self, publication: Publication) -> None:
        """Keep it, durable. It is not served by that."""
        ...

    def point_to(self, publication: Publication, signer: Signer) -> None:
        """From now on this one is served. Durable and whole, or not done."""
        ...

    def current(self, key: VerifierKey) -> Publication | None:
        """The one that is served; None when nothing was ever published. Raises SealError for what was altered."""
        ...

    def named(self) -> str | None:
        """Id of the one that is served, not checked: for people to read only."""
        ...

    def load(self, id: str) -> Publication:
        """One of them. Raises EnvironmentFault when it is missing, SealError when it was altered."""
        ...

    def all(self) -> Iterator[Publication]:
        """Every one that is kept, in no order. Raises as `load` does."""
        ...
