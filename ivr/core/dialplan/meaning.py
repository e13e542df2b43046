"""What a field of a state means, said in its type: code that walks fields asks here, and knows no field by its name.

Every text of a state, and of its parts, is one of these: `StateName`, `ValueName`, … or a plain `Word`. A test refuses
a bare `str`, so nobody forgets to say which.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated


class Names(Enum):
    """What a text names."""

    ITSELF = "itself"
    STATE = "state"
    TARGET = "target"
    VALUE = "value"
    ASSIGNED = "assigned"
    DAY = "day"
    DISCLOSURE = "disclosure"
    NOTHING = "nothing"


OwnName = Annotated[str, Names.ITSELF]
"""The name of what has this field."""
StateName = Annotated[str, Names.STATE]
TargetName = Annotated[str, Names.TARGET]
"""What a rule protects: a state, or source.query."""
ValueName = Annotated[str, Names.VALUE]
"""A value that is read."""
AssignedName = Annotated[str, Names.ASSIGNED]
"""A value that is changed."""
DayLimit = Annotated[str, Names.DAY]
"""A day in ISO 8601, or the name of the date value that holds it."""
DisclosureName = Annotated[str, Names.DISCLOSURE]
Word = Annotated[str, Names.NOTHING]
"""A text that names nothing of the dialplan's own: a key, a word, a queue, a destination."""


@dataclass(frozen=True, slots=True)
class Leads:
    """Beside a state's name or a route: a way out of the state."""

    why: str
    """For people: 'the lookup failed'."""
    silent: bool = True
    """Whether it can be gone without the caller doing anything."""
    or_ends: bool = False
    """Without it the call ends there by itself."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Beside a limit that is compared with a counter and with nothing else: the proof may shrink it to `most`."""

    most: int


@dataclass(frozen=True, slots=True)
class Undeciding:
    """Beside what no decision depends on: the proof may put `stands_for` in its place."""

    stands_for: object


@dataclass(frozen=True, slots=True)
class Derived:
    """Beside what follows from the rest of the dialplan: nobody wrote it there."""
