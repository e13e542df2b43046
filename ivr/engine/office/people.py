"""Who may be given a role: users of this machine, and users of the console."""

from __future__ import annotations

from collections.abc import Callable

from ivr.core.access.user import KIND, user_name
from ivr.errors import OperatorError
from ivr.ports.access import UserStore
from ivr.ports.people import People


class Everybody:
    """`People`: both kinds, told apart by what stands before the name. `os:` where nothing does."""

    def __init__(self, machine: People, users: Callable[[], UserStore]) -> None:
        """`users`: opened when one of them is named."""
        self._machine, self._users = machine, users

    def named(self, typed: str) -> str:
        """A person as the log names them. Raises OperatorError."""
        return user_name(typed) if typed.startswith(KIND) else self._machine.named(typed)

    def present(self, person: str) -> str:
        """Their name. Raises OperatorError when nobody can come in by it."""
        if not person.startswith(KIND):
            return self._machine.present(person)
        user = self._users().find(person)
        if user is None or user.disabled:
            raise OperatorError(f"the console knows no user {person}: ivr users add {person.removeprefix(KIND)}")
        return person
