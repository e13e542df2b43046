"""Whether one call is being recorded, and why not: a secret is being keyed in, or the caller refused it."""

from __future__ import annotations

from ivr.core.dialplan.runtime.orders import Orders
from ivr.core.orders.evidence import Consent, ConsentAnswered
from ivr.core.orders.recording import PauseRecording, ResumeRecording

HIDDEN_KEYS = "secret"
"""Why the recording pauses while a secret is keyed in."""
NO_CONSENT = "no consent"
"""Why it pauses after the caller refused to be recorded."""


class Recorded:
    """Of one call."""

    __slots__ = ("_by_consent", "_orders", "consent", "paused")

    def __init__(self, orders: Orders, *, by_consent: bool) -> None:
        """`by_consent`: whether the dialplan leaves it to the caller."""
        self._orders, self._by_consent = orders, by_consent
        self.consent = Consent.UNASKED
        """To being recorded."""
        self.paused: frozenset[str] = frozenset()
        """Why the recording is paused; empty while it runs."""

    def twin(self, orders: Orders) -> Recorded:
        """A copy that goes its own way."""
        found = object.__new__(Recorded)
        found._orders, found._by_consent = orders, self._by_consent
        found.consent, found.paused = self.consent, self.paused
        return found

    @property
    def refused(self) -> bool:
        """Whether the call goes on without a recording, as the caller refused it."""
        return NO_CONSENT in self.paused

    def pause(self, reason: str) -> None:
        """Nothing is kept until this reason, and every other one, is gone."""
        if reason not in self.paused:
            self.paused |= {reason}
            self._orders.give(PauseRecording(reason))

    def resume(self, reason: str) -> None:
        """This reason is gone."""
        if reason in self.paused:
            self.paused -= {reason}
            self._orders.give(ResumeRecording(reason))

    def answer(self, *, granted: bool) -> None:
        """The caller agreed to be recorded, or did not. Only where it is left to them does that decide."""
        self.consent = Consent.GRANTED if granted else Consent.REFUSED
        if self._by_consent:
            if granted:
                self.resume(NO_CONSENT)
            else:
                self.pause(NO_CONSENT)
        self._orders.give(ConsentAnswered(self.consent, self._orders.passed))
