"""Heard is what reached the caller: whatever a phone does, a warning that it may not have heard opens no door.

One engine; callers from 127.0.0.1 are no trunk. Real SIP and RTP. Calls take their time, so they come all at once, each
to a number of its own by which its record is found.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from ivr.core.media.frame import FRAME_BYTES, FRAME_SAMPLES
from ivr.testing.hearing import hears
from ivr.testing.listening import part_heard
from ivr.testing.robot import CallRefused
from ivr.testing.robot_call import RobotCall
from ivr.testing.sip import Headers
from tests.integration.conftest import Line, start_line

WARNING = "The value of a fund"
NOWHERE = "192.0.2.99"
"""What a phone behind a NAT names in its SDP."""
CELLS = 12
ROUNDS = 28
"""Times that a phone by chance does something and presses a key: some 25 s."""
MOST_FRAMES = 3
"""Frames in the longest packets that we send: 60 ms."""
MISSED = 3200
"""Octets (200 ms) of the first prompt that a phone behind a NAT may miss: it must send before it hears."""
WHOLE_ENOUGH = 0.7
"""Of the pieces of a warning, where the phone reports. One packet in twenty may be lost; where each third one is, that
spoils some 0.4 s: with both edges, three of the thirteen pieces."""
HALF = 0.5
"""The same of one that reports nothing."""
BROADCAST = "255.255.255.255"
"""To which no socket of ours may send."""


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    running = start_line(
        tmp_path_factory.mktemp("heard"),
        cells=CELLS,
        settings={"sip": {"trunks": ["127.0.1.0/24"], "calls_per_source": CELLS}},
    )
    yield running
    running.engine.stop()


@asynccontextmanager
async def dialled(line: Line, **how: Any) -> AsyncIterator[tuple[RobotCall, str]]:
    """A call, and the number that it dials."""
    number = str(time.time_ns())
    async with line.caller(number) as robot:
        yield await robot.dial(**how), number


async def record_of(line: Line, number: str) -> dict[str, Any]:
    """The record of the call to this number, once its end is written."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for one in await asyncio.to_thread(line.records):
            if one["called"] == number and one["ended_at"]:
                return one
        await asyncio.sleep(0.5)
    raise AssertionError(f"the record of the call to {number} was not written")


def evidence(line: Line, record: dict[str, Any]) -> dict[str, Any]:
    """The one piece of evidence, held to what must be true of any."""
    (one,) = record["disclosures"]
    pcm = line.prompt(WARNING)
    pcm += bytes(-len(pcm) % FRAME_BYTES)
    assert one["audio_sha256"] == hashlib.sha256(pcm).hexdigest(), "the prompt is the one that was published"
    assert one["last_sample"] - one["first_sample"] >= len(pcm) // 2
    assert one["packets_sent"] >= len(pcm) // 2 // FRAME_SAMPLES
    assert one["loss"] is None or 0 <= one["loss"] <= 0.05
    assert isinstance(one, dict)
    return one


async def press_by_info(call: RobotCall, key: str) -> None:
    """As a phone does that is deaf and dumb in its media."""
    head = Headers((("Content-Type", "application/dtmf-relay"),))
    await call.request("INFO", head, f"Signal={key}\r\nDuration=100\r\n".encode())


async def buys(line: Line, call: RobotCall, *, change: Any = None) -> None:
    """Listen to the warning, acknowledge it, hear of the deal."""
    await hears(call, line.prompt("Welcome")[MISSED:], since=call.invited_at)
    spoken = await call.press("4")
    began = await hears(call, line.prompt(WARNING), since=spoken.began)
    if change is not None:
        await call.silence(1.0)
        await change()
        await hears(call, line.prompt(WARNING), since=began + 1.0, timeout=30)
    await hears(call, line.prompt("To say that you have understood"), since=began, timeout=30)
    spoken = await call.press("1")
    await hears(call, line.prompt("Your deal is done"), since=spoken.began)


async def a_phone_behind_a_nat_hears_and_is_heard(line: Line) -> None:
    async with dialled(line, named=NOWHERE, report_seconds=0.3) as (call, number):
        await buys(line, call)
    record = await record_of(line, number)
    assert evidence(line, record)["plays"] == 1
    assert record["loss_here"] is not None
    assert "deal" in record["states"]


