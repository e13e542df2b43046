"""One engine for each test process, as an operator would run it, and robots that dial in."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time
import wave
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.served import load_served, publications
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.orders.playing import Clip
from ivr.errors import EnvironmentFault
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.engine import Engine
from ivr.testing.ports import free_port
from ivr.testing.robot import RobotCaller
from ivr.testing.robot_call import RobotCall

DIALPLANS = Path(__file__).parent / "dialplans"


class Asked:
    """Answers that cost a process: many who ask at once share the next one that begins after they asked."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._began = float("-inf")
        self._answer: list[dict[str, Any]] = []

    def answer(self, ask: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """What was, or is now, answered."""
        asked = time.monotonic()
        with self._asking:
            if self._began < asked:
                began = time.monotonic()
                self._answer, self._began = ask(), began
            return self._answer


@dataclass(frozen=True, slots=True)
class Line:
    """The engine under test with what tests ask of it."""

    engine: Engine
    spoken: Callable[[Clip], bytes]
    clips: dict[str, Clip]
    desk_port: int
    """Where the agent with a fixed address is rung."""
    office_port: int
    """Where the target of transfers is rung."""
    asked: Asked = field(default_factory=Asked)

    def prompt(self, beginning: str) -> bytes:
        """PCM of the static prompt that says this; of the one that begins so, where none is that and no more."""
        found = [text for text in self.clips if text == beginning] or [
            text for text in self.clips if text.startswith(beginning)
        ]
        assert len(found) == 1, f"{beginning!r} begins {len(found)} prompts"
        return self.spoken(self.clips[found[0]])

    def caller(self, user: str = "service", **more: Any) -> RobotCaller:
        """A robot that will dial `user` here."""
        host, port = self.engine.target
        return RobotCaller(target=(host, port), uri=f"sip:{user}@{host}:{port}", **more)

    def desk(self, **more: Any) -> RobotAgent:
        """The phone of the agent with a fixed address."""
        return RobotAgent(user="desk", port=self.desk_port, **more)

    def office(self, **more: Any) -> RobotAgent:
        """The phone that calls are transferred to."""
        return RobotAgent(user="+85212345678", port=self.office_port, **more)

    def record(self, since: float, *, wait_seconds: float = 10.0) -> dict[str, Any]:
        """Record of the newest call that began after `since` (wall clock), once its end is written, in the log too."""
        deadline = time.monotonic() + wait_seconds
        while time.monotonic() < deadline:
            for record in self.records():
                if record["started_at"] >= since and record["ended_at"] and not self._steps_pending():
                    return record
            time.sleep(0.2)
        raise AssertionError("the call's record was not written")

    def ended(self, call_id: str) -> dict[str, Any]:
        """A call's record, once its end is written; empty before."""
        return next((one for one in self.records() if one["call_id"] == call_id and one["ended_at"]), {})

    def _steps_pending(self) -> int:
        """Entries on their way into the log; 0 without an engine, which has none."""
        try:
            return int(self.engine.status()["hub"]["steps_pending"])
        except EnvironmentFault:
            return 0

    def records(self) -> list[dict[str, Any]]:
        """Records, newest first."""
        return self.asked.answer(self._list)

    def _list(self) -> list[dict[str, Any]]:
        found = self.engine.command("recordings", "list", "--json", "--limit", "1000")
        assert found.returncode == 0, found.stderr
        return [json.loads(line) for line in found.stdout.splitlines()]

    def recorded(self, call_id: str, *channels: str, salvage: bool = False, message: int = 0) -> list[bytes]:
        """PCM of one or two channels of a recording (or of one message in it), opened as an operator would."""
        words = [word for side, name in zip(("--left", "--right"), channels, strict=False) for word in (side, name)]
        words += ["--salvage"] if salvage else []
        words += ["--message", str(message)] if message else []
        found = self.engine.output_of("recordings", "play", call_id, "--output", "-", *words)
        assert found.returncode == 0, found.stderr.decode()
        with wave.open(io.BytesIO(found.stdout)) as file:
            both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        return [both[:, side].tobytes() for side in range(len(channels))]


def start_line(
    directory: Path,
    *,
    cells: int = 8,
    settings: dict[str, Any] | None = None,
    edge: bool = True,
    prepare: tuple[str, ...] = (),
) -> Line:
    """Start an engine that serves the test line, after the `ivr` command that `prepare` names."""
    desk_port, office_port = free_port(), free_port()
    engine = Engine(
        directory,
        dialplan=DIALPLANS / "line.yaml",
        cells=cells,
        edge=edge,
        settings={
            "dialplans": [
                {"file": str(DIALPLANS / "line.yaml")},
                {"file": str(DIALPLANS / "early.yaml"), "called": ["early"]},
                {"file": str(DIALPLANS / "values.yaml"), "called": ["values"]},
                {"file": str(DIALPLANS / "consent.yaml"), "called": ["consent"]},
                {"file": str(DIALPLANS / "digits.yaml"), "called": ["digits"]},
                {"file": str(DIALPLANS / "deeds.yaml"), "called": ["deeds"]},
                {"file": str(DIALPLANS / "rated.yaml"), "called": ["rated"]},
                {"file": str(DIALPLANS / "known.yaml"), "called": ["known"]},
                {"file": str(DIALPLANS / "voices.yaml"), "called": ["voices"]},
                {"file": str(DIALPLANS / "risk.yaml"), "called": ["risky"]},
                {"file": str(DIALPLANS / "listed.yaml"), "called": ["listed"]},
                {"file": str(DIALPLANS / "announced.yaml"), "called": ["announced"]},
                {"file": str(DIALPLANS / "told.yaml"), "called": ["told"]},
                {"file": str(DIALPLANS / "codes.yaml"), "called": ["*43", "*44"]},
            ],
            "media": {"relay": "auto"},
            "skills": ["patience"],
            "queues": {"desk": {"set_aside_seconds": 0.5}, "quiet": {"join": "always", "skills": {"patience": 1}}},
            "transfers": {"office": f"sip:+85212345678@127.0.0.1:{office_port}"},
            **(settings or {}),
        },
    )
    if prepare:
        prepared = engine.command(*prepare)
        assert prepared.returncode == 0, prepared.stderr
    added = engine.command("agents", "add", "desk", "--uri", f"sip:desk@127.0.0.1:{desk_port}")
    assert added.returncode == 0, added.stderr
    engine.start()
    clips: dict[str, Clip] = {}
    for name in (
        "voices",  # first: what it says in Chinese alone must not stand for the English of others
        "line",
        "values",
        "early",
        "consent",
        "digits",
        "deeds",
        "known",
        "risk",
        "listed",
        "announced",
        "codes",
        "rated",
        "told",
    ):
        path = DIALPLANS / f"{name}.yaml"
        plan = load_dialplan(path.read_text(encoding="utf-8"), source=path.name, read_include=_beside)
        clips |= {clip.text: clip for clip in plan.static_clips()}
    return Line(engine, spoken(engine), clips, desk_port, office_port)


def _beside(name: str) -> str:
    return (DIALPLANS / name).read_text(encoding="utf-8")


def spoken(engine: Engine) -> Callable[[Clip], bytes]:
    """PCM of any static clip of what an engine serves."""
    settings = load_settings(engine.settings_file, {})
    named = publications(settings).named()
    assert named is not None
    served = load_served(settings, named)

    def pcm(clip: Clip) -> bytes:
        for plan in served.plans:
            if clip in plan.dialplan.static_clips():
                return served.prompts_for(plan.dialplan).pcm(clip)
        raise AssertionError("no dialplan has that prompt")

    return pcm


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """The engine that most tests share: it must outlive whatever they do to it."""
    running = start_line(tmp_path_factory.mktemp("line"))
    yield running
    running.engine.stop()
    assert not running.engine.left_behind, "the engine left processes behind"


async def until(fact: Callable[[], Any], what: str, *, seconds: float = 30.0) -> None:
    """Wait for something to become true, looking in a thread."""
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(fact):
        assert time.monotonic() < deadline, f"after {seconds:g} s: {what}"
        await asyncio.sleep(0.1)


def port_of(call: RobotCall) -> int:
    """SIP port of the cell that carries a call, from its Contact."""
    return int(call.dialog.target.split(":")[-1].split(";")[0])


Dialled = Callable[..., AbstractAsyncContextManager[Any]]


@pytest.fixture
def dial(line: Line) -> Dialled:
    """`async with dial() as call`: a robot's call to the line, which has begun to greet it."""

    @asynccontextmanager
    async def dialled(user: str = "service", **how: Any) -> AsyncIterator[Any]:
        async with line.caller(user) as robot:
            call = await robot.dial(**how)
            await call.hears_sound(since=call.invited_at)
            yield call

    return dialled
