"""Two telephones under one contract: the fake one, and pjsua2 with a robot at the far end.

pjsua2 runs in a process of its own, as in the engine: it cannot be ended without ending its process.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Protocol, TypeVar, cast

from pjsua2 import _pjsua2

from ivr.adapters.pjsip.rtp_source import SourceRule
from ivr.adapters.pjsip.telephony import PjsipConfig, PjsipTelephony
from ivr.core.media.frame import FRAME_BYTES, FRAME_SECONDS, SILENT_FRAME
from ivr.core.media.stretch import Moved, Passed, Stretch
from ivr.core.vault.journal_frame import AudioBlock
from ivr.errors import IvrError
from ivr.ports.telephony import LegFact, Telephony
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.fake_telephony import FakeLeg, FakeTelephony
from ivr.testing.ports import free_port
from ivr.testing.robot import CallRefused, RobotCaller
from ivr.testing.robot_call import RobotCall
from tests.contract.kept_blocks import KeptBlocks
from tests.contract.looked_up import LookedUp

Fact = TypeVar("Fact", bound=LegFact)
ANSWER_SECONDS = 60.0
"""Longest wait for the process that holds pjsua2: it imports the library first, and a stretch lasts a second."""


class Line(Protocol):
    """A telephone, and what a test makes its far ends do."""

    telephony: Telephony
    facts: list[LegFact]

    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def rings_in(self) -> None: ...
    async def cancels(self) -> None: ...
    async def was_refused_with(self) -> tuple[int, int | None]: ...
    async def presses(self, digit: str, via: str) -> None: ...
    async def says(self, pcm: bytes) -> None: ...
    async def holds(self, held: bool) -> None: ...
    async def hangs_up(self) -> None: ...
    def heard(self) -> bytes: ...
    def phone_uri(self) -> str: ...
    async def phone_answers(self) -> None: ...
    async def phone_hangs_up(self) -> None: ...


class Timed:
    """Passing time on a line: 20 ms at a time, facts gathered, audio moved."""

    telephony: Telephony
    step = FRAME_SECONDS

    def __init__(self) -> None:
        self.facts: list[LegFact] = []
        self.read: dict[int, bytearray] = {}

    @staticmethod
    def of(telephony: Telephony) -> Timed:
        """A line without a far end of its own."""
        line = Timed()
        line.telephony = telephony
        return line

    async def passes(self, seconds: float, *, to: dict[int, bytes] | None = None) -> None:
        """Let time pass; `to` is what is written to legs meanwhile, silence once it is over."""
        for frame in range(round(seconds / FRAME_SECONDS)):
            self.facts += self.telephony.poll(0)
            for leg, pcm in (to or {}).items():
                said = pcm[frame * FRAME_BYTES : (frame + 1) * FRAME_BYTES]
                self.read.setdefault(leg, bytearray()).extend(self.telephony.read(leg))
                self.telephony.write(leg, said if len(said) == FRAME_BYTES else SILENT_FRAME)
            await asyncio.sleep(self.step)

    async def until(self, kind: type[Fact], when: Callable[[Fact], bool] = lambda fact: True) -> Fact:
        """Wait for a fact that was not waited for yet."""
        for _ in range(round(5 / FRAME_SECONDS)):
            for fact in self.facts:
                if isinstance(fact, kind) and when(fact):
                    self.facts.remove(fact)
                    return fact
            await self.passes(FRAME_SECONDS)
        raise AssertionError(f"no {kind.__name__} came; there were {self.facts}")


class FakeLine(Timed):
    """The fake telephone; its far ends obey at once."""

    step = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.fake = FakeTelephony()
        self.telephony = self.fake
        self._caller: FakeLeg | None = None

    @property
    def caller(self) -> FakeLeg:
        assert self._caller is not None
        return self._caller

    async def open(self) -> None: ...

    async def close(self) -> None:
        self.fake.close()

    async def rings_in(self) -> None:
        self._caller = self.fake.ring_in("sip:robot@127.0.0.1", "service")

    async def cancels(self) -> None:
        self.fake.far_end_ends(self.caller.number, 487)

    async def was_refused_with(self) -> tuple[int, int | None]:
        assert self.caller.refused is not None
        return self.caller.refused

    async def presses(self, digit: str, via: str) -> None:
        self.fake.far_end_presses(self.caller.number, digit, via)

    async def says(self, pcm: bytes) -> None:
        self.fake.far_end_says(self.caller.number, pcm)

    async def holds(self, held: bool) -> None:
        self.fake.far_end_holds(self.caller.number, held=held)

    async def hangs_up(self) -> None:
        self.fake.far_end_ends(self.caller.number)

    def heard(self) -> bytes:
        return bytes(self.caller.heard)

    def phone_uri(self) -> str:
        return "sip:agent@127.0.0.1"

    async def phone_answers(self) -> None:
        self.fake.far_end_rings(max(self.fake.legs))
        self.fake.far_end_answers(max(self.fake.legs))

    async def phone_hangs_up(self) -> None:
        self.fake.far_end_ends(max(self.fake.legs))


class PjsipLine(Timed):
    """pjsua2 in a child process; a robot caller and a robot agent on real SIP and RTP."""

    def __init__(
        self,
        codecs: tuple[str, ...] = ("PCMU", "PCMA", "G722"),
        *,
        rule: SourceRule = SourceRule.SYMMETRIC,
        phone: RobotAgent | None = None,
        watched: bool = False,
    ) -> None:
        super().__init__()
        self._codecs = codecs
        self._port = free_port()
        self._child = RemoteTelephony(
            PjsipConfig(sip_port=self._port, codecs=codecs, source_rule=rule), watched=watched
        )
        self.telephony = cast(Telephony, self._child)
        self._robot = RobotCaller(target=("127.0.0.1", self._port), uri=f"sip:service@127.0.0.1:{self._port}")
        self._agent = phone or RobotAgent(rings=0.1)
        self._call: RobotCall | None = None
        self._answer: asyncio.Task[object] | None = None
        self._phone: RobotCall | None = None
        self._tasks: set[asyncio.Task[object]] = set()

    @property
    def caller(self) -> RobotCaller:
        """Who dials in."""
        return self._robot

    def looked_up(self) -> list[str]:
        """Names that the library has asked for so far; it must be watched."""
        return cast(list[str], self._child.looked_up())

    @property
    def robot(self) -> RobotCall:
        assert self._call is not None
        return self._call

    async def open(self) -> None:
        await self._robot.__aenter__()
        await self._agent.__aenter__()

    async def close(self) -> None:
        for task in (*self._tasks, *([self._answer] if self._answer else [])):
            task.cancel()
            with suppress(asyncio.CancelledError, CallRefused):
                await task
        self._child.kill()
        if self._call is not None:
            await self._call.close()
        self._robot.calls.clear()
        self._agent.calls.clear()
        await self._robot.wire.close()
        await self._agent.wire.close()

    async def rings_in(self, **how: Any) -> None:
        self._call = await self._robot.ring(**how)
        self._answer = asyncio.ensure_future(self._robot.answered(self._call))

    async def cancels(self) -> None:
        assert self._answer is not None
        self._answer.cancel()
        self._start(self._robot.cancel(self.robot))

    async def was_refused_with(self) -> tuple[int, int | None]:
        assert self._answer is not None
        await self.passes(0.2)
        try:
            await self._answer
        except CallRefused as refusal:
            after = refusal.response.headers.get("retry-after")
            return refusal.code, int(after) if after else None
        raise AssertionError("the call was answered")

    async def presses(self, digit: str, via: str) -> None:
        self._start(self.robot.press(digit, via=via))

    async def says(self, pcm: bytes) -> None:
        self._start(self.robot.say(pcm))

    async def holds(self, held: bool) -> None:
        self._start(self.robot.hold() if held else self.robot.unhold())

    async def hangs_up(self) -> None:
        self._start(self.robot.hang_up())

    def heard(self) -> bytes:
        return self.robot.heard()

    def phone_uri(self) -> str:
        return self._agent.uri_here

    async def phone_answers(self) -> None:
        task = asyncio.ensure_future(self._agent.takes_call())
        while not task.done():
            await self.passes(FRAME_SECONDS)
        self._phone = task.result()

    @property
    def phone(self) -> RobotCall:
        assert self._phone is not None
        return self._phone

    def kept_blocks(self) -> list[AudioBlock]:
        """What C kept by itself in the telephone's process."""
        return cast(list[AudioBlock], self._child.kept_blocks())

    def refuse_blocks(self) -> None:
        """Nothing more is to be kept there."""
        self._child.refuse_blocks()

    async def phone_hangs_up(self) -> None:
        assert self._phone is not None
        self._start(self._phone.hang_up())

    def _start(self, work: Any) -> None:
        self._tasks.add(asyncio.ensure_future(work))


