"""The keys in one leg's packets, and how many packets are missing among them: what the tap finds becomes facts."""

from __future__ import annotations

from collections.abc import Callable

from ivr.core.media.telephone_event import MISSED, EventReader
from ivr.ports.telephony import LegDigit, LegFact, LegKeysMissed


class KeyWatch:
    """One leg's, over all of its streams."""

    def __init__(self, number: int, note: Callable[[LegFact], None]) -> None:
        self._number, self._note = number, note
        self._reader = EventReader()
        self.telephone_event = False
        """Keys come as events; else as tones in the audio."""

    @property
    def due(self) -> tuple[int, int] | None:
        """Source and sequence number of the packet that says nothing new, if it is audio."""
        return self._reader.due

    def in_order(self, due: int) -> None:
        """Packets of audio followed each other, up to the one that is due now."""
        self._reader.in_order(due)

    def packet(self, sequence: int, source: int, stamp: int = 0, marker: bool = False, payload: bytes = b"") -> None:
        """One packet; `payload`: of an event."""
        if not payload:
            missing = self._reader.sound(sequence, source)
            if missing and self.telephone_event and self._reader.hides(missing):
                self._note(LegKeysMissed(self._number, "rfc4733"))
            elif missing and not self.telephone_event and self._reader.hides_tone(missing):
                self._note(LegKeysMissed(self._number, "inband"))
            return
        for key in self._reader.event(sequence, stamp, source, payload, marker=marker):
            missed = key == MISSED
            self._note(LegKeysMissed(self._number, "rfc4733") if missed else LegDigit(self._number, key, "rfc4733"))
