"""Dialplans as people write them, and the proofs of what they wrote."""

from __future__ import annotations

from typing import Protocol

from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.proof.prove import Certificate


class Drafts(Protocol):
    """Written dialplans, each with what lies beside it. What is served is never read from here."""

    def text(self, file: str, name: str = "") -> str:
        """The text of a dialplan, or of what it includes, by its name below the dialplan's directory.

        Raises OperatorError: it is missing, no text, or outside of that directory.
        """
        ...

    def is_same(self, file: str, other: str) -> bool:
        """Whether both name one dialplan."""
        ...

    def sound(self, file: str, name: str) -> bytes:
        """A recorded file, by its name below the dialplan's directory. Raises OperatorError."""
        ...


class Certificates(Protocol):
    """Proofs that were made before. A convenience, not an authority: the audit log says which were made by us."""

    def find(self, dialplan: Dialplan) -> Certificate | None:
        """The one that this version of the engine made of the dialplan; None: prove it (again)."""
        ...

    def keep(self, certificate: Certificate) -> None:
        """Keep it, durable. Raises EnvironmentFault."""
        ...
