"""How likely it is that a caller means harm: one score out of signals, by a table that people read.

Rules: whoever was asked and has not answered makes the risk unknown, and unknown is as bad as high; only points enough
for high say more than that. Signals only add points: no caller lowers their own risk.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from ivr.core.typed import Written

MOST_POINTS: Final = 100
WAIT_SECONDS: Final = 0.3
"""For which the engine waits for what earlier calls say; from then on the risk is unknown until they do."""


class Risk(Written):
    """Of a call."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    UNKNOWN = "unknown"
    """Whoever knows has not answered: never taken for low."""

    def within(self, most: Risk) -> bool:
        """Whether it is no higher than `most`."""
        return _RANK[self] <= _RANK[most]


_RANK = {Risk.LOW: 0, Risk.MEDIUM: 1, Risk.HIGH: 2, Risk.UNKNOWN: 2}


class Signal(Written):
    """What may speak against a call."""

    WITHHELD = "withheld"
    """The caller's number is not told, or there is none."""
    UNVOUCHED = "unvouched"
    """No trunk vouches for the number: it is what the caller's phone wrote."""
    DIVERTED = "diverted"
    """The call was first sent elsewhere."""
    ATTESTATION = "attestation"
    """How surely the network knows that the caller may use the number."""
    NEW_NUMBER = "new_number"
    """Nobody has called from the number for so many days."""
    MANY_CALLS = "many_calls"
    """Calls from the number within so many hours, those that go on among them."""
    ACCOUNT_CALLS = "account_calls"
    """Calls about the account within so many hours, those that go on among them."""
    ODD_HOUR = "odd_hour"
    """Outside the hours that it names."""
    FAILURES = "failures"
    """Attempts at proofs were used in this call."""
    BANK = "bank"
    """What the bank's own risk engine says, in a value that a lookup keeps."""
    MISMATCH = "mismatch"
    """The call comes from another number than the one in a value."""
    DURESS = "duress"
    """The caller said words that somebody says who is made to call."""
    SCRIPTED = "scripted"
    """The caller said words that were written down for them."""
    WATCHLIST = "watchlist"
    """The voice is like one of the watchlist, where a voice was compared at all."""


class Source(Written):
    """Who says what a signal gave."""

    NETWORK = "network"
    CALLS = "earlier calls"
    CLOCK = "clock"
    CALL = "this call"
    BANK = "the bank"
    WORDS = "the caller's words"
    VOICE = "the caller's voice"


