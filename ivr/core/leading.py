"""Which of two machines leads, when each may die, be cut off, or stop for a while and go on.

Both reach one directory. In it stands the term: its number and the machine that leads in it. Whoever takes over counts
the number up, and whoever finds another number there than its own writes nothing any more: that is the safety, and it
asks nothing of any clock. The leader's beats say that it lives and whether it reaches the database; times are each
machine's own, in seconds, and decide only when to take over and when to end, so that the first has ended before.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import Enum
from typing import Final

BEAT_SECONDS: Final = 0.5
LOST_SECONDS: Final = 3.0
"""A leader whose beats were not written for so long ends: another machine may lead soon."""
END_SECONDS: Final = 1.0
"""Its processes have ended by then."""
SILENT_SECONDS: Final = 4.5
"""After so long without a beat of the leader's another machine takes over. A leader that a service manager starts again
within it goes on as if nothing had been."""
AWAY_SECONDS: Final = 2.0
"""A database that has not answered for so long is away."""
CUT_OFF_SECONDS: Final = 3.0
"""A leader that says for so long that the database is away, while it answers us, is cut off."""
HANDOVER_SECONDS: Final = 2.0
"""A leader that lives has found by then that it leads no more, and ended."""
UNHEARD_SECONDS: Final = 15.0
"""A machine that stands by and showed nothing for so long is gone: one whose disk is slow is not."""
FIRST_SECONDS: Final = 60.0
"""Before the first one stands by, after this machine began to lead: the machine that led may be starting anew."""

assert LOST_SECONDS + END_SECONDS < SILENT_SECONDS
assert BEAT_SECONDS + END_SECONDS < HANDOVER_SECONDS


@dataclass(frozen=True, slots=True)
class Term:
    """Who leads. Written by whoever takes over, and by nobody else."""

    number: int
    machine: str


@dataclass(frozen=True, slots=True)
class Beat:
    """A sign of life of a leader's. Written by it alone."""

    number: int
    """Of its term."""
    count: int
    away: bool = False
    """It does not reach the database."""
    ended: bool = False
    """It leads no more, and nothing of it runs."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """A sign of life of a machine that stands by. Written by it alone."""

    count: int
    """Another one each time."""
    reached: bool
    """The database answers it, so it could take over."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a machine found in the directory."""

    term: Term | None
    """None: nobody ever led."""
    beat: Beat | None
    """Of the machine that leads; None: none of this term."""


class Move(Enum):
    """What a machine that stands by does next."""

    WAIT = "wait"
    RESUME = "resume"
    """Lead on in the term of its own: who led in it on this machine is dead."""
    TAKE = "take"
    """Begin a term, and with it at once: who led before has ended, if it is not stopped."""
    TAKE_FROM_ONE_WHO_LIVES = "take from one who lives"
    """Begin a term; who led before finds it and ends within `HANDOVER_SECONDS`."""


def may_write(seen: Seen, machine: str, number: int | None) -> bool:
    """Whether a process may write. `number`: of the engine's term that it belongs to; None: it is a command.

    A command writes where its machine leads, or nobody does.
    """
    if number is not None:
        return seen.term == Term(number, machine)
    return seen.term is None or seen.term.machine == machine or _ended(seen)


def strangers(seen: Seen, machines: Set[str]) -> Set[str]:
    """Which of the machines that lead, by the database, do so in another directory: then there are two of what must be
    one. Who led last here may have left connections behind."""
    return machines - ({seen.term.machine} if seen.term is not None else set())


def _ended(seen: Seen) -> bool:
    return seen.beat is not None and seen.beat.ended


