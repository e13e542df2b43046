"""Accounts and PINs over lines that lose, delay, double and reorder: each is taken right, or asked for again.

The engine's own readers of packets, requests and audio, and the core behind them, on a virtual clock: so there are ten
thousand entries each way. Real calls with the same losses are in `test_keys`.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest

from ivr.adapters.pjsip.key_watch import InfoWatch, KeyWatch
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.workbench.behaviour import Behaviour
from ivr.core.dialplan.workbench.simulated_line import SimulatedLine
from ivr.core.media.frame import FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, SAMPLE_BYTES, SAMPLE_RATE
from ivr.core.media.g711 import decode_ulaw, encode_ulaw
from ivr.core.media.key_info import read_request
from ivr.core.media.telephone_event import KEYS
from ivr.core.orders.keypad import Via
from ivr.engine.cell.caller_keys import CallerKeys
from ivr.ports.telephony import LegDigit, LegFact, LegKeysMissed
from ivr.testing.dtmf import tone
from tests.attacks.keypad import DIALPLAN

MOST_LOSS = 0.05
ENTRIES_A_CALL = 10
SAMPLE, WHOLE = 300, 10_000
PLAN = load_dialplan(DIALPLAN % (0, 3, 0), source="keypad.yaml")
SSRC, LEG = 7, 1
BUFFER_FRAMES = 3
"""A jitter buffer holds so much: what is missing is known before the sound around it is read."""
MIXED = 60
"""Steps after which no burst lasts."""
RETRANSMITTED = (0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5)
"""Seconds after the first time that a request is sent again by UDP (RFC 3261 17.1.2.1, T1 = 0.5 s)."""


@dataclass
class Network:
    """One call's: it loses a share of what is sent, one by one or in bursts."""

    chance: random.Random
    loss: float = field(init=False)
    burst: float = field(init=False)
    """Mean length of a burst, packets of a stream."""
    _losing: bool = False
    _at: float = 0.0

    def __post_init__(self) -> None:
        self.loss = self.chance.uniform(0.0, MOST_LOSS)
        self.burst = self.chance.choice((1.0, 1.0, 2.5, 5.0))

    def loses(self, at: float) -> bool:
        """The packet that is sent then, in seconds (Gilbert's model, a step a packet and 20 ms)."""
        stays = max(1 - 1 / self.burst, self.loss)
        enters = self.loss / self.burst / (1 - self.loss)
        for _ in range(min(max(1, round((at - self._at) / FRAME_SECONDS)), MIXED)):
            self._losing = self.chance.random() < (stays if self._losing else enters)
        self._at = max(self._at, at)
        return self._losing


class Call:
    """One caller's, up to the bank that is told what was keyed in."""

    def __init__(self, seed: int, *, events: bool) -> None:
        self.chance = random.Random(seed)
        self.network = Network(self.chance)
        self.told: list[str] = []
        self.line = SimulatedLine(PLAN, Behaviour(source=self._take))
        self.keys = CallerKeys("auto", lambda: self.line.now)
        self.keys.agreed(telephone_event=events)
        self.keys.answered()
        self.facts: list[LegFact] = []
        self.line.start()
        self.line.settle()

    def _take(self, query: str, params: Mapping[str, object]) -> Mapping[str, object]:
        self.told.append(str(params["entry"]))
        return {}

    def at(self, seconds: float) -> None:
        """It is later, by the virtual clock."""
        self.line.advance(max(0.0, seconds - self.line.now))

    def take(self, heard: bytes = b"") -> None:
        """What was found so far, as a cell takes it."""
        facts, self.facts[:] = self.facts[:], []
        for fact in facts:
            if isinstance(fact, LegDigit):
                self._happen(self.keys.pressed(fact.digit, Via(fact.via)))
            elif isinstance(fact, LegKeysMissed):
                self._happen(self.keys.missed(Via(fact.via)))
        if heard:
            self._happen(self.keys.hear(heard))

    def _happen(self, events: Iterator[object]) -> None:
        for event in list(events):
            self.line.happen(event)  # type: ignore[arg-type]


Enter = Callable[[str], None]


# --- RFC 4733 -------------------------------------------------------------------------------------------------------


