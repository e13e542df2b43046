"""The keys in one leg's packets and requests, and what is missing among them: what is found becomes facts."""

from __future__ import annotations

from collections.abc import Callable

from ivr.core.media.key_info import OUT_OF_ORDER, InfoOrder, KeyInfo, SipRequest, read_info
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
        """Source and sequence number of the packet that says nothing new, if it is audio; None: each says something."""
        return None if self._reader.waits else self._reader.due

    def in_order(self, due: int) -> None:
        """Packets of audio followed each other, up to the one that is due now."""
        self._tell(self._reader.in_order(due))

    def packet(self, sequence: int, source: int, stamp: int = 0, marker: bool = False, payload: bytes = b"") -> None:
        """One packet; `payload`: of an event."""
        if payload:
            self._tell(self._reader.event(sequence, stamp, source, payload, marker=marker))
            return
        missing = self._reader.sound(sequence, source)
        if self.telephone_event:
            self._tell(self._reader.late(sequence, missing))
        elif missing and self._reader.hides_tone(missing):
            self._note(LegKeysMissed(self._number, "inband"))

    def _tell(self, keys: list[str]) -> None:
        for key in keys:
            missed = key == MISSED
            self._note(LegKeysMissed(self._number, "rfc4733") if missed else LegDigit(self._number, key, "rfc4733"))


class InfoWatch:
    """Keys in one leg's INFO requests."""

    def __init__(self, number: int, note: Callable[[LegFact], None]) -> None:
        self._number, self._note = number, note
        self._order = InfoOrder()

    def requested(self, request: SipRequest) -> KeyInfo | None:
        """A request within the dialog; returns our answer to an INFO, None for any other."""
        if request.method == "ACK":
            self._order.began(request.sequence)
            return None
        if request.method == "CANCEL":
            return None
        if request.method != "INFO":
            if self._order.follows(request.sequence) and self._order.has_keys:
                self._missed()
            return None
        repeated = self._order.repeated(request.sequence)
        if repeated is not None:
            if repeated.status == OUT_OF_ORDER:
                self._missed()
            return repeated
        answer = read_info(request.content_type, request.body, package=request.package)
        if self._order.follows(request.sequence, answer):
            self._missed()
        if answer.key:
            self._note(LegDigit(self._number, answer.key, "info"))
        return answer

    def _missed(self) -> None:
        self._note(LegKeysMissed(self._number, "info"))
