"""SIP and RTP of one conversation, and what they tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ivr.core.media.stretch import Moved, Passed, Stretch
from ivr.core.sip.calling_party import CallingParty
from ivr.core.sip.dialog import Dialog


@dataclass(frozen=True, slots=True)
class LegStats:
    """A leg's media counters over all of its streams (RFC 3550). None of them ever goes back."""

    packets_sent: int
    packets_received: int
    packets_lost_here: int
    """Lost on the way to us."""
    packets_lost_there: int
    """Cumulative loss that the far end reported (receiver report)."""
    reports: int
    """Receiver reports seen so far; 0: the far end has said nothing yet."""
    streams: int = 0
    """Streams so far. One that was replaced (codec, address) takes with it what nobody reported of its end."""
    signs: int = 0
    """Grows whenever RTP or RTCP of any kind came since the last look: comfort noise and reports are life too."""
    astray: int = 0
    """Packets dropped because they came from elsewhere than the far end may send from."""
    packet_samples: int = 160
    """Samples in each packet that is sent."""
    gathered: int = 0
    """Samples written that wait for their packet to be full."""
    waiting: int = 0
    """Samples that came and are not read yet."""
    left_out: int = 0
    """Samples that came, quiet ones, and were left out to make up for a delay."""
    discarded: int = 0
    """Samples that came and are not heard: too late for their place, twice, or more at once than is held."""
    answers: int = 0
    """Answers to `ask` that only the far end itself can have given."""


@dataclass(frozen=True, slots=True)
class LegIncoming:
    """An INVITE arrived. Accept, progress or reject it."""

    leg: int
    caller: CallingParty
    called: str


@dataclass(frozen=True, slots=True)
class LegRang:
    """A leg we dialled rings (180 or 183)."""

    leg: int


@dataclass(frozen=True, slots=True)
class LegUp:
    """The dialog is confirmed (2xx and ACK)."""

    leg: int
    dialog: Dialog | None = field(default=None, repr=False, compare=False)
    """By which somebody else can end it; None where it cannot be read."""


@dataclass(frozen=True, slots=True)
class LegMedia:
    """Media began, changed or paused (answer, hold, re-INVITE)."""

    leg: int
    sends: bool
    """We may send audio to it."""
    receives: bool
    """It may send audio to us."""
    telephone_event: bool = False
    """Keys come as RFC 4733 events; if not, they must be heard in the audio."""


@dataclass(frozen=True, slots=True)
class LegDigit:
    """A key by RFC 4733 or SIP INFO."""

    leg: int
    digit: str = field(repr=False)
    via: str


@dataclass(frozen=True, slots=True)
class LegKeysMissed:
    """So much of what the far end sent was lost that a key may have been among it (RFC 4733, INFO)."""

    leg: int
    via: str


@dataclass(frozen=True, slots=True)
class LegAstray:
    """Whose RTP is dropped on this leg: the answer to `find_astray`. Addresses with ports; empty where unknown."""

    leg: int
    found: str = field(repr=False)
    expected: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LegDown:
    """A leg ended."""

    leg: int
    code: int
    by_far_end: bool
    rest: bytes = field(default=b"", repr=False)
    """Frames that had come and were not read yet."""


LegFact = LegIncoming | LegRang | LegUp | LegMedia | LegDigit | LegKeysMissed | LegAstray | LegDown


class Telephony(Protocol):
    """SIP and RTP of one conversation: up to four legs. Single-threaded: nothing happens outside these calls."""

    def poll(self, timeout: float, wakes: Sequence[int] = ()) -> list[LegFact]:
        """Handle what arrived, waiting at most `timeout` seconds for the first thing.

        Something to read at one of `wakes` ends the wait, or it ends within half a second.
        """
        ...

    def progress(self, leg: int) -> None:
        """183 with SDP: early media."""
        ...

    def answer(self, leg: int) -> None:
        """200."""
        ...

    def reject(self, leg: int, code: int, *, retry_after: int | None = None) -> None:
        """Refuse an INVITE."""
        ...

    def dial(self, uri: str, *, headers: dict[str, str] | None = None, sender: str = "") -> int:
        """Begin a leg to `uri`; returns its number. `sender`: SIP URI of our From, if it is not the cell's own."""
        ...

    def introduce(self, headers: dict[str, str]) -> None:
        """Headers that every INVITE of ours carries from now on, in place of those named before."""
        ...

    def hang_up(self, leg: int) -> None:
        """BYE, CANCEL or a refusal, as the leg's state asks."""
        ...

    def read(self, leg: int) -> bytes:
        """Next 20 ms of what the far end said (silence where nothing came): FRAME_BYTES bytes."""
        ...

    def write(self, leg: int, frame: bytes) -> None:
        """Send 20 ms to the far end now: FRAME_BYTES bytes."""
        ...

    def carry(self, stretch: Stretch, passed: Passed) -> Moved | None:
        """Move frames that need no decision, at their pace, as `read` and `write` would; returns after the last one.

        `passed` is told of each block as soon as it is there, of every frame once; it touches no leg. None, at once:
        they must be read and written one by one now. Nothing may be kept from `poll` meanwhile: a fact ends it.
        """
        ...

    def stats(self, leg: int) -> LegStats:
        """Counters of the leg's media."""
        ...

    def find_astray(self, leg: int) -> None:
        """Look who sends what `LegStats.astray` counts, told by LegAstray; what comes meanwhile is thrown away."""
        ...

    def ask(self, leg: int) -> None:
        """Ask the far end of a leg that is up whether it is there: `LegStats.answers` grows when it answers."""
        ...

    def send_digits(self, leg: int, digits: str) -> None:
        """Keys to the far end by RFC 4733. Raises PeerError where it takes none."""
        ...

    def close(self) -> None:
        """End everything. Nothing may be called after."""
        ...