def by_events(call: Call) -> Enter:
    """A phone that sends events; each one has habits of its own."""
    chance, watch = call.chance, KeyWatch(LEG, call.facts.append)
    watch.telephone_event = True
    every = chance.choice((1, 1, 2, 3))
    """Frames between updates."""
    updates = chance.random() < 0.9
    swaps = chance.choice((0.0, 0.0, 0.01))
    sequence, clock = chance.randrange(0x10000), chance.randrange(1 << 32)

    def packets(keys: str) -> Iterator[tuple[int, int, int, bytes]]:
        """(Frame in which it is sent, marker, time stamp, payload; none: audio)."""
        frame = 0
        for _ in range(chance.randrange(20, 60)):
            yield frame, False, frame * FRAME_SAMPLES, b""
            frame += 1
        for key in keys:
            stamp, frames = frame * FRAME_SAMPLES, chance.choice((3, 4, 5))
            for step in range(0, frames, every) if updates else ():
                yield frame + step, step == 0, stamp, _event(key, (step + 1) * FRAME_SAMPLES)
            for _ in range(3):
                yield frame + frames - 1, not updates and _ == 0, stamp, _event(key, frames * FRAME_SAMPLES, end=True)
            frame += frames
            for _ in range(chance.choice((3, 4, 8))):
                yield frame, False, frame * FRAME_SAMPLES, b""
                frame += 1
        for _ in range(25):
            yield frame, False, frame * FRAME_SAMPLES, b""
            frame += 1

    def enter(keys: str) -> None:
        nonlocal sequence, clock
        began, sent = call.line.now, []
        for frame, marker, stamp, payload in packets(keys):
            sent.append((frame, sequence & 0xFFFF, (clock + stamp) & 0xFFFFFFFF, bool(marker), payload))
            sequence += 1
        clock += (sent[-1][0] + 1) * FRAME_SAMPLES
        came = [packet for packet in sent if not call.network.loses(began + packet[0] * FRAME_SECONDS)]
        for place in range(len(came) - 1):
            if chance.random() < swaps:
                came[place], came[place + 1] = came[place + 1], came[place]
        for frame, number, stamp, marker, payload in came:
            for _ in range(2 if chance.random() < swaps else 1):
                watch.packet(number, SSRC, stamp, marker, payload)
            if call.facts:
                call.at(began + frame * FRAME_SECONDS)
                call.take()

    return enter


def _event(key: str, length: int, *, end: bool = False) -> bytes:
    return bytes([KEYS.index(key), (0x80 if end else 0) | 10]) + length.to_bytes(2, "big")


# --- INFO -----------------------------------------------------------------------------------------------------------


def by_info(call: Call) -> Enter:
    """A phone that sends each key when it is pressed, and again until it is answered."""
    chance, watch = call.chance, InfoWatch(LEG, call.facts.append)
    sequence = itertools.count(chance.randrange(1, 1000))
    there, back = call.network, Network(chance)
    first = read_request(_request("ACK", next(sequence)))
    assert first is not None
    watch.requested(first)

    def enter(keys: str) -> None:
        coming: list[tuple[float, int, str, int, int]] = []
        """(When, order, what, key, how often it was sent)."""
        requests, answered, order = [], set(), itertools.count()
        pressed = call.line.now
        for place, key in enumerate(keys):
            requests.append(_request("INFO", next(sequence), f"Signal={key}\r\nDuration=80\r\n".encode()))
            coming.append((pressed, next(order), "send", place, 0))
            pressed += chance.uniform(0.06, 0.2)
        while coming:
            at, _, what, place, tries = heapq.heappop(coming)
            if what == "answer":
                answered.add(place)
            elif what == "send" and place not in answered:
                if not there.loses(at):
                    heapq.heappush(coming, (at + chance.uniform(0.005, 0.08), next(order), "arrive", place, tries))
                if tries < len(RETRANSMITTED):
                    first = at - (0.0, *RETRANSMITTED)[tries]
                    heapq.heappush(coming, (first + RETRANSMITTED[tries], next(order), "send", place, tries + 1))
            elif what == "arrive":
                call.at(at)
                request = read_request(requests[place])
                assert request is not None
                assert watch.requested(request) is not None
                call.take()
                if not back.loses(at):
                    heapq.heappush(coming, (at + chance.uniform(0.005, 0.08), next(order), "answer", place, tries))

    return enter