class RemoteTelephony:
    """The Telephony port over a pipe to the process that holds pjsua2."""

    def __init__(self, config: PjsipConfig, *, watched: bool = False) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, config, watched), daemon=True)
        self._process.start()
        theirs.close()
        self._heard("start")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: object, **kwargs: object) -> Any:
            answer = self._answer(name, args, kwargs)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def _answer(self, name: str, *how: object) -> Any:
        try:
            self._pipe.send((name, *how))
        except ConnectionError as ended:
            raise self._has_ended(name) from ended
        return self._heard(name)

    def _heard(self, asked: str) -> Any:
        assert self._pipe.poll(ANSWER_SECONDS), f"{asked}: the process of pjsua2 does not answer"
        try:
            return self._pipe.recv()
        except (EOFError, ConnectionError) as ended:
            raise self._has_ended(asked) from ended

    def _has_ended(self, asked: str) -> AssertionError:
        self._process.join(ANSWER_SECONDS)
        return AssertionError(f"{asked}: the process of pjsua2 has ended ({self._process.exitcode})")

    def carry(self, stretch: Stretch, passed: Passed) -> Moved | None:
        """Blocks are told when all of it has passed."""
        moved, blocks = self.__getattr__("carry")(stretch)
        for frames, heard, kept in blocks:
            passed(frames, heard, kept=kept)
        return cast("Moved | None", moved)

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process.pid is not None
        return self._process.pid

    def kill(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join(2)
        self._process.kill()
        self._process.join(ANSWER_SECONDS)
        assert self._process.exitcode is not None, "the process of pjsua2 was killed and does not end"


def _carried(
    telephony: PjsipTelephony, stretch: Stretch
) -> tuple[Moved | None, list[tuple[int, dict[int, bytes], bool]]]:
    blocks: list[tuple[int, dict[int, bytes], bool]] = []

    def passed(frames: int, heard: Mapping[int, bytes], *, kept: bool) -> bool:
        blocks.append((frames, dict(heard), kept))
        return True

    return telephony.carry(stretch, passed), blocks


def _serve(pipe: Connection, config: PjsipConfig, watched: bool) -> None:
    asked = LookedUp(_pjsua2.__file__) if watched else None
    telephony, kept = PjsipTelephony(config), KeptBlocks()
    pipe.send("ready")
    while True:
        try:
            name, args, kwargs = pipe.recv()
        except EOFError:
            telephony.close()
            os._exit(0)
        try:
            if asked is not None and name == "looked_up":
                pipe.send(asked.names)
                continue
            if name == "carry":
                pipe.send(_carried(telephony, kept.told(*args)))
                continue
            pipe.send(getattr(kept if hasattr(kept, name) else telephony, name)(*args, **kwargs))
        except IvrError as error:
            pipe.send(error)