async def a_phone_that_never_reports_is_heard_and_said_to_have_never_reported(line: Line) -> None:
    async with dialled(line, report_seconds=1000.0) as (call, number):
        await buys(line, call)
    record = await record_of(line, number)
    assert evidence(line, record)["loss"] is None
    assert "far_end_silent" not in record["marks"]


async def another_codec_within_a_warning_plays_it_again(line: Line) -> None:
    async with dialled(line, report_seconds=0.3) as (call, number):

        async def change() -> None:
            assert (await call.reinvite(codecs=("PCMA",))).code == 200

        await buys(line, call, change=change)
    record = await record_of(line, number)
    assert evidence(line, record)["plays"] == 2
    assert "stream_replaced" in record["marks"]


async def video_before_the_audio_changes_no_evidence(line: Line) -> None:
    async with dialled(line, video_first=True, report_seconds=0.3) as (call, number):
        await buys(line, call)
    assert evidence(line, await record_of(line, number))["loss"] is not None


async def packets_of_sixty_milliseconds_are_evidence_too(line: Line) -> None:
    async with dialled(line, packet_ms=100, report_seconds=0.3) as (call, number):
        await buys(line, call)
    (one,) = (await record_of(line, number))["disclosures"]
    assert one["packets_sent"] == -(-(one["last_sample"] - one["first_sample"]) // 480)


async def a_warning_to_where_nobody_shows_himself_is_not_heard(line: Line, named: str = NOWHERE) -> None:
    """A key by INFO acknowledges nothing that could not be heard; the call goes another way."""
    async with dialled(line, named=named, muted=True) as (call, number):
        await press_by_info(call, "4")
        for _ in range(200):
            if call.ended.is_set():
                break
            await press_by_info(call, "1")
            await asyncio.sleep(0.5)
    record = await record_of(line, number)
    assert record["disclosures"] == []
    assert "deal" not in record["states"]
    assert "far_end_silent" in record["marks"]


async def a_line_that_is_held_from_the_start_is_held_until_it_is_taken_back(
    line: Line, direction: str = "inactive"
) -> None:
    async with dialled(line, direction=direction, report_seconds=0.3) as (call, number):
        await press_by_info(call, "4")
        await call.silence(1.5)
        assert call.received == [], "nothing is said to a line that is held"
        assert (await call.unhold()).code == 200
        await hears(call, line.prompt("Welcome"), since=call.invited_at)
    record = await record_of(line, number)
    assert record["disclosures"] == []
    assert "warned" not in record["states"]


async def an_offer_of_ours_without_an_answer_ends_the_call_at_once(line: Line) -> None:
    async with dialled(line, offer=False, answer=False) as (call, number):
        await call.wait_ended(5.0)
    record = await record_of(line, number)
    assert (record["outcome"], record["states"]) == ("failed", [])


async def an_early_prompt_that_cannot_be_heard_holds_no_cell(line: Line) -> None:
    async with line.caller("early") as robot:
        began = time.monotonic()
        with pytest.raises(CallRefused) as refusal:
            await robot.dial(direction="inactive")
        assert refusal.value.code == 488
        assert time.monotonic() - began < 15
    assert (await record_of(line, "early"))["outcome"] == "failed"


STORIES: tuple[Callable[[Line], Awaitable[None]], ...] = (
    a_phone_behind_a_nat_hears_and_is_heard,
    a_phone_that_never_reports_is_heard_and_said_to_have_never_reported,
    another_codec_within_a_warning_plays_it_again,
    video_before_the_audio_changes_no_evidence,
    packets_of_sixty_milliseconds_are_evidence_too,
    a_warning_to_where_nobody_shows_himself_is_not_heard,
    partial(a_warning_to_where_nobody_shows_himself_is_not_heard, named=BROADCAST),
    a_line_that_is_held_from_the_start_is_held_until_it_is_taken_back,
    partial(a_line_that_is_held_from_the_start_is_held_until_it_is_taken_back, direction="sendonly"),
    an_offer_of_ours_without_an_answer_ends_the_call_at_once,
    an_early_prompt_that_cannot_be_heard_holds_no_cell,
)


async def test_each_phone_hears_and_is_heard_or_opens_no_door(line: Line) -> None:
    failed = await asyncio.gather(*(story(line) for story in STORIES), return_exceptions=True)
    wrong = [one for one in failed if isinstance(one, Exception)]
    if wrong:
        raise ExceptionGroup("phones", wrong)


async def test_rtp_from_elsewhere_is_flagged_and_raises_an_alarm_without_whole_addresses(line: Line) -> None:
    async with dialled(line, named="127.0.0.77", sends_from="127.0.0.78") as (call, number):
        await call.silence(4.0)
    record = await record_of(line, number)
    assert "media_astray" in record["marks"]
    alarms = [alarm for alarm in line.engine.status()["alarms"] if alarm["kind"] == "media"]
    assert any("comes from 127.0.0.x, is expected from 127.0.0.x" in alarm["text"] for alarm in alarms)
    assert "127.0.0.78" not in line.engine.log_text()


# --- any phone, by chance -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Phone:
    """One that does odd things at odd moments, and notes what it could hear meanwhile."""

    seed: int
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def how(self) -> dict[str, Any]:
        """How it dials."""
        return {
            "named": self.chance.choice(["127.0.0.1", NOWHERE]),
            "packet_ms": self.chance.choice([20, 20, 40, 100]),
            "video_first": self.chance.random() < 0.2,
            "report_seconds": self.chance.choice([0.3, 1.0, 1000.0]),
        }

    async def lives(self, call: RobotCall) -> None:
        """Orders a deal, and acknowledges whatever it is asked, by INFO, until the call ends."""
        await call.hears_sound(since=call.invited_at)
        await press_by_info(call, "4")
        for _ in range(ROUNDS):
            await call.silence(self.chance.uniform(0.3, 1.2))
            if call.ended.is_set():
                return
            await self._does_something(call)
            await press_by_info(call, "1")

    async def _does_something(self, call: RobotCall) -> None:
        match self.chance.randrange(12):
            case 0:
                await call.reinvite(codecs=(self.chance.choice(["PCMA", "PCMU"]),))
            case 1:
                await call.hold(self.chance.choice(["sendonly", "inactive"]))
                await call.silence(self.chance.uniform(0.2, 1.5))
                await call.unhold()
            case 2:
                call.media.drop = lambda packet: packet.sequence % 3 == 0
            case 3 | 4:
                call.media.drop = lambda packet: False
            case 5:
                call.media.muted = not call.media.muted
            case 6:
                await call.reinvite(codecs=("opus",))


async def assert_heard_means_heard(line: Line, seed: int) -> bool:
    """One phone's call. Whether the deal was done."""
    phone = Phone(seed)
    async with dialled(line, **phone.how()) as (call, number):
        await phone.lives(call)
        heard = call.heard()
    record = await record_of(line, number)
    done = "deal" in record["states"]
    acknowledged = [one for one in record["disclosures"] if one["acknowledged_by"]]
    assert done == bool(acknowledged), f"phone {seed}"
    for one in acknowledged:
        packets = -(-(one["last_sample"] - one["first_sample"]) // (FRAME_SAMPLES * MOST_FRAMES))
        assert one["packets_sent"] >= packets, f"phone {seed}"
        assert one["loss"] is None or 0 <= one["loss"] <= 0.05, f"phone {seed}"
        never_told = one["loss"] is None
        part = await asyncio.to_thread(part_heard, line.prompt(WARNING), heard)
        assert part > (HALF if never_told else WHOLE_ENOUGH), f"phone {seed} cannot have heard it"
    return done


async def phones(line: Line, seeds: range) -> list[bool]:
    """As many at once as there are cells. All of them call, whatever one finds."""
    at_once = asyncio.Semaphore(CELLS)

    async def one(seed: int) -> bool:
        async with at_once:
            done = await assert_heard_means_heard(line, seed)
            print(f"phone {seed}: {'a deal' if done else 'no deal'}", flush=True)
            return done

    called = await asyncio.gather(*(one(seed) for seed in seeds), return_exceptions=True)
    wrong = [found for found in called if isinstance(found, Exception)]
    if wrong:
        raise ExceptionGroup(f"{len(wrong)} of {len(seeds)} phones", wrong)
    return [found is True for found in called]


async def test_whatever_a_phone_does_heard_means_that_it_could_hear(line: Line) -> None:
    assert any(await phones(line, range(6)))


@pytest.mark.chaos
async def test_whatever_three_hundred_phones_do_heard_means_that_they_could_hear(line: Line) -> None:
    done = await phones(line, range(1000, 1300))
    assert any(done)
    assert not all(done)
