"""The keys that a caller presses, by whichever way they come: what counts becomes a fact."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ivr.core.call.key_way import KeyWay
from ivr.core.media.tones import DtmfDetector
from ivr.core.orders.keypad import DigitPressed, KeysMissed, Via
from ivr.ports.clock import Clock

OVERTAKING_MAX: Final = 32
"""Keys that are kept until the ACK comes; who presses more meanwhile dials no menu."""


class CallerKeys:
    """Decides which way of pressing counts, and listens for tones where that is wanted."""

    def __init__(self, inband: str, monotonic: Clock) -> None:
        """`inband`: whether tones are listened for: `always`, `never`, or `auto`, where the phone offers no events."""
        self._inband = inband
        self._monotonic = monotonic
        self._way = KeyWay()
        self._telephone_event = False
        self._tones: DtmfDetector | None = None
        self._early: list[DigitPressed | KeysMissed] | None = []
        """What came before the ACK; None once that is there."""

    @property
    def listens(self) -> bool:
        """Whether a key may be in the audio."""
        return self._tones is not None

    def agreed(self, *, telephone_event: bool) -> None:
        """Both sides agreed on media, with or without RFC 4733."""
        if telephone_event is not self._telephone_event:
            self._telephone_event = telephone_event
            self._way.forget()
        if self._inband == "always" or (self._inband == "auto" and not telephone_event):
            self._tones = self._tones or DtmfDetector()
        else:
            self._tones = None

    def answering(self) -> None:
        """The 200 leaves now: what was pressed at an early announcement answers nothing."""
        self._early = []

    def answered(self) -> list[DigitPressed | KeysMissed]:
        """The ACK came. Returns the keys that overtook it: RTP goes another way than SIP, and is often faster."""
        overtook, self._early = self._early or [], None
        return overtook

    def hear(self, frame: bytes) -> Iterator[DigitPressed | KeysMissed]:
        """Keys that end in this frame of the caller's, as tones."""
        if self._tones is not None:
            for digit in self._tones.push(frame):
                yield from self.pressed(digit, Via.INBAND)

    def pressed(self, digit: str, via: Via) -> Iterator[DigitPressed | KeysMissed]:
        """A key came."""
        if self._way.counts(digit, via, now=self._monotonic()):
            yield from self._once_answered(DigitPressed(digit, via))

    def missed(self, via: Via) -> Iterator[DigitPressed | KeysMissed]:
        """Keys were lost on their way."""
        if self._way.concerns(via):
            yield from self._once_answered(KeysMissed(via))

    def _once_answered(self, fact: DigitPressed | KeysMissed) -> Iterator[DigitPressed | KeysMissed]:
        if self._early is None:
            yield fact
        elif len(self._early) < OVERTAKING_MAX:
            self._early.append(fact)
