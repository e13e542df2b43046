"""When a recording may go and when it must: retention classes, holds, erasure requests.

Rules, in this order. A hold keeps everything, however many there are and whatever else is asked. Nothing goes before
its class's earliest day, not even when its owner asks (the request waits). From then on a request is followed. At the
latest day it goes. Time is an argument; holds and requests are read from the audit log, so nobody drops one unseen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import ClassVar

from ivr.errors import OperatorError

DAY_SECONDS = 86400


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """How long recordings of one kind are kept."""

    name: str
    earliest_days: int
    """Days after the call before which nothing goes."""
    latest_days: int
    """Days after the call at which everything has gone."""
    source: str
    """Which rule says so."""

    def __post_init__(self) -> None:
        """A class that keeps for longer than it lets is none."""
        if not 0 <= self.earliest_days <= self.latest_days:
            raise OperatorError(f"retention class {self.name}: earliest_days must be from 0 to latest_days")


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """Which class a call belongs to, by its dialplan."""

    classes: dict[str, RetentionClass]
    default: str
    dialplans: dict[str, str] = field(default_factory=dict)
    """Pattern of a dialplan's name -> class; the first that fits counts."""

    def __post_init__(self) -> None:
        """Every class that is named must be there."""
        for name in (self.default, *self.dialplans.values()):
            if name not in self.classes:
                raise OperatorError(f"there is no retention class {name}; there are {', '.join(sorted(self.classes))}")

    @property
    def first_days(self) -> int:
        """Age in days below which no class that is in use lets anything go."""
        return min(self.classes[name].earliest_days for name in (self.default, *self.dialplans.values()))

    def class_of(self, dialplan: str) -> RetentionClass:
        """The class of a call that `dialplan` (name@version) served."""
        name = dialplan.partition("@")[0]
        for pattern, chosen in self.dialplans.items():
            if fnmatchcase(name, pattern):
                return self.classes[chosen]
        return self.classes[self.default]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Holds and erasure requests that stand, by call."""

    holds: dict[str, frozenset[str]]
    """Call -> names of the holds on it."""
    requests: frozenset[str]
    """Calls whose owner asked for erasure."""

    ACTIONS: ClassVar[tuple[str, ...]] = ("hold.placed", "hold.released", "erasure.requested", "erasure.withdrawn")
    """What the ledger follows from, as the audit log calls it."""

    @staticmethod
    def read(events: Iterable[tuple[str, str, str]]) -> Ledger:
        """From (action, call, hold's name) in the log's order."""
        holds: dict[str, set[str]] = {}
        requests: set[str] = set()
        for action, call, name in events:
            match action:
                case "hold.placed":
                    holds.setdefault(call, set()).add(name)
                case "hold.released":
                    holds.get(call, set()).discard(name)
                case "erasure.requested":
                    requests.add(call)
                case "erasure.withdrawn":
                    requests.discard(call)
        return Ledger({call: frozenset(names) for call, names in holds.items() if names}, frozenset(requests))


class Decision(Enum):
    """What becomes of a recording now."""

    KEEP = "keep"
    HELD = "held"
    ERASE = "erase"


@dataclass(frozen=True, slots=True)
class Ruling:
    """The decision and why, for the log."""

    decision: Decision
    reason: str


def decide(call_id: str, started_at: float, kept_as: RetentionClass, ledger: Ledger, *, now: float) -> Ruling:
    """What becomes of one recording at `now`."""
    age_days = (now - started_at) / DAY_SECONDS
    asked = call_id in ledger.requests
    if held := ledger.holds.get(call_id):
        return Ruling(Decision.HELD, f"held for {', '.join(sorted(held))}")
    if age_days >= kept_as.latest_days:
        return Ruling(Decision.ERASE, f"{kept_as.name}: {kept_as.latest_days} days are over")
    if asked and age_days >= kept_as.earliest_days:
        return Ruling(Decision.ERASE, f"asked for; {kept_as.name} allows it after {kept_as.earliest_days} days")
    if asked:
        return Ruling(Decision.KEEP, f"asked for, but {kept_as.name} keeps it {kept_as.earliest_days} days")
    return Ruling(Decision.KEEP, f"{kept_as.name} keeps it {kept_as.latest_days} days")
