"""A telephone without a network: the far ends are moved by the test, one frame at a time.

Passes the same contract suite as pjsua2. Time does not pass in it: each `read` takes the next frame that the far end
said, each `write` is heard at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ivr.core.media.frame import FRAME_BYTES, FRAME_SAMPLES, SILENT_FRAME
from ivr.core.media.stretch import Moved, Passed, Stretch
from ivr.core.sip.calling_party import CallingParty
from ivr.errors import BugError, PeerError
from ivr.ports.telephony import LegAstray, LegDigit, LegDown, LegFact, LegIncoming, LegMedia, LegRang, LegStats, LegUp
from ivr.testing.stretch_parts import Parts

MAX_LEGS = 4
"""As many as the real one has."""
REQUEST_TERMINATED = 487
"""RFC 3261 21.4.25: the answer to a cancelled INVITE."""


@dataclass(slots=True)
class FakeLeg:
    """One leg and its far end."""

    number: int
    uri: str = ""
    sender: str = ""
    """Our From, if one was chosen."""
    headers: dict[str, str] = field(default_factory=dict)
    incoming: bool = True
    said: deque[bytes] = field(default_factory=deque)
    """Frames the far end said that were not read yet."""
    heard: bytearray = field(default_factory=bytearray)
    """All that the far end heard."""
    """Keys that were sent to the far end."""
    digits: str = ""
    """Keys that were sent to the far end."""
    up: bool = False
    flowing: bool = False
    held: bool = False
    refused: tuple[int, int | None] | None = None
    """Status and Retry-After with which we refused."""
    packets_sent: int = 0
    packets_received: int = 0
    lost_there: int = 0
    reports: int = 0
    signs: int = 0
    streams: int = 0
    astray: int = 0
    vanished: bool = False
    """Nothing comes from the far end any more, no packet, no report and no answer."""
    mute: bool = False
    """It suppresses silence: no packet comes, but answers do."""
    knows_no_options: bool = False
    """It leaves a question whether it is there unanswered."""
    asked: int = 0
    answers: int = 0
    unreachable: bool = False
    """Nothing that is sent leaves."""
    packet_samples: int = FRAME_SAMPLES
    """In each packet that is sent to it."""
    gathered: int = 0
    waiting: int = 0
    rest: bytes = b""
    left_out: int = 0
    discarded: int = 0


class FakeTelephony:
    """The Telephony port in memory."""

    def __init__(self) -> None:
        self.legs: dict[int, FakeLeg] = {}
        self.ended: dict[int, FakeLeg] = {}
        self.introduction: dict[str, str] = {}
        self.carries = 0
        """Frames that may be moved in a row, where that is possible."""
        self.moved: Callable[[int], None] = lambda frames: None
        """Told of frames that were moved in a row: time has passed."""
        self.telephone_event = True
        """Whether far ends offer keys as events (RFC 4733)."""
        self._facts: list[LegFact] = []
        self._next = 1

    # --- the far ends -----------------------------------------------------------------------------------------------

    def ring_in(
        self, caller: str = "sip:caller@example.invalid", called: str = "service", *, held: bool = False
    ) -> FakeLeg:
        """An INVITE arrives; `held`: it offers to send only."""
        leg = self._new(incoming=True)
        leg.held = held
        self._facts.append(LegIncoming(leg.number, CallingParty(caller), called))
        return leg

    def far_end_rings(self, number: int) -> None:
        """The far end of a dialled leg rings."""
        self._facts.append(LegRang(number))

    def far_end_answers(self, number: int, *, held: bool = False, audio: bool = True) -> None:
        """The far end of a dialled leg answers; `held`: it sends only; not `audio`: it agrees on none."""
        leg = self._leg(number)
        leg.held = held
        if audio:
            self._open(leg)
        else:
            leg.up = True
            self._facts.append(LegUp(number))

    def far_end_presses(self, number: int, digit: str, via: str = "rfc4733") -> None:
        """A key."""
        self._facts.append(LegDigit(number, digit, via))

    def far_end_says(self, number: int, pcm: bytes) -> None:
        """Whole frames of audio."""
        leg = self._leg(number)
        leg.said.extend(pcm[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0") for at in range(0, len(pcm), FRAME_BYTES))

    def far_end_holds(self, number: int, *, held: bool) -> None:
        """A re-INVITE with sendonly, or back."""
        self._leg(number).held = held
        self._facts.append(LegMedia(number, sends=not held, receives=True, telephone_event=self.telephone_event))

    def far_end_reports(self, number: int, lost: int) -> None:
        """A receiver report: cumulative loss."""
        leg = self._leg(number)
        leg.lost_there, leg.reports, leg.signs = lost, leg.reports + 1, leg.signs + 1

    def far_end_changes_stream(self, number: int) -> None:
        """A re-INVITE with another codec: the stream is replaced, the direction is not."""
        self._leg(number).streams += 1

    def far_end_ends(self, number: int, code: int = 200) -> None:
        """BYE, CANCEL (487) or a refusal of the dialled leg."""
        self._end(number, code, by_far_end=True)

    # --- the port ---------------------------------------------------------------------------------------------------

    def poll(self, timeout: float, wakes: Sequence[int] = ()) -> list[LegFact]:
        """What the far ends did; never waits."""
        facts, self._facts = self._facts, []
        return facts

    def progress(self, leg: int) -> None:
        """Early media."""
        self._flow(self._leg(leg))

    def answer(self, leg: int) -> None:
        """200; the ACK comes at once."""
        self._open(self._leg(leg))

    def reject(self, leg: int, code: int, *, retry_after: int | None = None) -> None:
        """Refuse an INVITE."""
        self._leg(leg).refused = (code, retry_after)
        self._end(leg, code, by_far_end=False)

    def dial(self, uri: str, *, headers: dict[str, str] | None = None, sender: str = "") -> int:
        """Begin a leg."""
        if len(self.legs) >= MAX_LEGS:
            raise PeerError(f"a conversation has at most {MAX_LEGS} legs")
        leg = self._new(incoming=False)
        leg.uri, leg.sender, leg.headers = uri, sender, {**self.introduction, **(headers or {})}
        return leg.number

    def introduce(self, headers: dict[str, str]) -> None:
        """Headers that every INVITE of ours carries from now on."""
        self.introduction = dict(headers)

    def hang_up(self, leg: int) -> None:
        """BYE or CANCEL; a leg that is gone is left alone."""
        found = self.legs.get(leg)
        if found is not None:
            self._end(leg, 200 if found.up else REQUEST_TERMINATED, by_far_end=False)

    def read(self, leg: int) -> bytes:
        """Next frame of what the far end said."""
        found = self.legs.get(leg)
        if found is None or not found.flowing:
            return SILENT_FRAME
        found.signs += not (found.vanished or found.mute or found.held)
        if not found.said:
            return SILENT_FRAME
        found.packets_received += 1
        return found.said.popleft()

    def write(self, leg: int, frame: bytes) -> None:
        """The far end hears it."""
        if len(frame) != FRAME_BYTES:
            raise BugError(f"a frame has {FRAME_BYTES} bytes, not {len(frame)}")
        found = self.legs.get(leg)
        if found is not None and found.flowing and not found.held:
            if found.unreachable:
                return
            found.heard += frame
            packets, found.gathered = divmod(found.gathered + FRAME_SAMPLES, found.packet_samples)
            found.packets_sent += packets

    def carry(self, stretch: Stretch, passed: Passed) -> Moved | None:
        """Move them all now; a loud frame of the caller's ends it."""
        if not self.carries or self._facts:
            return None
        parts = Parts(stretch, passed)
        loud, goes_on = False, True
        frames = 0
        most = min(stretch.frames, self.carries)
        while frames < most and not loud and goes_on:
            said = {way.leg: self.read(way.leg) for way in stretch.ways}
            at = frames * FRAME_BYTES
            for way in stretch.ways:
                own = way.pcm[at : at + FRAME_BYTES].ljust(FRAME_BYTES, b"\0")
                if way.sends:
                    self.write(way.leg, own if way.of is None else said[way.of])
            frames += 1
            loud = stretch.loud is not None and peak(said[stretch.ways[0].leg]) > stretch.loud
            goes_on = parts.add(said, last=loud or frames == most)
        self.moved(frames)
        return Moved(frames, loud=loud)

    def stats(self, leg: int) -> LegStats:
        """Counters."""
        found = self._leg(leg)
        return LegStats(
            found.packets_sent, found.packets_received, 0, found.lost_there, found.reports,
            streams=found.streams, signs=found.signs, astray=found.astray,
            packet_samples=found.packet_samples, gathered=found.gathered, answers=found.answers,
            waiting=found.waiting, left_out=found.left_out, discarded=found.discarded,
        )  # fmt: skip

    def find_astray(self, leg: int) -> None:
        """Tell who sends astray."""
        self._facts.append(LegAstray(leg, "192.0.2.66:4000", "198.51.100.7:4000"))

    def ask(self, leg: int) -> None:
        """It answers at once, or never."""
        found = self._leg(leg)
        found.asked += 1
        found.answers += not (found.vanished or found.knows_no_options)

    def send_digits(self, leg: int, digits: str) -> None:
        """Keys to the far end."""
        self._leg(leg).digits += digits

    def close(self) -> None:
        """End everything."""
        for number in list(self.legs):
            self.hang_up(number)

    def _new(self, *, incoming: bool) -> FakeLeg:
        leg = FakeLeg(self._next, incoming=incoming)
        self.legs[leg.number] = leg
        self._next += 1
        return leg

    def _leg(self, number: int) -> FakeLeg:
        if number not in self.legs:
            raise PeerError(f"leg {number} is over")
        return self.legs[number]

    def _flow(self, leg: FakeLeg) -> None:
        if not leg.flowing:
            leg.flowing, leg.streams = True, leg.streams + 1
            self._facts.append(
                LegMedia(leg.number, sends=not leg.held, receives=True, telephone_event=self.telephone_event)
            )

    def _open(self, leg: FakeLeg) -> None:
        self._flow(leg)
        leg.up = True
        self._facts.append(LegUp(leg.number))

    def _end(self, number: int, code: int, *, by_far_end: bool) -> None:
        self.ended[number] = leg = self._leg(number)
        del self.legs[number]
        self._facts.append(LegDown(number, code, by_far_end, leg.rest))


def peak(pcm: bytes) -> int:
    """The largest sample, without its sign."""
    return max((abs(sample) for sample in memoryview(pcm).cast("h")), default=0)
