"""Facts for the call's record, and alarms."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RaiseAlarm:
    """Someone must look at this now."""

    kind: str
    text: str


LOOKED_UP = "looked_up"
"""Kind of note: a value that a call is to be found by. It is the caller's, so it stands in their record alone."""


@dataclass(frozen=True, slots=True)
class Note:
    """A fact for the call's record: a state entered, a disclosure evidenced, an identity reached."""

    kind: str
    data: dict[str, object] = field(repr=False)