SOURCES: Final[Mapping[Signal, Source]] = {
    Signal.WITHHELD: Source.NETWORK,
    Signal.UNVOUCHED: Source.NETWORK,
    Signal.DIVERTED: Source.NETWORK,
    Signal.ATTESTATION: Source.NETWORK,
    Signal.NEW_NUMBER: Source.CALLS,
    Signal.MANY_CALLS: Source.CALLS,
    Signal.ACCOUNT_CALLS: Source.CALLS,
    Signal.ODD_HOUR: Source.CLOCK,
    Signal.FAILURES: Source.CALL,
    Signal.BANK: Source.BANK,
    Signal.MISMATCH: Source.BANK,
    Signal.DURESS: Source.WORDS,
    Signal.SCRIPTED: Source.WORDS,
    Signal.WATCHLIST: Source.VOICE,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a call at one moment."""

    found: frozenset[Signal] = frozenset()
    """Signals that are there or are not."""
    silent: frozenset[Signal] = frozenset()
    """Whose source was asked and has not answered."""
    counts: Mapping[Signal, int] = field(default_factory=dict)
    """Of those that are counted; what does not apply, as calls from a number that is withheld, is not here."""
    values: Mapping[str, object] = field(default_factory=dict, repr=False)
    """The call's."""
    number: str | None = field(default=None, repr=False)
    """The caller's, E.164 with its plus."""
    attestation: str = ""
    """A, B, C or failed; empty: the network says nothing."""
    closed: frozenset[str] = frozenset()
    """Hours that are over now."""


class Weight(Protocol):
    """How many points a signal gives."""

    def gives(self, signal: Signal, seen: Seen) -> int | None:
        """Now. None: whoever knows has not answered."""
        ...


@dataclass(frozen=True, slots=True)
class Plain:
    """Of a signal that is there or not."""

    points: int

    def gives(self, signal: Signal, seen: Seen) -> int | None:
        """Its points where it is there."""
        return None if signal in seen.silent else self.points if signal in seen.found else 0


@dataclass(frozen=True, slots=True)
class Often:
    """Of what is counted."""

    points: int
    least: int
    """From so many on; this call is one of them."""
    seconds: float = 0.0
    """Within which calls are counted; 0: within this call."""
    value: str = ""
    """The value whose calls are counted; empty: those of the caller's number."""

    def gives(self, signal: Signal, seen: Seen) -> int | None:
        """Its points from `least` on."""
        if signal in seen.silent:
            return None
        return self.points if seen.counts.get(signal, 0) >= self.least else 0


@dataclass(frozen=True, slots=True)
class Unheard:
    """Of a number from which nobody has called."""

    points: int
    seconds: float
    """For so long."""

    def gives(self, signal: Signal, seen: Seen) -> int | None:
        """Its points where there was no call before."""
        return None if signal in seen.silent else self.points if seen.counts.get(signal, 1) == 0 else 0


@dataclass(frozen=True, slots=True)
class Outside:
    """Of a time of day."""

    points: int
    hours: str
    """Opening hours of the dialplan."""

    def gives(self, signal: Signal, seen: Seen) -> int | None:
        """Its points outside these hours."""
        return self.points if self.hours in seen.closed else 0


@dataclass(frozen=True, slots=True)
class Told:
    """Of what a value says."""

    value: str
    points: Mapping[str, int]
    """Word -> points; another word is no answer."""

    def gives(self, signal: Signal, seen: Seen) -> int | None:
        """The points of the word."""
        answer = seen.values.get(self.value)
        return self.points.get(answer) if isinstance(answer, str) else None


@dataclass(frozen=True, slots=True)
class Differs:
    """Of a number that should be the caller's."""

    points: int
    value: str

    def gives(self, signal: Signal, seen: Seen) -> int | None:
        """Its points where the call comes from another one. While the value is not known, none."""
        expected = seen.values.get(self.value)
        return self.points if expected is not None and expected != seen.number else 0


@dataclass(frozen=True, slots=True)
class Spoken:
    """Of words."""

    points: int
    phrases: Mapping[str, tuple[str, ...]]
    """By language."""
    rules: frozenset[str] = frozenset()
    """Rules of inspection that find such words in a talk with an agent: ruleset/rule."""

    def gives(self, signal: Signal, seen: Seen) -> int | None:
        """Its points once they were said."""
        return self.points if signal in seen.found else 0


@dataclass(frozen=True, slots=True)
class Attested:
    """Of the network's word on the number (RFC 8588: full, partial or gateway attestation)."""

    points: Mapping[str, int]
    """A, B, C, failed or none -> points."""

    def gives(self, signal: Signal, seen: Seen) -> int | None:
        """The points of what it says."""
        return self.points.get(seen.attestation or "none", 0)


@dataclass(frozen=True, slots=True)
class Gave:
    """What one signal gave to a score."""

    signal: Signal
    points: int | None
    """None: whoever knows had not answered."""
    at: float
    """Since when it is so: seconds from the answer."""


@dataclass(frozen=True, slots=True)
class RiskTable:
    """How a dialplan comes to the risk of a call."""

    signals: Mapping[Signal, Weight]
    medium: int = 30
    """Points from which it is medium."""
    high: int = 60

    def __bool__(self) -> bool:
        """Whether it weighs anything."""
        return bool(self.signals)

    def weighed(self, seen: Seen) -> dict[Signal, int | None]:
        """What each signal gives now, in the table's order."""
        return {signal: weight.gives(signal, seen) for signal, weight in self.signals.items()}

    def score(self, gives: Collection[int | None]) -> tuple[int, Risk]:
        """(Points from 0 to 100, risk) of what the signals give."""
        points = min(MOST_POINTS, sum(given for given in gives if given is not None))
        if not self:
            return points, Risk.UNKNOWN
        if points >= self.high:
            return points, Risk.HIGH
        if None in gives:
            return points, Risk.UNKNOWN
        return points, Risk.MEDIUM if points >= self.medium else Risk.LOW

    @property
    def hears(self) -> bool:
        """Whether it weighs words."""
        return any(isinstance(weight, Spoken) for weight in self.signals.values())

    @property
    def values(self) -> frozenset[str]:
        """Values that it reads."""
        return frozenset(getattr(weight, "value", "") for weight in self.signals.values()) - {""}

    @property
    def counted(self) -> str:
        """The value whose calls are counted; empty: of none."""
        weight = self.signals.get(Signal.ACCOUNT_CALLS)
        return weight.value if isinstance(weight, Often) else ""


NOTHING_TOLD: Final = RiskTable({})
"""Of a dialplan without a table: the risk is unknown."""


def signals_of(*, number: bool, vouched: bool, diverted: bool) -> frozenset[Signal]:
    """What the network says of a call. `number`: whether the caller has one."""
    found = {Signal.WITHHELD: not number, Signal.UNVOUCHED: number and not vouched, Signal.DIVERTED: diverted}
    return frozenset(signal for signal, seen in found.items() if seen)