class StandBy:
    """A machine that waits. Asked again and again; `move` and `reason` say what follows."""

    def __init__(self, machine: str) -> None:
        self._machine = machine
        self._seen: Seen | None = None
        self._since = 0.0
        self._cut_off_since: float | None = None
        self.reason = ""

    def look(self, seen: Seen, *, reached: bool, asked: float, now: float) -> Move:
        """`reached`: the database answered us just now. The directory was read between `asked` and `now`.

        What stood there at `asked` and before has not changed since the first look that found it.
        """
        if seen != self._seen:
            self._seen, self._since = seen, now
        if seen.term is not None and seen.term.machine == self._machine and not _ended(seen):
            return self._says(Move.RESUME, "this machine leads")
        cut_off = self._is_cut_off(seen, reached, asked, now)
        if not reached:
            return self._says(Move.WAIT, "the database does not answer here")
        if seen.term is None or _ended(seen):
            return self._says(Move.TAKE, "no machine leads")
        if cut_off:
            return self._says(Move.TAKE_FROM_ONE_WHO_LIVES, f"{seen.term.machine} does not reach the database")
        if asked - self._since >= SILENT_SECONDS:
            return self._says(Move.TAKE, f"{seen.term.machine} has been silent for {SILENT_SECONDS:g} s")
        return self._says(Move.WAIT, f"{seen.term.machine} leads")

    def _is_cut_off(self, seen: Seen, reached: bool, asked: float, now: float) -> bool:
        if not reached or seen.beat is None or not seen.beat.away:
            self._cut_off_since = None
            return False
        if self._cut_off_since is None:
            self._cut_off_since = now
        return asked - self._cut_off_since >= CUT_OFF_SECONDS

    def _says(self, move: Move, reason: str) -> Move:
        self.reason = reason
        return move


class Leader:
    """A machine that leads, until `why_ended` says why it does not."""

    def __init__(self, term: Term, now: float) -> None:
        self._term = term
        self._beaten = now
        self._other: Term | None = None
        self._count = 0

    def beat(self, *, away: bool) -> Beat:
        """The next sign of life."""
        self._count += 1
        return Beat(self._term.number, self._count, away)

    def wrote(self, found: Term | None, began: float) -> None:
        """A beat was written, by a piece of work that `began` then, and after it this term was found there."""
        if found == self._term:
            self._beaten = max(self._beaten, began)
        elif found is not None:
            self._other = found

    def why_ended(self, now: float) -> str | None:
        """Why it must end everything at once; None: it leads."""
        if self._other is not None:
            return f"{self._other.machine} leads now"
        if now - self._beaten >= LOST_SECONDS:
            return f"the directory of both machines could not be written for {LOST_SECONDS:g} s"
        return None


@dataclass(frozen=True, slots=True)
class News:
    """Of the machines that stand by."""

    text: str
    alone: bool
    """No machine could take over."""


class Company:
    """The machines that stand by, as the one that leads sees them: people are told once when none is left, and once
    when one is there again."""

    def __init__(self, machine: str, now: float) -> None:
        self._machine, self._quiet_at = machine, now + FIRST_SECONDS
        self._pulses: dict[str, Pulse] | None = None
        self._last = ""
        self._why = "no other machine stands by"
        self._alone: bool | None = None
        """None: nobody was told anything yet."""

    def look(self, pulses: Mapping[str, Pulse], *, asked: float, now: float) -> News | None:
        """The directory was read between `asked` and `now`. None: there is nothing to tell."""
        before, self._pulses = self._pulses, dict(pulses)
        if before is not None:
            for machine, pulse in sorted(pulses.items()):
                if machine != self._machine and pulse != before.get(machine):
                    self._heard(machine, pulse, now)
        if asked < self._quiet_at:
            return self._turned(alone=False) if self._last else None
        return self._turned(alone=True)

    def _heard(self, machine: str, pulse: Pulse, now: float) -> None:
        if pulse.reached:
            self._last, self._quiet_at = machine, now + UNHEARD_SECONDS
            self._why = f"{machine}, which stood by, has been silent for {UNHEARD_SECONDS:g} s"
        else:
            self._why = f"{machine} stands by, and the database does not answer it"

    def _turned(self, *, alone: bool) -> News | None:
        if alone is self._alone:
            return None
        self._alone = alone
        if alone:
            return News(f"{self._why}: nobody goes on with the line if this machine, {self._machine}, dies", True)
        return News(f"{self._last} stands by", False)
