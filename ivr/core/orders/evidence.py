"""Facts for the call's record, and alarms."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RaiseAlarm:
    """Someone must look at this now."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """A fact for the call's record: a state entered, a disclosure evidenced, an identity reached."""

    kind: str
    data: dict[str, object] = field(repr=False)
