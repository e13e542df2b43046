"""Persons by their names."""

from __future__ import annotations

from typing import Protocol


class People(Protocol):
    """Who may be given a role."""

    def named(self, typed: str) -> str:
        """A person as the log names them: os:alice, also for alice. Raises OperatorError: it is no person's name."""
        ...

    def present(self, person: str) -> str:
        """Their name, of somebody who can act here. Raises OperatorError: an officer who does not exist would lock
        everybody out."""
        ...