def _request(method: str, sequence: int, body: bytes = b"") -> bytes:
    head = (
        f"{method} sip:cell@127.0.0.1 SIP/2.0\r\nCall-ID: a\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n"
        f"CSeq: {sequence} {method}\r\nContent-Type: application/dtmf-relay\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


# --- tones ----------------------------------------------------------------------------------------------------------


def by_tones(call: Call) -> Enter:
    """A phone without events: tones at any place in their packets, over G.711."""
    chance, watch = call.chance, KeyWatch(LEG, call.facts.append)
    noise = np.random.default_rng(chance.randrange(1 << 32))
    level, twist = chance.choice((3000.0, 6000.0, 9000.0)), chance.uniform(-3.0, 3.0)
    fill = chance.choice(("silence", "again", "fading"))
    """What is played in a lost packet's place."""
    sequence = chance.randrange(0x10000)

    def sound(keys: str) -> bytes:
        parts = [bytes(chance.randrange(20 * FRAME_SAMPLES, 22 * FRAME_SAMPLES) * SAMPLE_BYTES)]
        for key in keys:
            parts.append(tone(key, chance.uniform(0.08, 0.12), twist_db=twist, level=level))
            parts.append(bytes(round(chance.uniform(0.06, 0.1) * SAMPLE_RATE) * SAMPLE_BYTES))
        clean = np.frombuffer(b"".join(parts) + bytes(20 * FRAME_BYTES), "<i2")
        return (clean + noise.normal(0, 20, len(clean))).astype("<i2").tobytes()

    def enter(keys: str) -> None:
        nonlocal sequence
        began, pcm = call.line.now, sound(keys)
        frames: list[bytes | None] = []
        read, last = 0, bytes(FRAME_BYTES)
        for frame in range(len(pcm) // FRAME_BYTES + BUFFER_FRAMES):
            piece = pcm[frame * FRAME_BYTES : (frame + 1) * FRAME_BYTES]
            if len(piece) == FRAME_BYTES:
                lost = call.network.loses(began + frame * FRAME_SECONDS)
                frames.append(None if lost else decode_ulaw(encode_ulaw(piece)))
                if not lost:
                    watch.packet(sequence & 0xFFFF, SSRC)
                sequence += 1
            if frame < BUFFER_FRAMES or read >= len(frames):
                call.take()
                continue
            came, read = frames[read], read + 1
            last = came if came is not None else _filled(fill, last)
            call.at(began + frame * FRAME_SECONDS)
            call.take(last)

    return enter


def _filled(how: str, last: bytes) -> bytes:
    if how == "silence":
        return bytes(FRAME_BYTES)
    if how == "again":
        return last
    return (np.frombuffer(last, "<i2") * 0.5).astype("<i2").tobytes()


# --- the judge ------------------------------------------------------------------------------------------------------

WAYS: dict[str, Callable[[Call], Enter]] = {"rfc4733": by_events, "info": by_info, "inband": by_tones}


def judge(via: str, entries: int, seed: int) -> None:
    again = 0
    for number in range(entries // ENTRIES_A_CALL):
        call = Call(seed + number, events=via == "rfc4733")
        enter = WAYS[via](call)
        for place in range(ENTRIES_A_CALL):
            digits = "".join(call.chance.choices("0123456789", k=call.chance.choice((4, 8))))
            enter(digits + "#")
            call.at(call.line.now + 6)  # what was not understood is asked for again by then
            call.line.settle()
            taken, call.told[:] = call.told[:], []
            again += not taken
            assert taken in ([digits], []), (
                f"call {seed + number}, entry {place}: keyed in {digits}, taken {taken}; loss "
                f"{call.network.loss:.3f} in bursts of {call.network.burst}"
            )
    print(f"{via}: {entries} entries, {again} asked for again, none taken wrongly")
    assert again <= entries // 2, "the line understands too little"


@pytest.mark.parametrize("via", WAYS)
def test_what_is_keyed_in_is_right_or_asked_again(via: str) -> None:
    judge(via, SAMPLE, seed=1)


@pytest.mark.chaos
@pytest.mark.parametrize("via", WAYS)
def test_ten_thousand_entries_are_right_or_asked_again(via: str) -> None:
    judge(via, WHOLE, seed=1_000_000)
