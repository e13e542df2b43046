"""What goes wrong with recordings, one of many: damage of theirs, or a fault of the machine that says nothing of them.

Rule: no recording is called damaged because database, log or disk were away. It is not judged, and looked at again.
"""

from __future__ import annotations

from collections.abc import Callable

from ivr.errors import EnvironmentFault, IvrError

OnDamage = Callable[[str, str], None]
"""(where the recording is, what is wrong with it)."""


def is_damage(error: IvrError) -> bool:
    """Whether it says something of what was read. A file that is missing is damage."""
    return not isinstance(error, EnvironmentFault) or isinstance(error.__cause__, FileNotFoundError)


class Faults:
    """Of one run over many recordings: damage is told at once, a fault of the machine when all others were tried."""

    def __init__(self, on_damage: OnDamage) -> None:
        self._on_damage = on_damage
        self._first: IvrError | None = None

    def met(self, where: str, error: IvrError) -> None:
        """The recording `where` failed."""
        if is_damage(error):
            self._on_damage(where, str(error))
        elif self._first is None:
            self._first = error

    def end(self) -> None:
        """All were tried. Raises EnvironmentFault if the machine failed at any."""
        if self._first is not None:
            raise self._first
