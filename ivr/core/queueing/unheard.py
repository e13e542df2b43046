"""Messages that callers left and nobody has listened to yet, by mailbox: a queue's is the one of its name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ivr.core.queueing.happening import Happening, What


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What waits in one."""

    name: str
    calls: int
    """In which messages were left there that nobody listened to."""
    oldest: float
    """When the first of them was left, by the clock of the lines."""
    first: str
    """The call in which it was left."""


class Unheard:
    """Kept up line by line."""

    def __init__(self, lines: Iterable[Happening] = ()) -> None:
        self._left: dict[tuple[str, str], Happening] = {}
        for line in lines:
            self.add(line)

    @property
    def lines(self) -> list[Happening]:
        """Those that tell of them, in order."""
        return list(self._left.values())

    def add(self, one: Happening) -> None:
        """A message was left, or somebody listened to it. What is told twice counts once."""
        if one.what is What.MESSAGE:
            self._left.setdefault((one.call_id, one.queue), one)
        elif one.what is What.HEARD:
            self._left.pop((one.call_id, one.queue), None)

    def heard(self, call_id: str, mailbox: str) -> list[str]:
        """The mailboxes in which a call's messages wait, of those that somebody listened to now; empty: of all."""
        return [name for call, name in self._left if call == call_id and mailbox in ("", name)]

    def mailboxes(self) -> list[Mailbox]:
        """In which any wait, by name."""
        left: dict[str, list[tuple[float, str]]] = {}
        for line in self._left.values():
            left.setdefault(line.queue, []).append((line.at, line.call_id))
        return [Mailbox(name, len(waiting), *min(waiting)) for name, waiting in sorted(left.items())]
