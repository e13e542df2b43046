"""Terms and beats in memory, and a database that answers or not."""

from __future__ import annotations

from ivr.core.leading import Beat, Pulse, Seen, Term


class MemoryTerms:
    """`Terms`, gone with its process."""

    def __init__(self) -> None:
        self._term: Term | None = None
        self._beats: dict[str, Beat] = {}
        self._waiting: dict[str, Pulse] = {}
        self.log_is_written = False
        """While it is, no term begins."""

    def seen(self) -> Seen:
        """What stands there."""
        if self._term is None:
            return Seen(None, None)
        beat = self._beats.get(self._term.machine)
        return Seen(self._term, beat if beat is not None and beat.number == self._term.number else None)

    def beat_of(self, machine: str) -> Beat | None:
        """The last one of a machine."""
        return self._beats.get(machine)

    def tell(self, machine: str, beat: Beat) -> None:
        """Over the one before."""
        self._beats[machine] = beat

    def wait(self, machine: str, pulse: Pulse) -> None:
        """Over the one before."""
        self._waiting[machine] = pulse

    def waiting(self) -> dict[str, Pulse]:
        """The last one of each."""
        return dict(self._waiting)

    def take(self, term: Term, before: Seen) -> bool:
        """Unless something changed, or the log is being written."""
        if self.log_is_written or self.seen() != before:
            return False
        self._term = term
        return True


class ToldWitness:
    """`Witness` that answers as it is told."""

    def __init__(self) -> None:
        self.answers = True
        self.connected: set[str] = set()
        self.ended: list[Term] = []

    def reached(self) -> bool:
        """As told."""
        return self.answers

    def machines(self) -> set[str]:
        """As told."""
        return self.connected

    def end_older(self, term: Term) -> None:
        """Noted."""
        self.ended.append(term)
